//! `bench tracking`: accuracy of tracks against ground truth.

use runtime::{say, tell};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sim::TrackingMetrics;

use crate::cli::options::{SourceOptions, progress};
use crate::evaluation::track_trials;
use crate::view::tracking_png;
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{PolicyOptions, write_json};
use runtime::output::write_atomic;

/// Compare tracks of pedestrians and other movers with ground truth: recall, precision, MOTA,
/// errors of position and velocity, time to confirmation.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc bench tracking pedestrian --episodes 20 --out out
  performer-mpc bench tracking pedestrian --robot jackal --set scenario.pedestrian.heed='[0,0]' --json -
  performer-mpc bench tracking --replay recordings/ --episodes 40 --json tracking.json")]
pub(super) struct TrackingArguments {
    #[command(flatten)]
    scenario: SourceOptions,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Number of drives.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    episodes: u32,
    /// Seed of the first drive; drive i has seed + 2 i.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of parallel drives.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Output directory for `tracking.png`, the errors of position and velocity.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    scenario: String,
    policy: &'static str,
    seed: u64,
    episodes: u32,
    #[serde(flatten)]
    metrics: TrackingMetrics,
}

pub(super) fn run(arguments: &TrackingArguments) -> anyhow::Result<()> {
    let (config, source) = arguments.scenario.load()?;
    let driver = arguments.policy.driver_with(&config.node.model)?;
    let trials = source
        .draw(arguments.seed, arguments.episodes)
        .blame(Fault::Usage)?;
    let bar = progress(trials.len(), "driving");
    let jobs = arguments.jobs as usize;
    let tally = track_trials(&config, &driver, &trials, jobs, || bar.inc(1))?;
    bar.finish_and_clear();
    let answer = Answer {
        command: "bench tracking",
        scenario: source.name().to_owned(),
        policy: driver.name(),
        seed: arguments.seed,
        episodes: arguments.episodes,
        metrics: tally.metrics(),
    };
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
    }
    if arguments
        .json
        .as_ref()
        .is_none_or(|path| path.as_os_str() != "-")
    {
        print(&answer);
    }
    if let Some(directory) = &arguments.out {
        let title = format!("{} · {}", answer.scenario, answer.policy);
        let path = directory.join("tracking.png");
        write_atomic(&path, &tracking_png(&title, &tally)?)?;
        say!("picture: {}", path.display());
    }
    Ok(())
}

fn print(answer: &Answer) {
    let m = &answer.metrics;
    tell!(
        "{} · {} · {} drives from seed {}: {} ticks of movers in sight for 0.5 s",
        answer.scenario,
        answer.policy,
        answer.episodes,
        answer.seed,
        m.truths
    );
    tell!(
        "  recall {:.1} %   precision {:.1} %   MOTA {:.1} %   identity switches {}",
        100.0 * m.recall,
        100.0 * m.precision,
        100.0 * m.mota,
        m.identity_switches
    );
    tell!(
        "  position error {:.3} m   velocity error {:.3} m/s in the mean, {:.3} m/s at 90 %",
        m.position_error_m_mean,
        m.velocity_error_mps_mean,
        m.velocity_error_mps_p90
    );
    tell!(
        "  confirmed after {:.2} s in the median, {:.2} s at 90 %   never confirmed {}",
        m.confirmed_s_median,
        m.confirmed_s_p90,
        m.never_confirmed
    );
}
