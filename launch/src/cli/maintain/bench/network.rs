//! `bench network`: duration of a forward pass of the network.

use runtime::tell;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use controller::performer::{Isa, Performer, View};
use serde::Serialize;

use crate::bench::latency::Stage;
use crate::learning::run::machine;
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{KernelKind, MODEL, write_json};
use runtime::driver::read_model;

/// Number of warm-up passes.
const WARM_UP: u32 = 20;

/// Time forward passes of the network from patches to raw outputs, on one thread.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc bench network
  performer-mpc bench network --kernel int8 --isa avx2 --passes 500 --json -")]
pub(super) struct NetworkArguments {
    /// Weights: a safetensors file, or the name of an installed model.
    #[arg(long, value_name = "MODEL", default_value = MODEL)]
    model: PathBuf,
    /// Precision of the matrix products.
    #[arg(long, value_enum, default_value = "best")]
    kernel: KernelKind,
    /// Instruction set, as in `bench tick`.
    #[arg(long, value_name = "SET")]
    isa: Option<Isa>,
    /// Number of timed passes.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    passes: u32,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    machine: String,
    kernel: &'static str,
    isa: &'static str,
    tokens: usize,
    parameters: usize,
    passes: u32,
    #[serde(flatten)]
    forward: Stage,
}

pub(super) fn run(arguments: &NetworkArguments) -> anyhow::Result<()> {
    let (_, weights) = read_model(&arguments.model).blame(Fault::Input)?;
    let backend = arguments
        .kernel
        .backend(arguments.isa)
        .blame(Fault::Usage)?;
    let mut performer = Performer::with_backend(&weights, backend);
    let config = weights.config();
    let cells = config.view.channels() * config.view.cells.pow(2);
    let view = View {
        image: (0..cells).map(|index| (index * 31 % 256) as u8).collect(),
        ..View::default()
    };
    for _ in 0..WARM_UP {
        performer.forward(&view);
    }
    let times: Vec<f64> = (0..arguments.passes)
        .map(|_| {
            let begun = Instant::now();
            std::hint::black_box(performer.forward(&view));
            1e3 * begun.elapsed().as_secs_f64()
        })
        .collect();
    let answer = Answer {
        command: "bench network",
        machine: machine(),
        kernel: backend.kernel.name(),
        isa: backend.isa.name(),
        tokens: config.tokens(),
        parameters: config.parameters(),
        passes: arguments.passes,
        forward: Stage::of("forward", &times),
    };
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
        if path.as_os_str() == "-" {
            return Ok(());
        }
    }
    let forward = &answer.forward;
    tell!(
        "{} with {}, {} tokens, {} passes: ms",
        answer.kernel,
        answer.isa,
        answer.tokens,
        answer.passes
    );
    tell!(
        "  median {:.2}   99 % {:.2}   99.9 % {:.2}   worst {:.2}",
        forward.ms_p50,
        forward.ms_p99,
        forward.ms_p999,
        forward.ms_worst
    );
    Ok(())
}
