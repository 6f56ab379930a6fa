//! `barn`: the worlds of the BARN challenge by its rules.

use runtime::say;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use sim::{BarnWorld, GazeboWorld, gazebo_trial, read_barn_worlds};

use super::options::progress;
use super::report::ReportOptions;
use crate::evaluation::{Report, Trial, run_trials};
use crate::model_path::ModelPath;
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{PolicyOptions, SettingsOptions};
use runtime::input::read_text;

/// Largest file of a Gazebo world, bytes.
const WORLD_MAX: usize = 64 << 20;

/// Drive the worlds of the BARN challenge by its rules and score them.
///
/// Goal tolerance and time limit are the file's; any contact fails; the clock starts after 0.1 m
/// of motion. Score of a trial: success x OT / clip(AT, 2 OT, 8 OT), OT = path length / 2 m/s. The
/// controller sees the scan, odometry and the goal; its route comes from the grid built so far.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc barn barn_worlds.jsonl --policy regular --trials 1 --jobs 2 --json barn.json
  performer-mpc barn barn_worlds.jsonl --worlds 6,12,18 --trials 10 --out pictures
  performer-mpc barn world_0.world --out pictures
  performer-mpc barn worlds/ --policy performer --jobs 2")]
pub(super) struct BarnArguments {
    /// The worlds, JSON lines; or one world as a Gazebo file (SDF), or a directory of those.
    file: PathBuf,
    /// Directory of models that a Gazebo world includes, beside those of the environment variables
    /// `GZ_SIM_RESOURCE_PATH` and `GAZEBO_MODEL_PATH`. May be given again.
    #[arg(long, value_name = "DIR")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Trials of each world, each with its own faults.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    trials: u32,
    /// Numbers (`idx`) of the worlds to drive; all by default.
    #[arg(long, value_delimiter = ',')]
    worlds: Option<Vec<u64>>,
    /// Seed of the first trial's faults; trial i of all takes seed + 2 i.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Trials that run at once.
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

pub(super) fn run(arguments: &BarnArguments) -> anyhow::Result<()> {
    let config: crate::config::Config = arguments.settings.load(&arguments.robot)?;
    let worlds = chosen(arguments)?;
    let driver = arguments.policy.driver_with(&config.node.model)?;
    let trials: Vec<Trial> = worlds
        .iter()
        .flat_map(|world| std::iter::repeat_n(world, arguments.trials as usize))
        .zip(0_u64..)
        .map(|(world, number)| Trial {
            name: world.id.clone(),
            situation: world.situation.clone(),
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

fn chosen(arguments: &BarnArguments) -> anyhow::Result<Vec<BarnWorld>> {
    let worlds = read(&arguments.file, &arguments.models)
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
                .find(|world| world.idx == *idx)
                .cloned()
                .ok_or_else(|| anyhow!("--worlds {idx}: the file has no world of this number"))
        })
        .collect::<anyhow::Result<Vec<_>>>()
        .blame(Fault::Usage)
}

/// All worlds of a file of JSON lines, the one of a Gazebo file, or those of a directory of Gazebo
/// files, numbered by the last number in their names.
pub(super) fn read(path: &Path, models: &[PathBuf]) -> anyhow::Result<Vec<BarnWorld>> {
    if path.is_dir() {
        return read_directory(path, models);
    }
    let mut reader = BufReader::new(File::open(path)?);
    let begin = reader.fill_buf()?;
    let begin = begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(begin);
    if !is_gazebo(path) && begin.trim_ascii_start().first() != Some(&b'<') {
        return Ok(read_barn_worlds(reader)?);
    }
    let text = read_text(path, WORLD_MAX)?;
    let text = text.trim_start_matches('\u{feff}');
    let models = ModelPath::new(path, models);
    let read = GazeboWorld::read(text, &mut |uri| models.open(uri))?;
    for note in &read.notes {
        say!("note: {}: {note}", path.display());
    }
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(vec![BarnWorld {
        situation: gazebo_trial(&id, read.world),
        id: id.into_owned(),
        idx: 0,
    }])
}

fn is_gazebo(path: &Path) -> bool {
    let kind = path.extension();
    kind.is_some_and(|kind| kind == "world" || kind == "sdf")
}

fn read_directory(path: &Path, models: &[PathBuf]) -> anyhow::Result<Vec<BarnWorld>> {
    let mut worlds = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        if !is_gazebo(&file) {
            continue;
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let number = name
            .rsplit(|letter: char| !letter.is_ascii_digit())
            .find(|digits| !digits.is_empty())
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| anyhow!("{}: expected a number in its name", file.display()))?;
        for mut world in read(&file, models).with_context(|| file.display().to_string())? {
            world.idx = number;
            world.situation.seed = number;
            worlds.push(world);
        }
    }
    worlds.sort_by_key(|world| world.idx);
    if worlds.is_empty() {
        return Err(anyhow!("expected .world or .sdf files in it"));
    }
    Ok(worlds)
}
