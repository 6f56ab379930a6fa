//! Feeds tapes to the node's pilot and times its stages.

use std::time::{Duration, Instant};

use controller::performer::{PerformerCost, PerformerPath};
use controller::{Agent, ExplicitPolicy, MpcPolicy, Policy, PurePursuit};

use super::stopwatch::{Stopwatch, TimedModel, TimedPolicy};
use super::tape::{Input, Tape, TapeTick};
use runtime::ConfigError;

use runtime::RobotConfig;
use runtime::driver::Driver;
use runtime::node::Pilot;

/// Stages of a tick, the whole tick first. The explicit policy tracks a path in `solve`.
pub const STAGES: [&str; 5] = ["tick", "map", "network", "solve", "field and guard"];

/// Warm-up ticks, in which workspaces are allocated.
const WARM_UP: usize = 200;

/// Rate and number of ticks.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Number of timed ticks.
    pub ticks: usize,
    /// Maximum total duration.
    pub limit: Duration,
    /// Period of ticks; none: as fast as possible.
    pub period: Option<Duration>,
}

/// Result of the measurement.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Durations of every stage of [`STAGES`], ms, in the order of the ticks.
    pub times_ms: [Vec<f64>; STAGES.len()],
    /// Ticks on which the guard held the robot without data, a transform or a plan.
    pub held: usize,
}

/// A pilot with timed stages.
pub struct TimedPilot {
    pilot: Pilot,
    network: Stopwatch,
    policy: Stopwatch,
}

impl TimedPilot {
    /// A pilot without a goal.
    pub fn new(config: &RobotConfig, driver: &Driver) -> Result<Self, ConfigError> {
        let (network, policy) = (Stopwatch::default(), Stopwatch::default());
        let c = &config.controller;
        let inner: Box<dyn Policy> = match driver {
            Driver::Regular => c.regular_policy()?,
            Driver::Performer { weights, backend } => Box::new(MpcPolicy::with(
                c.planner()?,
                TimedModel::new(PerformerCost::new(weights, *backend)?, network.clone()),
            )),
            Driver::Explicit { weights, backend } => Box::new(ExplicitPolicy::new(
                TimedModel::new(PerformerPath::new(weights, *backend)?, network.clone()),
                PurePursuit::new(c.pursuit, c.limits)?,
                &c.mpc,
            )?),
        };
        let timed = TimedPolicy::new(inner, policy.clone());
        let agent = Agent::new(c, Box::new(timed))?;
        Ok(Self {
            pilot: Pilot::around(config, driver, agent)?,
            network,
            policy,
        })
    }

    /// Rejected messages of recordings.
    pub fn refused(&self) -> u64 {
        self.pilot.faults().total()
    }

    /// Runs the tapes in a loop.
    pub fn measure(&mut self, tapes: &[Tape], pace: &Pace) -> Measured {
        let mut measured = Measured::default();
        for times in &mut measured.times_ms {
            times.reserve(pace.ticks);
        }
        let ticks = || {
            let drives = tapes.iter().cycle();
            drives.flat_map(|tape| tape.ticks.iter().enumerate().map(move |tick| (tape, tick)))
        };
        let mut begun = Instant::now();
        for (done, (tape, (place, tick))) in ticks().enumerate() {
            if done == WARM_UP {
                begun = Instant::now();
            }
            let is_over = done == WARM_UP + pace.ticks || begun.elapsed() >= pace.limit;
            if done >= WARM_UP && is_over {
                break;
            }
            if place == 0 {
                self.pilot.reset();
                self.pilot.stop();
            }
            let started = Instant::now();
            let (stages, is_held) = self.tick(tape, tick);
            if done < WARM_UP {
                continue;
            }
            measured.held += usize::from(is_held);
            for (times, stage) in measured.times_ms.iter_mut().zip(stages) {
                times.push(1e3 * stage.as_secs_f64());
            }
            if let Some(period) = pace.period {
                std::thread::sleep(period.saturating_sub(started.elapsed()));
            }
        }
        measured
    }

    /// Durations of the stages of one tick, and whether the robot was held.
    fn tick(&mut self, tape: &Tape, tick: &TapeTick) -> ([Duration; STAGES.len()], bool) {
        let pilot = &mut self.pilot;
        if let Some(route) = &tick.route {
            pilot.go(route.clone());
        }
        // the pilot takes ownership of events: the tape keeps its own
        let inputs = tick.inputs.clone();
        let begun = Instant::now();
        for input in inputs {
            // faults are counted by the pilot
            let _ = match input {
                Input::Event(event) => pilot.observe("simulation", event),
                Input::Message { topic, raw } => pilot.take(&topic, &raw, raw.arrival).map(drop),
            };
        }
        let map = begun.elapsed();
        let decided = pilot.tick(tick.stamp);
        let whole = begun.elapsed();
        if tape.is_recorded {
            pilot.was_driven_by_another(tick.stamp);
        }
        let (network, policy) = (self.network.take(), self.policy.take());
        let solve = policy.saturating_sub(network);
        let rest = whole.saturating_sub(map + policy);
        ([whole, map, network, solve, rest], decided.hold.is_some())
    }
}
