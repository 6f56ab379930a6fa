//! `evaluate`: many episodes of a scenario, BARN worlds, or doors of real buildings.

mod barn;
mod doors;
mod passages;

use clap::{Args, Subcommand};

use crate::cli::measure::report::ReportOptions;
use crate::cli::options::{SourceOptions, note_starts_in_contact, progress};
use crate::evaluation::{Report, run_trials};
use runtime::cli::PolicyOptions;
use runtime::cli::{Blame as _, Fault};

pub(in crate::cli) use barn::{BarnArguments, run as run_barn};
pub(in crate::cli) use doors::{DoorsArguments, run as run_doors};
pub(in crate::cli) use passages::{Doors, Passages};

/// Drive many episodes of a scenario, of BARN worlds or of real doors, and report the outcomes.
///
/// Episode i has seed + 2 i, so that all seeds are odd if the first is odd. Only the two tick times
/// depend on the number of jobs and on the machine.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(mut_arg("scenario", |source| source.value_name("SOURCE")))]
#[command(
    subcommand_value_name = "barn|doors",
    subcommand_help_heading = "Other sources"
)]
#[command(after_help = "Examples:
  performer-mpc evaluate doorway --policy regular --episodes 100 --seed 1 --jobs 2
  performer-mpc evaluate barn_like --robot jackal --episodes 20 --json report.json --out pictures
  performer-mpc evaluate --replay recordings/ --policy performer --episodes 40 --json replay.json
  performer-mpc evaluate barn barn_worlds.jsonl --policy performer --jobs 2 --json barn.json
  performer-mpc evaluate doors doors.json --maps maps --policy performer --json doors.json
  performer-mpc evaluate doorway --set scenario.doorway.door_width_m='[0.7, 0.8]' --json -")]
pub(in crate::cli) struct EvaluateArguments {
    #[command(subcommand)]
    source: Option<OtherSource>,
    #[command(flatten)]
    scenario: SourceOptions,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Number of episodes.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    episodes: u32,
    /// Seed of the first episode.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of parallel episodes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    #[command(flatten)]
    output: ReportOptions,
}

/// Sources of trials with their own options.
#[derive(Debug, Subcommand)]
enum OtherSource {
    Barn(Box<BarnArguments>),
    Doors(Box<DoorsArguments>),
}

pub(in crate::cli) fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    match &arguments.source {
        Some(OtherSource::Barn(arguments)) => return run_barn(arguments),
        Some(OtherSource::Doors(arguments)) => return run_doors(arguments),
        None => {}
    }
    let (config, scenario) = arguments.scenario.load()?;
    let name = scenario.name();
    let driver = arguments.policy.driver_with(&config.node.model)?;
    let policy = driver.name();
    let trials = scenario
        .draw(arguments.seed, arguments.episodes)
        .blame(Fault::Usage)?;
    let starts = trials.iter().map(|trial| (trial.seed, &trial.situation));
    note_starts_in_contact(starts, &config.robot);
    let bar = progress(trials.len(), "driving");
    let episodes = run_trials(&config, &driver, &trials, arguments.jobs as usize, |_| {
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    let report = Report::new("evaluate", name, policy, arguments.seed, &trials, &episodes);
    let title = format!("{name} · {policy}");
    arguments
        .output
        .deliver(&report, &title, &trials, &episodes)
}
