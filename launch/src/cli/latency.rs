//! `latency`: how long a whole tick takes, and where.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use controller::performer::{PerformerCost, PerformerPath};
use controller::{
    Agent, ExplicitPolicy, Goal, MpcPolicy, Planner, Policy, PurePursuit, RegularMpc,
};
use perception::{SensorEvent, Stamp, Stamped};
use serde::Serialize;

use super::options::{PolicyOptions, SettingsOptions, place, write_json};
use super::{Blame as _, Fault};
use crate::config::{Config, ConfigError};
use crate::driver::Driver;
use crate::latency::{Stage, Stopwatch, TimedModel, TimedPolicy};

/// Time the whole tick, scan in to command out, on recorded scans.
///
/// Drives of the scenario are recorded first; then their messages are given to a fresh controller
/// one tick after the other, as fast as it takes them or at a rate, and every stage is timed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc latency --policy performer --model models/navigator.safetensors --seconds 30 --json latency.json
  performer-mpc latency --policy regular --rate 20 --json -")]
pub(super) struct LatencyArguments {
    #[command(flatten)]
    policy: PolicyOptions,
    /// Scenario whose drives are recorded.
    #[arg(long, default_value = "doorway")]
    scenario: String,
    /// Robot: jackal or round; the scenario's own by default.
    #[arg(long)]
    robot: Option<String>,
    /// Time to run for, s.
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Ticks a second; 0 is as fast as they come.
    #[arg(long, default_value_t = 0.0)]
    rate: f64,
    /// Seed of the first drive; others follow by twos.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Drives that are recorded.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    episodes: u32,
    #[command(flatten)]
    settings: SettingsOptions,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    policy: &'static str,
    scenario: String,
    ticks: usize,
    seconds: f64,
    rate_hz: f64,
    tick_ms_p50: f64,
    tick_ms_p99: f64,
    tick_ms_worst: f64,
    stages: Vec<Stage>,
}

/// A drive as the controller got it.
struct Recording {
    goal: Goal,
    ticks: Vec<(Stamp, Vec<Stamped<SensorEvent>>)>,
}

pub(super) fn run(arguments: &LatencyArguments) -> anyhow::Result<()> {
    if !(arguments.seconds > 0.0 && arguments.seconds.is_finite()) {
        return Err(anyhow::anyhow!(
            "--seconds is {}: expected a finite time above 0",
            arguments.seconds
        ))
        .blame(Fault::Usage);
    }
    if !(arguments.rate >= 0.0 && arguments.rate.is_finite()) {
        return Err(anyhow::anyhow!(
            "--rate is {}: expected a finite rate, 0 or more",
            arguments.rate
        ))
        .blame(Fault::Usage);
    }
    let (config, scenario) = place(
        &arguments.scenario,
        arguments.robot.as_deref(),
        &arguments.settings,
    )?;
    let driver = arguments.policy.driver()?;
    let mut recordings = Vec::new();
    for episode in 0..u64::from(arguments.episodes) {
        let seed = arguments.seed.wrapping_add(2 * episode);
        let situation = scenario.situation(seed).blame(Fault::Usage)?;
        recordings.push(record(&config, &driver, &situation, seed)?);
    }
    let answer = measure(arguments, &config, &driver, scenario.name(), &recordings)?;
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
    Ok(())
}

/// Drives once and keeps every message.
fn record(
    config: &Config,
    driver: &Driver,
    situation: &sim::Situation,
    seed: u64,
) -> anyhow::Result<Recording> {
    let mut agent = driver.agent(config).blame(Fault::Usage)?;
    let mut recording: Option<Recording> = None;
    sim::drive(
        situation,
        &config.robot,
        &config.drive,
        &mut agent,
        seed,
        &mut || Duration::ZERO,
        &mut |view| {
            let recording = recording.get_or_insert_with(|| Recording {
                goal: view.goal,
                ticks: Vec::new(),
            });
            let stamp = Stamp::from_secs(view.t_s);
            recording.ticks.push((stamp, view.events.to_vec()));
        },
    )?;
    recording.ok_or_else(|| anyhow::anyhow!("the drive of seed {seed} had no tick"))
}

/// An agent whose parts are timed.
fn timed_agent(
    config: &Config,
    driver: &Driver,
    network: &Stopwatch,
    policy: &Stopwatch,
) -> Result<Agent, ConfigError> {
    let c = &config.controller;
    let (cost, mpc) = (c.cost.clone(), c.mpc.clone());
    let inner: Box<dyn Policy> = match driver {
        Driver::Regular => Box::new(RegularMpc::new(&c.footprint, c.limits, cost, c.pace, mpc)?),
        Driver::Performer { weights, backend } => Box::new(MpcPolicy::with(
            Planner::new(&c.footprint, c.limits, cost, c.pace, mpc)?,
            TimedModel::new(PerformerCost::new(weights, *backend)?, network.clone()),
        )),
        Driver::Explicit { weights, backend } => Box::new(ExplicitPolicy::new(
            TimedModel::new(PerformerPath::new(weights, *backend)?, network.clone()),
            PurePursuit::new(c.pursuit, c.limits)?,
            &mpc,
        )?),
    };
    let timed = TimedPolicy::new(inner, policy.clone());
    Ok(Agent::new(c, Box::new(timed))?)
}

fn measure(
    arguments: &LatencyArguments,
    config: &Config,
    driver: &Driver,
    scenario: &str,
    recordings: &[Recording],
) -> anyhow::Result<Answer> {
    let (network, policy) = (Stopwatch::default(), Stopwatch::default());
    let mut agent = timed_agent(config, driver, &network, &policy).blame(Fault::Usage)?;
    let period = (arguments.rate > 0.0).then(|| Duration::from_secs_f64(1.0 / arguments.rate));
    let limit = Duration::from_secs_f64(arguments.seconds);
    let mut times: [Vec<f64>; 5] = Default::default();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    // the first drive warms up: workspaces take their size
    let mut begun: Option<Instant> = None;
    'run: for round in 0_usize.. {
        let recording = &recordings[round % recordings.len()];
        if round == 1 {
            begun = Some(Instant::now());
        }
        agent.reset();
        agent.set_goal(recording.goal);
        for (stamp, events) in &recording.ticks {
            let tick = Instant::now();
            if begun.is_some_and(|begun| tick - begun >= limit) {
                break 'run;
            }
            for event in events {
                // the simulator's first scan may come before it can be placed
                let _ = agent.observe(event);
            }
            let observed = Instant::now();
            agent.act(*stamp);
            let whole = tick.elapsed();
            let (network, policy) = (network.take(), policy.take());
            if begun.is_some() {
                let observe = observed - tick;
                let stages = [
                    whole,
                    observe,
                    network,
                    policy.saturating_sub(network),
                    whole.saturating_sub(observe + policy),
                ];
                for (times, stage) in times.iter_mut().zip(stages) {
                    times.push(ms(stage));
                }
                if let Some(period) = period {
                    std::thread::sleep(period.saturating_sub(tick.elapsed()));
                }
            }
        }
    }
    let command = match driver {
        Driver::Regular | Driver::Performer { .. } => "solve",
        Driver::Explicit { .. } => "follow",
    };
    let names = ["tick", "map", "network", command, "field and guard"];
    let stages: Vec<Stage> = names
        .into_iter()
        .zip(&times)
        .map(|(name, times)| Stage::of(name, times))
        .collect();
    Ok(Answer {
        command: "latency",
        policy: driver.name(),
        scenario: scenario.to_owned(),
        ticks: times[0].len(),
        seconds: arguments.seconds,
        rate_hz: arguments.rate,
        tick_ms_p50: stages[0].ms_p50,
        tick_ms_p99: stages[0].ms_p99,
        tick_ms_worst: stages[0].ms_worst,
        stages,
    })
}

fn print(answer: &Answer) {
    tell!(
        "{} · {} · {} ticks: ms          median   99th   worst",
        answer.scenario,
        answer.policy,
        answer.ticks
    );
    for stage in &answer.stages {
        tell!(
            "  {:<16} {:>8.2} {:>8.2} {:>8.2}",
            stage.name,
            stage.ms_p50,
            stage.ms_p99,
            stage.ms_worst
        );
    }
}
