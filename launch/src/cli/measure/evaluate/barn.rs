//! `evaluate barn`: the BARN challenge's worlds, by its rules.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;

use crate::cli::measure::report::ReportOptions;
use crate::cli::options::progress;
use crate::cli::simulate::placement::{self, PlacementOptions};
use crate::cli::simulate::world_file::{self, FileWorld};
use crate::config::Config;
use crate::evaluation::{Report, Trial, run_trials};
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{PolicyOptions, SettingsOptions};

/// Drive the BARN challenge's worlds, or Gazebo worlds, by the rules of BARN, and score the trials.
///
/// Start, goal, tolerance and time limit are those of the file. A Gazebo world has none: the start
/// is -2.25,3,1.57, the goal -2.25,13, the tolerance 1 m and the time limit 100 s. With --start and
/// --goal, the time limit is 10 s per metre between them, at least 100 s. Any contact is a failure;
/// the clock starts after 0.1 m of motion. Score of a trial: success x OT / clip(AT, 2 OT, 8 OT),
/// OT = path length / 2 m/s; for a given start and goal the path length is their distance. The
/// controller receives scans, odometry and the goal; its route is planned on the map built so far.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc evaluate barn barn_worlds.jsonl --policy regular --trials 1 --jobs 2 --json barn.json
  performer-mpc evaluate barn barn_worlds.jsonl --worlds 6,12,18 --trials 10 --out pictures
  performer-mpc evaluate barn world_0.world --out pictures
  performer-mpc evaluate barn office.sdf --start 1,2,0 --goal 8,-3.5 --trials 10
  performer-mpc evaluate barn worlds/ --policy performer --jobs 2")]
pub(in crate::cli) struct BarnArguments {
    /// Worlds: JSON lines, a Gazebo world file (SDF), or a directory of Gazebo files.
    file: PathBuf,
    #[command(flatten)]
    placement: PlacementOptions,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Trials per world, each with its own sensor and plant errors.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    trials: u32,
    /// Numbers (`idx`) of the worlds to drive; all by default.
    #[arg(long, value_delimiter = ',')]
    worlds: Option<Vec<u64>>,
    /// Seed of the errors of the first trial; trial i of all has seed + 2 i.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of parallel trials.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Robot: `all_round`, jackal, `mobile_base` or round.
    #[arg(long, default_value = "jackal")]
    robot: String,
    #[command(flatten)]
    output: ReportOptions,
    #[command(flatten)]
    settings: SettingsOptions,
}

pub(in crate::cli) fn run(arguments: &BarnArguments) -> anyhow::Result<()> {
    let config: Config = arguments.settings.load(&arguments.robot)?;
    let mut worlds = chosen(arguments)?;
    arguments.placement.note_defaults(&worlds);
    if arguments.placement.is_given() {
        for world in &mut worlds {
            arguments.placement.apply(world);
            placement::check(world, &config.robot)
                .with_context(|| format!("{}: {}", arguments.file.display(), world.trial.id))
                .blame(Fault::Usage)?;
        }
    }
    let driver = arguments.policy.driver_with(&config.node.model)?;
    let trials: Vec<Trial> = worlds
        .iter()
        .flat_map(|world| std::iter::repeat_n(world, arguments.trials as usize))
        .zip(0_u64..)
        .map(|(world, number)| Trial {
            name: world.trial.id.clone(),
            situation: world.trial.situation.clone(),
            seed: arguments.seed.wrapping_add(2 * number),
        })
        .collect();
    let bar = progress(trials.len(), "driving");
    let episodes = run_trials(&config, &driver, &trials, arguments.jobs as usize, |_| {
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    let policy = driver.name();
    let report = Report::new("barn", "barn", policy, arguments.seed, &trials, &episodes);
    let title = format!("BARN worlds · {policy}");
    arguments
        .output
        .deliver(&report, &title, &trials, &episodes)
}

fn chosen(arguments: &BarnArguments) -> anyhow::Result<Vec<FileWorld>> {
    let worlds = world_file::read(&arguments.file, &arguments.placement.models)
        .with_context(|| arguments.file.display().to_string())
        .blame(Fault::Input)?;
    let Some(wanted) = &arguments.worlds else {
        return Ok(worlds);
    };
    wanted
        .iter()
        .map(|idx| {
            worlds
                .iter()
                .find(|world| world.trial.idx == *idx)
                .cloned()
                .ok_or_else(|| anyhow!("--worlds {idx}: the file has no world of this number"))
        })
        .collect::<anyhow::Result<Vec<_>>>()
        .blame(Fault::Usage)
}
