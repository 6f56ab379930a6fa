//! `bench`: latency of a tick, its stages and the solver; accuracy of tracks and maps.

mod mapping;
mod maps;
mod network;
mod solve;
mod tick;
mod tracking;

use clap::{Args, Subcommand};

pub(in crate::cli) use mapping::{MappingArguments, run as run_mapping};
pub(in crate::cli) use maps::{MapsArguments, run as run_maps};
pub(in crate::cli) use solve::{SolveArguments, run as run_solve};
pub(in crate::cli) use tick::{TickArguments, run as run_tick};

/// Measure the latency of a tick and of its stages, and the accuracy of tracks and maps.
#[derive(Debug, Args)]
pub(in crate::cli) struct BenchArguments {
    #[command(subcommand)]
    what: What,
}

/// Benchmarks.
#[derive(Debug, Subcommand)]
enum What {
    Tick(Box<TickArguments>),
    Network(network::NetworkArguments),
    Mapping(MappingArguments),
    Solve(SolveArguments),
    Tracking(Box<tracking::TrackingArguments>),
    Maps(Box<MapsArguments>),
}

pub(in crate::cli) fn run(arguments: &BenchArguments) -> anyhow::Result<()> {
    match &arguments.what {
        What::Tick(arguments) => run_tick(arguments),
        What::Network(arguments) => network::run(arguments),
        What::Mapping(arguments) => run_mapping(arguments),
        What::Solve(arguments) => run_solve(arguments),
        What::Tracking(arguments) => tracking::run(arguments),
        What::Maps(arguments) => run_maps(arguments),
    }
}
