//! `train`: imitation learning from demonstrations.

use runtime::say;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use controller::performer::{Head, WeightsError};
use training::{CheckpointError, Ranks, TrainingError};

use crate::cli::learn::model::sha256;
use crate::cli::options::{place, progress_of};
use crate::cli::together;
use crate::learning::run::{
    Course, Ground, Order, RunDirectory, RunError, Session, demonstration_files,
};
use runtime::cli::SettingsOptions;
use runtime::cli::{Blame as _, Fault};
use runtime::driver::read_model;
use runtime::interruption::Interruption;

/// Train the cost function of the MPC on demonstrations, differentiating through the MPC.
///
/// With `--head path`, train the path regression of the explicit policy instead, without the MPC.
///
/// Ctrl-C, SIGTERM and SIGUSR1 finish the step and save a checkpoint. `--resume` continues; the
/// result is bit-identical to that of an uninterrupted run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc train demonstrations --out run
  performer-mpc train demonstrations --out run --resume
  performer-mpc train demonstrations --out run --preset small --steps 2000 --aggregate 3
  performer-mpc train doors people --scenario doorway --scenario pedestrian --out run
  performer-mpc train mine --init navigator --out run --steps 600
  performer-mpc train demonstrations --out run --head path
  performer-mpc train demonstrations --out run --set training.optimiser.learning_rate=2e-4

Writes into DIR: model.safetensors (the weights, bf16), checkpoint.safetensors, metrics.csv, curves.png,
events/ (for TensorBoard) and rounds/ (drives of the learner with the expert's advice, MCAP).
[training] of `performer-mpc config` lists all settings.")]
pub(in crate::cli) struct TrainArguments {
    /// Directories of demonstrations, MCAP files.
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Output directory of the run.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Continue from the checkpoint in DIR; start a new run if there is none.
    #[arg(long)]
    resume: bool,
    /// Shape of the network: nano, mini, small or base.
    #[arg(long)]
    preset: Option<String>,
    /// Output of the network: the cost of the MPC, or the path of the explicit policy.
    #[arg(long, value_enum)]
    head: Option<HeadKind>,
    /// Number of optimiser steps.
    #[arg(long)]
    steps: Option<u64>,
    /// Number of `DAgger` rounds, in which the learner drives and the expert labels its states.
    #[arg(long, value_name = "ROUNDS")]
    aggregate: Option<u64>,
    /// Scenario of the learner's drives and of the demonstrations. May be repeated; the learner
    /// drives them in turn.
    #[arg(long, default_value = "doorway")]
    scenario: Vec<String>,
    /// Initial weights; random if not given.
    #[arg(long, value_name = "FILE")]
    init: Option<PathBuf>,
    /// Robot: `all_round`, jackal, `mobile_base` or round; each scenario's own by default.
    #[arg(long)]
    robot: Option<String>,
    /// Seed of the weights and of the order of samples.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Seed of the learner's first drive; drive i has seed + 2 i.
    #[arg(long, default_value_t = 1_000_000)]
    drive_seed: u64,
    /// Threads for reading and driving; a step uses one per shard.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Time between checkpoints, s.
    #[arg(long, default_value_t = 120.0, value_name = "SECONDS")]
    checkpoint_every: f64,
    #[command(flatten)]
    settings: SettingsOptions,
}

/// Output of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HeadKind {
    /// The cost of the MPC.
    Cost,
    /// A path to follow.
    Path,
}

impl From<HeadKind> for Head {
    fn from(kind: HeadKind) -> Self {
        match kind {
            HeadKind::Cost => Self::Cost,
            HeadKind::Path => Self::Path,
        }
    }
}

pub(in crate::cli) fn run(arguments: &TrainArguments) -> anyhow::Result<()> {
    together(|ranks| run_with(arguments, ranks))
}

fn run_with(arguments: &TrainArguments, ranks: &mut dyn Ranks) -> anyhow::Result<()> {
    let mut grounds = Vec::new();
    for scenario in &arguments.scenario {
        grounds.push(ground(arguments, scenario)?);
    }
    if !(arguments.checkpoint_every >= 0.0) {
        let found = arguments.checkpoint_every;
        return Err(anyhow!(
            "--checkpoint-every is {found}: expected a time of 0 s or more"
        ))
        .blame(Fault::Usage);
    }
    let directory = RunDirectory::new(&arguments.out);
    if !arguments.resume && directory.checkpoint().exists() {
        let shown = directory.checkpoint().display().to_string();
        return Err(anyhow!(
            "{shown} exists: give --resume to go on, or another --out"
        ))
        .blame(Fault::Usage);
    }
    let mut files = Vec::new();
    for directory in &arguments.data {
        files.extend(demonstration_files(directory).blame(Fault::Input)?);
    }
    let start = (arguments.init.as_deref())
        .map(|path| {
            let (bytes, weights) = read_model(path).blame(Fault::Input)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            anyhow::Ok((weights, format!("{name}, sha256 {}", sha256(&bytes))))
        })
        .transpose()?;
    let mut grounds = grounds.into_iter();
    let first = grounds
        .next()
        .ok_or_else(|| anyhow!("--scenario: expected one or more"))
        .blame(Fault::Usage)?;
    let order = Order {
        first,
        others: grounds.collect(),
        directory,
        bytes: files
            .iter()
            .filter_map(|file| Some(file.metadata().ok()?.len()))
            .sum(),
        files,
        start,
        seed: arguments.seed,
        drive_seed: arguments.drive_seed,
        jobs: arguments.jobs as usize,
    };
    let interruption = Interruption::listen().context("cannot listen for signals")?;
    let checkpoint_every =
        Duration::try_from_secs_f64(arguments.checkpoint_every).unwrap_or(Duration::MAX);
    let bar = progress_of(ranks, order.files.len(), "reading demonstrations");
    let mut session =
        Session::begin(order, arguments.resume, ranks, &mut || bar.inc(1)).map_err(blamed)?;
    bar.finish_and_clear();
    if ranks.rank() == 0 {
        let samples = session.samples();
        say!(
            "{} parameters, {} samples to train on, {} to test on, from step {}",
            session.parameters(),
            samples[0],
            samples[1],
            session.step()
        );
    }
    let is_done = train(&mut session, ranks, &interruption, checkpoint_every)?;
    if ranks.rank() != 0 {
        return Ok(());
    }
    if is_done {
        let model = session.finish(&command_line())?;
        say!("model:  {}", model.display());
        say!("curves: {}", model.with_file_name("curves.png").display());
    } else {
        say!("stopped after step {}; go on with --resume", session.step());
    }
    Ok(())
}

/// A scenario and its robot with the settings of the run.
fn ground(arguments: &TrainArguments, scenario: &str) -> anyhow::Result<Ground> {
    let (mut config, scenario) = place(scenario, arguments.robot.as_deref(), &arguments.settings)?;
    let settings = &mut config.training;
    settings.preset = arguments.preset.clone().unwrap_or(settings.preset.clone());
    settings.head = arguments.head.map_or(settings.head, Head::from);
    settings.steps = arguments.steps.unwrap_or(settings.steps);
    settings.aggregation.rounds = arguments.aggregate.unwrap_or(settings.aggregation.rounds);
    settings.validate().blame(Fault::Usage)?;
    Ok(Ground { config, scenario })
}

/// Trains until the last step or a requested stop, and saves a checkpoint; true after the last
/// step.
fn train(
    session: &mut Session,
    ranks: &mut dyn Ranks,
    interruption: &Interruption,
    checkpoint_every: Duration,
) -> anyhow::Result<bool> {
    let bar = progress_of(ranks, session.steps() as usize, "training");
    if let Ok(style) = indicatif::ProgressStyle::with_template(
        "{wide_bar} {pos}/{len}  {elapsed} elapsed, {eta} left  {msg}",
    ) {
        bar.set_style(style);
    }
    bar.set_position(session.step());
    bar.reset_eta();
    let mut saved = Instant::now();
    loop {
        let course = session.advance(ranks)?;
        bar.set_position(session.step());
        bar.set_message(session.message());
        if course == Course::Done {
            bar.finish();
            session.save(ranks)?;
            return Ok(true);
        }
        if let Some(line) = session.take_line() {
            bar.suspend(|| say!("{line}"));
        }
        let stop = session.agree(interruption.is_asked(), ranks);
        if stop || course == Course::Drove || saved.elapsed() >= checkpoint_every {
            session.save(ranks)?;
            saved = Instant::now();
        }
        if stop {
            bar.abandon();
            return Ok(false);
        }
    }
}

/// Marks errors of starting a run as faults of the caller.
fn blamed(error: anyhow::Error) -> anyhow::Error {
    use RunError::{Damaged, Empty, Ground, NoSample, Prepare, Read, Write};
    let fault = match error.downcast_ref::<RunError>() {
        Some(Read { .. } | Damaged { .. } | Empty { .. } | Ground { .. } | NoSample) => {
            Fault::Input
        }
        Some(Write(_) | Prepare { .. }) => return error,
        None if error.is::<CheckpointError>() => Fault::Usage,
        None if error.is::<WeightsError>() => Fault::Input,
        None => match error.downcast_ref::<TrainingError>() {
            Some(TrainingError::Settings(_)) => Fault::Usage,
            _ => return error,
        },
    };
    error.context(fault)
}

/// The command line, for the card.
fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("performer-mpc {}", arguments.join(" "))
}
