//! `evaluate`: many episodes of one scenario.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::options::{PolicyKind, RouteKind, SettingsOptions, progress, write_json};
use super::{Blame as _, Fault};
use crate::config::Config;
use crate::evaluation::{Report, Trial, run_trials};

/// Drive many episodes of a scenario and add up how they ended.
///
/// Episode i is drawn from seed + 2 i, so that an odd first seed stays among the odd ones. Nothing
/// but the two tick times depends on the number of jobs or on the machine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc evaluate doorway --policy regular --episodes 100 --seed 1 --jobs 2
  performer-mpc evaluate barn_like --robot jackal --episodes 20 --json report.json --out pictures
  performer-mpc evaluate doorway --set scenario.doorway.door_width_m='[0.7, 0.8]' --json -")]
pub(super) struct EvaluateArguments {
    /// Scenario to draw from: `doorway` or `barn_like`.
    scenario: String,
    /// Who drives.
    #[arg(long, value_enum, default_value = "regular")]
    policy: PolicyKind,
    /// Number of episodes.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    episodes: u32,
    /// Seed of the first episode.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Episodes that run at once.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    jobs: u32,
    /// Robot: jackal or round; the scenario's own by default.
    #[arg(long)]
    robot: Option<String>,
    /// Plan a route over the map built so far.
    #[arg(long, value_enum, default_value = "auto")]
    route: RouteKind,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Directory for a picture of all paths.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsOptions,
}

/// Settings and scenario as the options have them.
pub(super) fn prepare(
    name: &str,
    robot: Option<&str>,
    route: RouteKind,
    settings: &SettingsOptions,
) -> anyhow::Result<(Config, sim::Scenario)> {
    let usual = if name == "doorway" { "round" } else { "jackal" };
    let mut config = settings.load(robot.unwrap_or(usual))?;
    let scenario = config
        .scenario(name)
        .ok_or_else(|| {
            let names = sim::Scenario::NAMES.join(", ");
            anyhow!("scenario is {name:?}: expected one of {names}")
        })
        .blame(Fault::Usage)?;
    config.controller.planning.enabled &= match route {
        RouteKind::Auto => name != "doorway",
        RouteKind::On => true,
        RouteKind::Off => false,
    };
    Ok((config, scenario))
}

pub(super) fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    let (config, scenario) = prepare(
        &arguments.scenario,
        arguments.robot.as_deref(),
        arguments.route,
        &arguments.settings,
    )?;
    let trials = (0..u64::from(arguments.episodes))
        .map(|episode| {
            let seed = arguments.seed.wrapping_add(2 * episode);
            Ok(Trial {
                name: arguments.scenario.clone(),
                situation: scenario.situation(seed)?,
                seed,
            })
        })
        .collect::<Result<Vec<_>, sim::ScenarioError>>()
        .blame(Fault::Usage)?;
    let bar = progress(trials.len(), "driving");
    let episodes = run_trials(&config, &trials, arguments.jobs as usize, |_| bar.inc(1))?;
    bar.finish_and_clear();
    let report = Report::new(
        "evaluate",
        &arguments.scenario,
        arguments.policy.name(),
        arguments.seed,
        &trials,
        &episodes,
    );
    let json_on_stdout = arguments
        .json
        .as_ref()
        .is_some_and(|p| p.as_os_str() == "-");
    super::report::print(&report, json_on_stdout);
    if let Some(directory) = &arguments.out {
        super::report::picture(
            directory,
            &format!("{} · {}", arguments.scenario, arguments.policy.name()),
            &trials,
            &episodes,
        )?;
    }
    if let Some(path) = &arguments.json {
        write_json(path, &report)?;
    }
    Ok(())
}
