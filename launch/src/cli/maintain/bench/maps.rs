//! `bench maps`: accuracy of the map against ground truth.

use runtime::say;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use mapping::StaticMap;
use perception::Point2;
use serde::Serialize;
use sim::{Band, Findings, Inspection, InspectionSettings, ObjectKind, Share};

use crate::cli::options::{ScenarioOptions, progress};
use crate::config::Config;
use crate::evaluation::pool;
use crate::evaluation::{Trial, TrialError};
use crate::view::{Marks, map_png};
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{PolicyOptions, write_json};
use runtime::driver::Driver;
use runtime::output::write_atomic;

/// Drive simulated scenarios and compare the robot's maps with ground truth.
///
/// Obstacles are in view if error-free sensors at the robot's true poses would have measured them.
/// Episode i has seed + 2 i, so that all seeds are odd if the first is odd.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc bench maps rooms --episodes 200 --seed 1 --jobs 2
  performer-mpc bench maps rooms --episodes 20 --out pictures --json report.json
  performer-mpc bench maps rooms --set controller.mapper.volume.enabled=false --json -

Writes into DIR a picture of every map: what was missed, and what is not there.")]
pub(in crate::cli) struct MapsArguments {
    #[command(flatten)]
    scenario: ScenarioOptions,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Number of episodes.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    episodes: u32,
    /// Seed of the first episode.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of parallel episodes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Maximum distance of obstacles in view, m.
    #[arg(long, default_value_t = 6.0)]
    range_m: f64,
    /// Output directory for pictures.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A drive with its map.
#[derive(Debug, Serialize)]
struct Row {
    seed: u64,
    outcome: sim::Outcome,
    #[serde(flatten)]
    findings: Findings,
    #[serde(skip)]
    path: Vec<Point2>,
}

/// JSON output of the command.
#[derive(Debug, Serialize)]
struct Answer {
    command: &'static str,
    scenario: &'static str,
    policy: &'static str,
    seed: u64,
    episodes: usize,
    precision: f64,
    recall: f64,
    precision_strict: f64,
    recall_strict: f64,
    /// Share of pieces found (recall), by kind.
    found: BTreeMap<ObjectKind, f64>,
    /// Pieces in view, by kind.
    pieces: BTreeMap<ObjectKind, usize>,
    runs: Vec<Row>,
}

pub(in crate::cli) fn run(arguments: &MapsArguments) -> anyhow::Result<()> {
    let (config, scenario) = arguments.scenario.load()?;
    let driver = arguments.policy.driver_with(&config.node.model)?;
    let trials = Trial::draw(&scenario, arguments.seed, arguments.episodes).blame(Fault::Usage)?;
    let bar = progress(trials.len(), "inspecting");
    let look = |trial: &Trial| inspect(&config, &driver, trial, arguments.range_m);
    let runs = pool::map(&trials, arguments.jobs as usize, look, |_| bar.inc(1))?;
    bar.finish_and_clear();
    let answer = Answer::new(scenario.name(), driver.name(), arguments.seed, runs);
    let share = |value: f64| 100.0 * value;
    say!(
        "{} · {} · {} maps from seed {}",
        answer.scenario,
        answer.policy,
        answer.episodes,
        answer.seed
    );
    say!(
        "  occupied cells in view: precision {:.2} %   recall {:.2} %   (to the cell: {:.2} %, {:.2} %)",
        share(answer.precision),
        share(answer.recall),
        share(answer.precision_strict),
        share(answer.recall_strict)
    );
    for (kind, found) in &answer.found {
        let what = match kind {
            ObjectKind::Low => "pieces below the planar scan",
            ObjectKind::High => "pieces above it",
            ObjectKind::Drop => "holes and stairs down",
        };
        say!(
            "  {what}: {:.2} % of {} found",
            share(*found),
            answer.pieces[kind]
        );
    }
    if let Some(directory) = &arguments.out {
        for run in &answer.runs {
            draw(directory, answer.scenario, run)?;
        }
        say!("pictures: {}", directory.canonicalize()?.display());
    }
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
    }
    Ok(())
}

fn inspect(
    config: &Config,
    driver: &Driver,
    trial: &Trial,
    range_m: f64,
) -> Result<Row, TrialError> {
    let mapper = &config.controller.mapper;
    let volume = &mapper.volume;
    let settings = InspectionSettings {
        band: Band {
            clearance_m: volume.clearance_m,
            height_m: config.robot.height_m,
            step_max_m: volume.step_m,
            slope_max: volume.slope_max,
            glass: true,
        },
        drop_m: volume.drop_m,
        depth_max_m: volume.depth.range_max_m,
        range_m,
        period_s: 0.25,
    };
    let world = &trial.situation.world;
    let mut inspection = Inspection::new(world, &config.robot, mapper.resolution_m, settings)?;
    let mut path = Vec::new();
    let mut agent = driver.agent(&config.controller)?;
    let episode = sim::drive(
        &trial.situation,
        &config.robot,
        &config.drive,
        &mut agent,
        trial.seed,
        &mut || Duration::ZERO,
        &mut |view| {
            inspection.watch(view);
            path.push(view.odom_from_base.position());
        },
    )?;
    Ok(Row {
        seed: trial.seed,
        outcome: episode.outcome,
        findings: inspection.finish(),
        path,
    })
}

impl Answer {
    fn new(scenario: &'static str, policy: &'static str, seed: u64, runs: Vec<Row>) -> Self {
        let total = |part: fn(&Findings) -> Share| {
            let mut total = Share::default();
            for run in &runs {
                total.add(part(&run.findings));
            }
            total.value()
        };
        let mut objects: BTreeMap<ObjectKind, Share> = BTreeMap::new();
        for object in runs.iter().flat_map(|run| &run.findings.objects) {
            objects.entry(object.kind).or_default().count(object.found);
        }
        Self {
            command: "inspect",
            scenario,
            policy,
            seed,
            episodes: runs.len(),
            precision: total(|findings| findings.precision),
            recall: total(|findings| findings.recall),
            precision_strict: total(|findings| findings.precision_strict),
            recall_strict: total(|findings| findings.recall_strict),
            found: objects
                .iter()
                .map(|(kind, share)| (*kind, share.value()))
                .collect(),
            pieces: objects
                .iter()
                .map(|(kind, share)| (*kind, share.all))
                .collect(),
            runs,
        }
    }
}

fn draw(directory: &Path, scenario: &str, run: &Row) -> anyhow::Result<()> {
    let findings = &run.findings;
    let marks = [
        Marks {
            label: "missed",
            colour: (220, 40, 40),
            points: &findings.missed,
        },
        Marks {
            label: "not there",
            colour: (240, 160, 30),
            points: &findings.invented,
        },
    ];
    let title = format!(
        "{scenario} {} · precision {:.1} % · recall {:.1} %",
        run.seed,
        100.0 * findings.precision.value(),
        100.0 * findings.recall.value()
    );
    let picture = map_png(
        &title,
        &StaticMap::from_grid(&findings.map),
        &run.path,
        &marks,
    )?;
    write_atomic(
        &directory.join(format!("{scenario}-{}.png", run.seed)),
        &picture,
    )?;
    Ok(())
}
