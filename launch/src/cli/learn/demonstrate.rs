//! `demonstrate`: recording of demonstrations.

use runtime::say;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use serde::Serialize;
use training::Ranks;

use crate::cli::measure::report::ReportOptions;
use crate::cli::options::{PlaceOptions, progress_of};
use crate::cli::together;
use crate::evaluation::{Report, Trial};
use crate::learning::teleop::{TeleopSettings, teleoperate};
use crate::learning::{Demonstrated, demonstrate};
use runtime::cli::write_json;
use runtime::cli::{Blame as _, Fault};

/// Guard mode during teleoperation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GuardKind {
    /// The guard brakes before occupied and unknown space.
    On,
    /// Only velocity and acceleration limits apply.
    Off,
}

/// Record demonstrations: drives of an expert that has the true map, or your own by teleoperation.
///
/// Episode i has seed + 2 i, so that all seeds are odd if the first is odd. Every drive is an MCAP
/// file of ROS 2 messages, which Foxglove and ros2 bag can open.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc demonstrate doorway --episodes 1000 --seed 2 --jobs 2 --out demonstrations
  performer-mpc demonstrate barn_like --robot jackal --episodes 50 --out demonstrations --json -
  performer-mpc demonstrate doorway --teleop --episodes 3 --out my-drives

Writes into DIR: SCENARIO-SEED.mcap for every drive that reached the goal, index.json (what there
is) and paths.png (a picture of all drives).")]
pub(in crate::cli) struct DemonstrateArguments {
    #[command(flatten)]
    place: PlaceOptions,
    /// Number of episodes.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    episodes: u32,
    /// Seed of the first episode.
    #[arg(long, default_value_t = 2)]
    seed: u64,
    /// Number of parallel episodes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Output directory for the drives.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Also keep drives that missed the goal.
    #[arg(long)]
    keep_failures: bool,
    /// Drive with the keyboard, in this terminal, in real time.
    #[arg(long, conflicts_with = "jobs")]
    teleop: bool,
    /// Guard mode, with --teleop.
    #[arg(long, value_enum, default_value = "on", requires = "teleop")]
    guard: GuardKind,
    /// Also write the index as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Index of the recorded drives.
#[derive(Debug, Serialize)]
struct Index {
    #[serde(flatten)]
    report: Report,
    /// Number of kept drives.
    kept: usize,
    /// Size of their files, bytes.
    bytes: usize,
    /// Their files, in the order of episodes.
    files: Vec<String>,
}

impl AsRef<Report> for Index {
    fn as_ref(&self) -> &Report {
        &self.report
    }
}

pub(in crate::cli) fn run(arguments: &DemonstrateArguments) -> anyhow::Result<()> {
    together(|ranks| run_with(arguments, ranks))
}

fn run_with(arguments: &DemonstrateArguments, ranks: &mut dyn Ranks) -> anyhow::Result<()> {
    let (config, scenario) = arguments.place.load()?;
    let name = scenario.name();
    let mut trials =
        Trial::draw(&scenario, arguments.seed, arguments.episodes).blame(Fault::Usage)?;
    let begun = Instant::now();
    let driver = if arguments.teleop { "person" } else { "expert" };
    let drives = if arguments.teleop {
        if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) || ranks.size() > 1
        {
            return Err(anyhow!("--teleop needs a terminal and one process")).blame(Fault::Usage);
        }
        let settings = TeleopSettings {
            is_guarded: arguments.guard == GuardKind::On,
            ..TeleopSettings::default()
        };
        let (out, keep) = (&arguments.out, arguments.keep_failures);
        teleoperate(&config, &trials, &settings, out, keep)?
    } else {
        let mine: Vec<Trial> = trials
            .iter()
            .skip(ranks.rank())
            .step_by(ranks.size())
            .cloned()
            .collect();
        let bar = progress_of(ranks, mine.len(), "driving");
        let drives = demonstrate(
            &config,
            &mine,
            arguments.jobs as usize,
            &arguments.out,
            arguments.keep_failures,
            |_| bar.inc(1),
        )?;
        bar.finish_and_clear();
        gather(drives, trials.len(), ranks)?
    };
    if ranks.rank() != 0 {
        return Ok(());
    }
    trials.truncate(drives.len());
    deliver(arguments, name, driver, &trials, &drives)?;
    let seconds = begun.elapsed().as_secs_f64();
    say!("{} drives in {seconds:.1} s", drives.len());
    Ok(())
}

/// Gathers the drives of all processes at the first process, in the order of trials.
fn gather(
    mine: Vec<Demonstrated>,
    trials: usize,
    ranks: &mut dyn Ranks,
) -> anyhow::Result<Vec<Demonstrated>> {
    if ranks.size() == 1 {
        return Ok(mine);
    }
    let mut all = Vec::with_capacity(trials);
    // one drive per process at a time: all of them may exceed MPI's maximum count
    for row in 0..trials.div_ceil(ranks.size()) {
        // an episode as JSON does not contain its timing
        let told = mine.get(row).map(|drive| (drive, &drive.episode.tick_ms));
        for told in ranks.gather(&serde_json::to_vec(&told)?) {
            let told: Option<(Demonstrated, Vec<f64>)> = serde_json::from_slice(&told)?;
            all.extend(told.map(|(mut drive, tick_ms)| {
                drive.episode.tick_ms = tick_ms;
                drive
            }));
        }
    }
    Ok(all)
}

fn deliver(
    arguments: &DemonstrateArguments,
    name: &str,
    driver: &str,
    trials: &[Trial],
    drives: &[Demonstrated],
) -> anyhow::Result<()> {
    let episodes: Vec<_> = drives.iter().map(|drive| drive.episode.clone()).collect();
    let files: Vec<String> = drives
        .iter()
        .filter_map(|drive| drive.file.as_ref()?.file_name())
        .map(|file| file.to_string_lossy().into_owned())
        .collect();
    let index = Index {
        report: Report::new(
            "demonstrate",
            name,
            driver,
            arguments.seed,
            trials,
            &episodes,
        ),
        kept: files.len(),
        bytes: drives.iter().map(|drive| drive.bytes).sum(),
        files,
    };
    let output = ReportOptions {
        json: arguments.json.clone(),
        out: Some(arguments.out.clone()),
    };
    output.deliver(&index, &format!("{name} · {driver}"), trials, &episodes)?;
    write_json(&arguments.out.join("index.json"), &index)?;
    say!(
        "kept {} of {} drives, {:.1} MB, in {}",
        index.kept,
        drives.len(),
        index.bytes as f64 * 1e-6,
        arguments.out.canonicalize()?.display()
    );
    Ok(())
}
