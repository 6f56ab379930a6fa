//! A demonstration played back to the robot's eyes, moment by moment.
//!
//! ```text
//! Entry ─▶ Mapper ─▶ Snapshot ─▶ ViewBuilder ─▶ View ─┐
//!    └── advice, or what was driven ─▶ Label ─────────┴▶ Sample
//! ```
//!
//! A command is a tick: there the map is refreshed and remembered exactly as an
//! [`controller::Agent`] does it on the robot.

use controller::performer::{View, ViewBuilder, ViewSettings};
use controller::{ControllerSettings, Goal, Observation, Plan};
use perception::{Mapper, SensorError, SensorEvent, SettingsError, Snapshot, Stamp, Stamped};
use serde::{Deserialize, Serialize};

use crate::demonstration::{Demonstration, Record};
use crate::driven::Driven;
use crate::sample::{Label, Obstacles, Sample};

/// Scans that may wait for odometry at a time.
const WAITING_MAX: usize = 16;

/// How often a sample is taken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SamplerSettings {
    /// Time between samples, s.
    pub period_s: f64,
}

impl Default for SamplerSettings {
    fn default() -> Self {
        Self { period_s: 0.25 }
    }
}

/// Why a demonstration gives no samples.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SampleError {
    /// Advice for another controller.
    #[error(
        "advice at {at_s} s: {steps} steps of {dt_s} s, expected at least {horizon} of {expected_dt_s} s"
    )]
    Advice {
        /// Its stamp, s.
        at_s: f64,
        /// Its steps.
        steps: usize,
        /// Its time step, s.
        dt_s: f64,
        /// Steps of the controller's horizon.
        horizon: usize,
        /// The controller's time step, s.
        expected_dt_s: f64,
    },
}

/// What a demonstration gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampled {
    /// Moments, in order.
    pub samples: Vec<Sample>,
    /// Control ticks played back.
    pub ticks: usize,
    /// Sensor messages that the map refused.
    pub refused_messages: usize,
    /// Moments whose future is not known: the drive broke off before the goal.
    pub unlabelled: usize,
}

/// Plays demonstrations back.
#[derive(Debug, Clone)]
pub struct Sampler {
    settings: SamplerSettings,
    mapper: Mapper,
    builder: ViewBuilder,
    snapshot: Snapshot,
    /// Scans that are ahead of the odometry.
    waiting: Vec<Stamped<SensorEvent>>,
    dt_s: f64,
    horizon: usize,
    latency_s: f64,
}

impl Sampler {
    /// A sampler that sees what a controller of these settings would see.
    pub fn new(
        controller: &ControllerSettings,
        view: &ViewSettings,
        settings: SamplerSettings,
    ) -> Result<Self, SettingsError> {
        controller.validate()?;
        SettingsError::ensure_positive("sampler", &[("period_s", settings.period_s)])?;
        Ok(Self {
            settings,
            mapper: Mapper::new(controller.mapper.clone())?,
            builder: ViewBuilder::new(view),
            snapshot: Snapshot::default(),
            waiting: Vec::new(),
            dt_s: controller.mpc.dt_s,
            horizon: controller.mpc.horizon,
            latency_s: controller.mpc.latency_s,
        })
    }

    /// Samples of a whole demonstration.
    pub fn sample(&mut self, demonstration: &Demonstration) -> Result<Sampled, SampleError> {
        self.mapper.reset();
        self.builder.reset();
        self.snapshot = Snapshot::default();
        self.waiting.clear();
        let driven = Driven::of(demonstration);
        let entries = &demonstration.entries;
        let is_told = |kind: fn(&Record) -> bool| entries.iter().any(|e| kind(&e.record));
        let ticks_are_told = is_told(|record| matches!(record, Record::Command(_)));
        let is_advised = is_told(|record| matches!(record, Record::Advice(_)));
        let mut sampled = Sampled::default();
        let mut goal: Option<Goal> = None;
        let mut advice: Option<(Stamp, &Plan)> = None;
        let mut last: Option<Stamp> = None;
        for entry in entries {
            let mut is_tick = false;
            match &entry.record {
                Record::Sensor(event) => {
                    is_tick = !ticks_are_told && matches!(event, SensorEvent::Odometry(_));
                    let event = Stamped {
                        stamp: entry.stamp,
                        value: event.clone(),
                    };
                    sampled.refused_messages += self.observe(event);
                }
                Record::Goal(new) => goal = Some(*new),
                Record::Advice(plan) => advice = Some((entry.stamp, plan)),
                Record::Command(_) => is_tick = true,
            }
            if !is_tick {
                continue;
            }
            sampled.ticks += 1;
            self.mapper.refresh(&mut self.snapshot);
            if self.snapshot.scan_stamp.is_none() {
                continue;
            }
            self.builder.remember(&self.snapshot);
            let now = entry.stamp;
            let plan = advice.take().filter(|(stamp, _)| *stamp == now);
            let due = last.is_none_or(|last| now.secs_since(last) >= self.settings.period_s - 1e-6)
                && (plan.is_some() || !is_advised);
            let (true, Some(goal)) = (due, goal) else {
                continue;
            };
            last = Some(now);
            let label = match plan {
                Some((_, plan)) => Some(self.advised(now, plan)?),
                None => driven.label(now, self.latency_s, self.dt_s, self.horizon),
            };
            match label {
                Some(label) => sampled.samples.push(self.moment(now, goal, label)),
                None => sampled.unlabelled += 1,
            }
        }
        sampled.refused_messages += self.waiting.len();
        Ok(sampled)
    }

    /// Shows a message to the map; answers how many were refused. A scan that is ahead of the
    /// odometry waits for it: on some robots that takes its time.
    fn observe(&mut self, event: Stamped<SensorEvent>) -> usize {
        let is_odometry = matches!(event.value, SensorEvent::Odometry(_));
        self.waiting.push(event);
        let mut refused = 0;
        // a scan does not make another one fit
        let first = if is_odometry {
            0
        } else {
            self.waiting.len() - 1
        };
        let mut due = self.waiting.split_off(first);
        if is_odometry {
            due.rotate_right(1);
        }
        for event in due {
            match self.mapper.observe(&event) {
                Err(SensorError::TooNew { .. }) if self.waiting.len() < WAITING_MAX => {
                    self.waiting.push(event);
                }
                outcome => refused += usize::from(outcome.is_err()),
            }
        }
        refused
    }

    fn advised(&self, now: Stamp, plan: &Plan) -> Result<Label, SampleError> {
        let steps = plan.inputs.len();
        if steps < self.horizon || (plan.dt_s - self.dt_s).abs() > 1e-9 {
            return Err(SampleError::Advice {
                at_s: now.as_secs(),
                steps,
                dt_s: plan.dt_s,
                horizon: self.horizon,
                expected_dt_s: self.dt_s,
            });
        }
        Ok(Label {
            dt_s: plan.dt_s,
            states: plan.states[..=self.horizon].to_vec(),
            inputs: plan.inputs[..self.horizon].to_vec(),
            valid: self.horizon,
        })
    }

    fn moment(&mut self, now: Stamp, goal: Goal, label: Label) -> Sample {
        let snapshot = &self.snapshot;
        let mut view = View::default();
        self.builder.build(
            &Observation {
                now,
                snapshot,
                goal,
                path: &[],
            },
            &mut view,
        );
        Sample {
            stamp: now,
            view,
            view_cells: self.builder.settings().cells,
            odom_from_base: snapshot.odom_from_base,
            velocity: snapshot.velocity,
            goal,
            obstacles: Obstacles::of(&snapshot.field),
            label,
        }
    }
}
