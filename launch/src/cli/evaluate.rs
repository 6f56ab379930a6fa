//! `evaluate`: many episodes of one scenario.

use clap::Args;

use super::options::{SourceOptions, progress};
use super::report::ReportOptions;
use crate::evaluation::{Report, run_trials};
use runtime::cli::PolicyOptions;
use runtime::cli::{Blame as _, Fault};

/// Drive many episodes of a scenario and add up how they ended.
///
/// Episode i is drawn from seed + 2 i, so that an odd first seed stays among the odd ones. Nothing
/// but the two tick times depends on the number of jobs or on the machine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc evaluate doorway --policy regular --episodes 100 --seed 1 --jobs 2
  performer-mpc evaluate barn_like --robot jackal --episodes 20 --json report.json --out pictures
  performer-mpc evaluate --replay recordings/ --policy performer --episodes 40 --json replay.json
  performer-mpc evaluate doorway --set scenario.doorway.door_width_m='[0.7, 0.8]' --json -")]
pub(super) struct EvaluateArguments {
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
    /// Episodes that run at once.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    #[command(flatten)]
    output: ReportOptions,
}

pub(super) fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    let (config, scenario) = arguments.scenario.load()?;
    let name = scenario.name();
    let driver = arguments.policy.driver_with(&config.node.model)?;
    let policy = driver.name();
    let trials = scenario
        .draw(arguments.seed, arguments.episodes)
        .blame(Fault::Usage)?;
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
