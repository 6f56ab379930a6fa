//! `bench`: how fast the controller, or its network alone, is on this machine, and how well movers are tracked.

mod network;
mod tick;
mod tracking;

use clap::{Args, Subcommand};

pub(super) use tick::{TickArguments, run as run_tick};

/// Measure how fast the controller, or its network alone, is on this machine, and how well movers are
/// tracked.
#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    #[command(subcommand)]
    what: What,
}

/// What is measured.
#[derive(Debug, Subcommand)]
enum What {
    Tick(Box<TickArguments>),
    Network(network::NetworkArguments),
    Tracking(Box<tracking::TrackingArguments>),
}

pub(super) fn run(arguments: &BenchArguments) -> anyhow::Result<()> {
    match &arguments.what {
        What::Tick(arguments) => run_tick(arguments),
        What::Network(arguments) => network::run(arguments),
        What::Tracking(arguments) => tracking::run(arguments),
    }
}
