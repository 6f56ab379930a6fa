//! `train`: demonstrations become weights.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use clap::Args;
#[cfg(not(feature = "mpi"))]
use training::Alone;

use super::options::{SettingsOptions, place, progress};
use super::{Blame as _, Fault};
use crate::run::{Course, Order, RunDirectory, Session, demonstration_files};

/// Learn the cost of the MPC from demonstrations, through the MPC.
///
/// Ctrl-C finishes the step and saves; `--resume` goes on, to the same bytes as a run that was never
/// interrupted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc train demonstrations --out run
  performer-mpc train demonstrations --out run --resume
  performer-mpc train demonstrations --out run --preset small --steps 2000 --aggregate 3
  performer-mpc train demonstrations --out run --set training.optimiser.learning_rate=2e-4

Writes into DIR: model.safetensors (the weights, bf16), checkpoint.safetensors, metrics.csv, curves.png,
events/ (for TensorBoard) and rounds/ (drives of the learner with the expert's advice, MCAP).
[training] of `performer-mpc config` lists all settings.")]
pub(super) struct TrainArguments {
    /// Directory with demonstrations, MCAP files.
    data: PathBuf,
    /// Directory of the run.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Go on from the checkpoint in DIR; from the start when there is none.
    #[arg(long)]
    resume: bool,
    /// Shape of the network: nano, small or base.
    #[arg(long)]
    preset: Option<String>,
    /// Steps of the optimiser.
    #[arg(long)]
    steps: Option<u64>,
    /// Rounds in which the learner drives and the expert advises.
    #[arg(long, value_name = "ROUNDS")]
    aggregate: Option<u64>,
    /// Scenario that the learner drives in.
    #[arg(long, default_value = "doorway")]
    scenario: String,
    /// Robot: jackal or round; the scenario's own by default.
    #[arg(long)]
    robot: Option<String>,
    /// Seed of the weights and of the order of samples.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Seed of the learner's first drive; others follow by twos.
    #[arg(long, default_value_t = 1_000_000)]
    drive_seed: u64,
    /// Threads for reading and driving; a step takes one for every shard.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    jobs: u32,
    /// Time between checkpoints, s.
    #[arg(long, default_value_t = 120.0, value_name = "SECONDS")]
    checkpoint_every: f64,
    #[command(flatten)]
    settings: SettingsOptions,
}

pub(super) fn run(arguments: &TrainArguments) -> anyhow::Result<()> {
    let (mut config, scenario) = place(
        &arguments.scenario,
        arguments.robot.as_deref(),
        &arguments.settings,
    )?;
    let settings = &mut config.training;
    settings.preset = arguments.preset.clone().unwrap_or(settings.preset.clone());
    settings.steps = arguments.steps.unwrap_or(settings.steps);
    settings.aggregation.rounds = arguments.aggregate.unwrap_or(settings.aggregation.rounds);
    settings.validate().blame(Fault::Usage)?;
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
    let order = Order {
        config,
        scenario,
        directory,
        files: demonstration_files(&arguments.data).blame(Fault::Input)?,
        seed: arguments.seed,
        drive_seed: arguments.drive_seed,
        jobs: arguments.jobs as usize,
    };
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .context("cannot listen for Ctrl-C")?;
    #[cfg(not(feature = "mpi"))]
    let mut ranks = Alone;
    #[cfg(feature = "mpi")]
    let mut ranks = crate::mpi::World::join()?;
    let bar = progress(order.files.len(), "reading demonstrations");
    let mut session = Session::begin(order, arguments.resume, &mut ranks, &mut || bar.inc(1))
        .blame(Fault::Input)?;
    bar.finish_and_clear();
    let [train, test] = session.samples();
    say!(
        "{} parameters, {train} samples to train on, {test} to test on, from step {}",
        session.parameters(),
        session.step()
    );
    let bar = progress(session.steps() as usize, "training");
    if let Ok(style) = indicatif::ProgressStyle::with_template(
        "{wide_bar} {pos}/{len}  {elapsed} elapsed, {eta} left  {msg}",
    ) {
        bar.set_style(style);
    }
    bar.set_position(session.step());
    bar.reset_eta();
    let checkpoint_every =
        Duration::try_from_secs_f64(arguments.checkpoint_every).unwrap_or(Duration::MAX);
    let mut saved = Instant::now();
    loop {
        let course = session.advance(&mut ranks)?;
        bar.set_position(session.step());
        bar.set_message(session.message());
        match course {
            Course::Done => break,
            Course::Stepped | Course::Drove => {}
        }
        if let Some(line) = session.take_line() {
            bar.suspend(|| say!("{line}"));
        }
        let stop = session.agree(interrupted.load(Ordering::Relaxed), &mut ranks);
        if stop || course == Course::Drove || saved.elapsed() >= checkpoint_every {
            session.save(&ranks)?;
            saved = Instant::now();
        }
        if stop {
            bar.abandon();
            say!("stopped after step {}; go on with --resume", session.step());
            return Ok(());
        }
    }
    bar.finish();
    session.save(&ranks)?;
    let model = session.finish(&ranks, &command_line())?;
    say!("model:  {}", model.display());
    say!("curves: {}", model.with_file_name("curves.png").display());
    Ok(())
}

/// What was typed, for the card.
fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("performer-mpc {}", arguments.join(" "))
}
