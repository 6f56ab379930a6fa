//! `evaluate doors`: doors of real buildings, on their maps.

use runtime::say;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sim::{Episode, Outcome};

use super::passages::{Doors, Passages};
use crate::cli::measure::report::ReportOptions;
use crate::cli::options::progress;
use crate::config::Config;
use crate::evaluation::DoorRow;
use crate::evaluation::{Report, Run, Trial, run_trials};
use crate::view::{Place, Way, compare_png};
use runtime::cli::{PolicyOptions, SettingsOptions};
use runtime::output::write_atomic;

/// Drive through doors of real buildings, each in both directions.
///
/// The maps are ROS map server maps (NAME.yaml and its image), cropped around each door. Cells not
/// known to be free are solid. The robot starts at one end with a heading drawn from the seed, the
/// goal is the other end, and no route is planned. Goal tolerance, time limit and rules are those
/// of the scenario doorway.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc evaluate doors doors.json --maps maps --policy performer --seed 1 --jobs 2 --json doors_report.json
  performer-mpc evaluate doors doors.json --doors 3,17 --policy regular --out pictures

The file is a JSON list of objects with map, door [x, y], heading, width, a [x, y], b [x, y],
clear_a and clear_b (m, rad, in the map's frame). Writes into DIR: paths.png (all drives), and
failures/ with a picture of each drive that did not reach its goal.")]
pub(in crate::cli) struct DoorsArguments {
    /// List of doors, JSON.
    file: PathBuf,
    /// Directory of the maps; by default that of the list.
    #[arg(long, value_name = "DIR")]
    maps: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Indices in the list, from 0, of the doors to drive; all by default.
    #[arg(long, value_delimiter = ',')]
    doors: Option<Vec<usize>>,
    /// Seed of the first drive; drive i of the whole list has seed + 2 i.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of parallel drives.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Robot: `all_round`, jackal, `mobile_base` or round.
    #[arg(long, default_value = "round")]
    robot: String,
    #[command(flatten)]
    output: ReportOptions,
    #[command(flatten)]
    settings: SettingsOptions,
}

/// The report, with results by door width.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    report: Report,
    by_width: Vec<Bin>,
}

impl AsRef<Report> for Answer {
    fn as_ref(&self) -> &Report {
        &self.report
    }
}

/// Drives through doors of one width bin.
#[derive(Serialize)]
struct Bin {
    /// Lower bound of the width (included), m.
    from_m: f64,
    /// Upper bound of the width (excluded), m.
    to_m: f64,
    drives: usize,
    /// Number of those on maps where the robot fits through.
    passable: usize,
    reached: usize,
    collided: usize,
}

/// Width bins per metre.
const BINS_PER_M: f64 = 10.0;

pub(in crate::cli) fn run(arguments: &DoorsArguments) -> anyhow::Result<()> {
    let mut config: Config = arguments.settings.load(&arguments.robot)?;
    config.controller.planning.enabled = false;
    let doors = Doors {
        file: &arguments.file,
        maps: arguments.maps.as_deref(),
        only: arguments.doors.as_deref(),
    };
    let jobs = arguments.jobs as usize;
    let Passages { rows, trials } = Passages::read(&doors, &config, arguments.seed, jobs)?;
    let driver = arguments.policy.driver_with(&config.node.model)?;
    let bar = progress(trials.len(), "driving");
    let episodes = run_trials(&config, &driver, &trials, jobs, |_| bar.inc(1))?;
    bar.finish_and_clear();
    let policy = driver.name();
    let mut report = Report::new(
        "doorways",
        "doorways",
        policy,
        arguments.seed,
        &trials,
        &episodes,
    );
    for (run, row) in report.runs.iter_mut().zip(&rows) {
        run.door = Some(row.clone());
    }
    let answer = Answer {
        by_width: bins(&report.runs),
        report,
    };
    let title = format!("Doors of real buildings · {policy}");
    arguments
        .output
        .deliver(&answer, &title, &trials, &episodes)?;
    for bin in &answer.by_width {
        say!(
            "  {:.1} to {:.1} m: {} of {} reached the goal, {} collided; the robot fits through in {}",
            bin.from_m,
            bin.to_m,
            bin.reached,
            bin.drives,
            bin.collided,
            bin.passable
        );
    }
    if let Some(directory) = &arguments.output.out {
        failures(directory, &config, policy, &trials, &rows, &episodes)?;
    }
    Ok(())
}

fn bins(runs: &[Run]) -> Vec<Bin> {
    let mut bins: BTreeMap<u32, Bin> = BTreeMap::new();
    for run in runs {
        let Some(door) = &run.door else { continue };
        // a width at the edge of two bins belongs to the upper one, regardless of rounding
        let number = (door.width_m * BINS_PER_M + 1e-6) as u32;
        let bin = bins.entry(number).or_insert(Bin {
            from_m: f64::from(number) / BINS_PER_M,
            to_m: f64::from(number + 1) / BINS_PER_M,
            drives: 0,
            passable: 0,
            reached: 0,
            collided: 0,
        });
        bin.drives += 1;
        bin.passable += usize::from(door.passable);
        bin.reached += usize::from(run.outcome == Outcome::Reached);
        bin.collided += usize::from(run.outcome == Outcome::Collided);
    }
    bins.into_values().collect()
}

/// Draws every drive that did not reach its goal.
fn failures(
    directory: &Path,
    config: &Config,
    policy: &str,
    trials: &[Trial],
    rows: &[DoorRow],
    episodes: &[Episode],
) -> anyhow::Result<()> {
    let directory = directory.join("failures");
    for ((trial, row), episode) in trials.iter().zip(rows).zip(episodes) {
        if episode.outcome == Outcome::Reached {
            continue;
        }
        let place = Place::of(&trial.situation, &config.robot.footprint);
        let way = Way {
            driver: policy.to_owned(),
            label: policy.to_owned(),
            outcome: episode.outcome,
            time_s: episode.metrics.time_s,
            path: episode.path.iter().map(|row| [row[1], row[2]]).collect(),
            walks: Vec::new(),
        };
        let fits = if row.passable {
            ""
        } else {
            ", too narrow on the map"
        };
        let title = format!("{} · {:.2} m wide{fits}", row.name(), row.width_m);
        let name = format!("{}.png", row.name().replace(' ', "_"));
        let picture = compare_png(&title, &place, &[way])?;
        write_atomic(&directory.join(name), &picture)?;
    }
    Ok(())
}
