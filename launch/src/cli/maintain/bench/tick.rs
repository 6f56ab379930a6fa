//! `bench tick`: latency of a tick by stage.

use runtime::tell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use perception::Stamp;
use serde::Serialize;

use crate::bench::latency::{BusyProcesses, Pace, RecordedDrive, STAGES, Stage, Tape, TimedPilot};
use crate::cli::options::place;
use crate::learning::run::machine;
use crate::view::ticks_png;
use runtime::RobotConfig;
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{PolicyOptions, SettingsOptions, write_json};
use runtime::cli::{TopicOptions, Way, foreign, foreign_config, own_topics};
use runtime::driver::Driver;
use runtime::node::{COMMANDS, Source, recorded_config};
use runtime::odometry_record::OdometryRecord;
use runtime::output::write_atomic;
use runtime::recording::open_recording;

/// Time a tick from scan to command by stage: median, 99th and 99.9th percentile, maximum.
///
/// The messages of a recording, or of scenario drives that are simulated first, are fed to a new
/// controller tick by tick, at full speed or at a fixed rate.
#[derive(Debug, Args)]
#[command(mut_arg("policy", |policy| policy.default_value("performer").help("Policy that drives")))]
#[command(after_help = "Examples:
  performer-mpc bench tick --ticks 10000 --json tick.json --out out
  performer-mpc bench tick --rate 20 --ticks 2000 --load
  performer-mpc bench tick --isa avx2 --policy explicit
  performer-mpc bench tick --recording some_bag/ --robot jackal")]
pub(in crate::cli) struct TickArguments {
    #[command(flatten)]
    policy: PolicyOptions,
    /// Scenario of the simulated drives.
    #[arg(long, default_value = "doorway")]
    scenario: String,
    /// Robot: `all_round`, jackal, `mobile_base` or round; by default the scenario's own, or round for a recording.
    #[arg(long)]
    robot: Option<String>,
    /// Recording to use instead of simulated drives: a rosbag2 directory, an MCAP file or a rosbag2
    /// database. The controller follows the recorded path.
    #[arg(long, value_name = "PATH")]
    recording: Option<PathBuf>,
    #[command(flatten)]
    topics: TopicOptions,
    /// Number of timed ticks.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    ticks: u32,
    /// Maximum duration of the measurement, s.
    #[arg(long)]
    seconds: Option<f64>,
    /// Tick rate, Hz; 0: as fast as possible.
    #[arg(long, value_name = "HZ", default_value_t = 0.0)]
    rate: f64,
    /// Number of busy processes as background load; one if no number is given.
    #[arg(long, value_name = "N", num_args = 0..=1, default_value_t = 0, default_missing_value = "1", value_parser = clap::value_parser!(u32).range(0..=256))]
    load: u32,
    /// Seed of the first drive; drive i has seed + 2 i.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of simulated drives.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    episodes: u32,
    #[command(flatten)]
    settings: SettingsOptions,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Output directory for `ticks.png`, the latency distribution of every stage.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    machine: String,
    policy: &'static str,
    /// Kernel of the network, if there is one.
    kernel: Option<&'static str>,
    isa: Option<&'static str>,
    /// Name of the scenario or recording.
    source: String,
    ticks: usize,
    rate_hz: f64,
    busy_processes: u32,
    /// Ticks on which the guard held the robot without data or a plan.
    ticks_held: usize,
    messages_refused: u64,
    tick_ms_p50: f64,
    tick_ms_p99: f64,
    tick_ms_p999: f64,
    tick_ms_worst: f64,
    stages: Vec<Stage>,
}

pub(in crate::cli) fn run(arguments: &TickArguments) -> anyhow::Result<()> {
    let pace = pace(arguments).blame(Fault::Usage)?;
    let driver = arguments.policy.driver()?;
    let (config, source, tapes) = match &arguments.recording {
        Some(path) => recorded(arguments, path)?,
        None => simulated(arguments, &driver)?,
    };
    anyhow::ensure!(!tapes.iter().all(Tape::is_empty), "{source}: no tick in it");
    let mut pilot = TimedPilot::new(&config, &driver).blame(Fault::Usage)?;
    let load = BusyProcesses::start(arguments.load as usize)?;
    let measured = pilot.measure(&tapes, &pace);
    drop(load);
    let stages: Vec<Stage> = STAGES
        .into_iter()
        .zip(&measured.times_ms)
        .map(|(name, times)| Stage::of(name, times))
        .collect();
    let backend = driver.backend();
    let answer = Answer {
        command: "bench tick",
        machine: machine(),
        policy: driver.name(),
        kernel: backend.map(|backend| backend.kernel.name()),
        isa: backend.map(|backend| backend.isa.name()),
        source,
        ticks: measured.times_ms[0].len(),
        rate_hz: arguments.rate,
        busy_processes: arguments.load,
        ticks_held: measured.held,
        messages_refused: pilot.refused(),
        tick_ms_p50: stages[0].ms_p50,
        tick_ms_p99: stages[0].ms_p99,
        tick_ms_p999: stages[0].ms_p999,
        tick_ms_worst: stages[0].ms_worst,
        stages,
    };
    let on_stdout = arguments
        .json
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-");
    if !on_stdout {
        print(&answer);
    }
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
    }
    if let Some(directory) = &arguments.out {
        let series: Vec<(&str, &[f64])> = STAGES
            .into_iter()
            .zip(measured.times_ms.iter().map(Vec::as_slice))
            .collect();
        let png = ticks_png(&title(&answer), &answer.machine, &series)?;
        write_atomic(&directory.join("ticks.png"), &png)?;
    }
    Ok(())
}

fn pace(arguments: &TickArguments) -> anyhow::Result<Pace> {
    let rate = arguments.rate;
    if !(rate >= 0.0 && rate.is_finite()) {
        return Err(anyhow!(
            "--rate is {rate}: expected a finite rate, 0 or more"
        ));
    }
    let seconds = arguments.seconds.unwrap_or(f64::MAX);
    if !(seconds > 0.0 && seconds.is_finite()) {
        return Err(anyhow!(
            "--seconds is {seconds}: expected a finite time above 0"
        ));
    }
    Ok(Pace {
        ticks: arguments.ticks as usize,
        limit: Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
        period: (rate > 0.0)
            .then(|| Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX)),
    })
}

/// Settings, name and tapes of simulated drives.
fn simulated(
    arguments: &TickArguments,
    driver: &Driver,
) -> anyhow::Result<(RobotConfig, String, Vec<Tape>)> {
    let (config, scenario) = place(
        &arguments.scenario,
        arguments.robot.as_deref(),
        &arguments.settings,
    )?;
    let tapes: anyhow::Result<Vec<Tape>> = (0..u64::from(arguments.episodes))
        .map(|episode| {
            let seed = arguments.seed.wrapping_add(2 * episode);
            let situation = scenario.situation(seed).blame(Fault::Usage)?;
            let mut agent = driver.agent(&config.controller).blame(Fault::Usage)?;
            let mut tape = Tape::default();
            sim::drive(
                &situation,
                &config.robot,
                &config.drive,
                &mut agent,
                seed,
                &mut || Duration::ZERO,
                &mut |view| {
                    let stamp = Stamp::from_secs(view.t_s);
                    tape.push(stamp, view.events, view.goal, &config.node.odom_frame);
                },
            )?;
            Ok(tape)
        })
        .collect();
    Ok((config.on_robot(), scenario.name().to_owned(), tapes?))
}

/// Settings, name and tape of a recording.
fn recorded(
    arguments: &TickArguments,
    path: &Path,
) -> anyhow::Result<(RobotConfig, String, Vec<Tape>)> {
    let mut bag = open_recording(path, |_| true).blame(Fault::Input)?;
    let own = recorded_config(&mut bag).blame_file(Fault::Input, path)?;
    let marks = own.is_some().then_some(COMMANDS);
    let (mut config, mut topics, mut way) = if let Some(config) = own {
        let topics = own_topics(&config);
        let record = OdometryRecord::read(&mut bag, "/odom").blame_file(Fault::Input, path)?;
        (config, topics, Way::from(record))
    } else {
        let robot = arguments.robot.as_deref().unwrap_or("round");
        let config = foreign_config(&arguments.settings, robot)?;
        foreign(config, &arguments.topics, path, &mut bag)?
    };
    // the controller drives, regardless of what stopped or guided the recorded robot
    config.node.failure_tolerance_s = -1.0;
    config.node.movement_time_allowance_s = f64::MAX;
    topics.retain(|_, source| {
        use Source::{CameraInfo, Depth, FixedTransforms, Odometry, Points, Scan, Transforms};
        let seen = matches!(source, Scan | Points | Depth(_) | CameraInfo(_));
        seen || matches!(source, Odometry | FixedTransforms | Transforms)
    });
    let drive = RecordedDrive {
        topics: &topics,
        odom_frame: &config.node.odom_frame,
        ahead: &mut |now| way.ahead(now, AHEAD_M),
        marks,
    };
    let tape = drive
        .read(&mut bag, arguments.ticks as usize)
        .blame_file(Fault::Input, path)?;
    Ok((config, path.display().to_string(), vec![tape]))
}

/// Distance of the goal ahead of a recorded robot on its path, m.
const AHEAD_M: f64 = 2.0;

/// Result in one line.
fn title(answer: &Answer) -> String {
    let network = match (answer.kernel, answer.isa) {
        (Some(kernel), Some(isa)) => format!(" ({kernel}, {isa})"),
        _ => String::new(),
    };
    let rate = if answer.rate_hz > 0.0 {
        format!("{} Hz", answer.rate_hz)
    } else {
        "full speed".to_owned()
    };
    let load = match answer.busy_processes {
        0 => String::new(),
        1 => ", one busy process".to_owned(),
        count => format!(", {count} busy processes"),
    };
    format!(
        "{} · {}{network} · {} ticks at {rate}{load}",
        answer.source, answer.policy, answer.ticks
    )
}

fn print(answer: &Answer) {
    tell!("{}", title(answer));
    tell!(
        "  {:<16} {:>8} {:>8} {:>8} {:>8}",
        "ms",
        "median",
        "99 %",
        "99.9 %",
        "worst"
    );
    for stage in &answer.stages {
        tell!(
            "  {:<16} {:>8.2} {:>8.2} {:>8.2} {:>8.2}",
            stage.name,
            stage.ms_p50,
            stage.ms_p99,
            stage.ms_p999,
            stage.ms_worst
        );
    }
    if answer.ticks_held > 0 {
        tell!("  in {} ticks the robot was held", answer.ticks_held);
    }
    if answer.messages_refused > 0 {
        tell!("  {} messages were refused", answer.messages_refused);
    }
}
