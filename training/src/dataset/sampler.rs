//! Replay of a demonstration through the map and network input of the robot.

use controller::performer::{View, ViewBuilder, ViewSettings};
use controller::{ControllerSettings, Goal, Observation, Plan};
use perception::{
    Mapper, Point2, Pose2, SensorError, SensorEvent, SettingsError, Snapshot, Stamp, Stamped,
};

use super::sample::{Label, Sample};
use crate::demonstration::{Demonstration, Record};

/// Maximum number of scans that wait for odometry.
const WAITING_MAX: usize = 16;

/// Extracts samples from demonstrations.
#[derive(Debug)]
pub struct Sampler {
    mapper: Mapper,
    /// Scans newer than the latest odometry.
    waiting: Vec<Stamped<SensorEvent>>,
    builder: ViewBuilder,
    distance_max_m: f64,
    period_s: f64,
    dt_s: f64,
    horizon: usize,
    latency_s: f64,
}

impl Sampler {
    /// A sampler for a robot's controller and network input, with a sample every `period_s`.
    pub fn new(
        controller: &ControllerSettings,
        view: &ViewSettings,
        period_s: f64,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            mapper: Mapper::new(controller.mapper.clone())?,
            waiting: Vec::new(),
            builder: ViewBuilder::new(view),
            distance_max_m: controller.mapper.field_max_m,
            period_s,
            dt_s: controller.mpc.dt_s,
            horizon: controller.mpc.horizon,
            latency_s: controller.mpc.latency_s,
        })
    }

    /// All samples of a drive, taken at commands, or at odometry messages in a recording without
    /// commands. If the recording has plans of an expert, these are the labels and only their times
    /// are sampled; otherwise the label is the driven trajectory.
    pub fn cut(&mut self, demonstration: &Demonstration) -> Vec<Sample> {
        self.mapper.reset();
        self.waiting.clear();
        self.builder.reset();
        let future = Future::of(demonstration);
        let is_advised = demonstration
            .entries
            .iter()
            .any(|entry| matches!(entry.record, Record::Advice(_)));
        let is_commanded = demonstration.commands().next().is_some();
        let mut snapshot = Snapshot::default();
        let mut view = View::default();
        let mut goal: Option<Goal> = None;
        let mut path: &[Point2] = &[];
        let mut advice: Option<(Stamp, &Plan)> = None;
        let mut last: Option<Stamp> = None;
        let mut samples = Vec::new();
        for entry in &demonstration.entries {
            let is_tick = match &entry.record {
                Record::Sensor(event) => {
                    self.observe(Stamped {
                        stamp: entry.stamp,
                        value: event.clone(),
                    });
                    !is_commanded && matches!(event, SensorEvent::Odometry(_))
                }
                Record::Goal(next) => {
                    goal = Some(*next);
                    false
                }
                Record::Path(next) => {
                    path = next;
                    false
                }
                Record::Advice(plan) => {
                    advice = Some((entry.stamp, plan));
                    false
                }
                Record::Command(_) => true,
            };
            if !is_tick {
                continue;
            }
            self.mapper.refresh(&mut snapshot);
            let (Some(goal), Some(_)) = (goal, snapshot.scan_stamp) else {
                continue;
            };
            self.builder.remember(&snapshot);
            let now = entry.stamp;
            let is_due = last.is_none_or(|last| now.secs_since(last) >= self.period_s - 1e-6);
            if !is_due {
                continue;
            }
            let label = match advice {
                Some((stamp, plan)) if stamp == now => self.advised(plan),
                _ if is_advised => None,
                _ => self.driven(&future, now),
            };
            let Some(label) = label else { continue };
            last = Some(now);
            let observation = Observation::new(now, &snapshot, goal, path);
            self.builder.build(&observation, &mut view);
            let sample = Sample::new(
                &view,
                self.builder.settings().cells,
                &observation,
                self.distance_max_m,
                label,
            );
            samples.push(sample);
        }
        samples
    }

    /// Adds a message to the map. A scan newer than the odometry waits for it, since odometry is
    /// late on some robots. Other messages that the robot's map rejects are rejected here as well.
    fn observe(&mut self, event: Stamped<SensorEvent>) {
        if matches!(event.value, SensorEvent::Scan { .. }) {
            self.observe_or_wait(event);
            return;
        }
        let _ = self.mapper.observe(&event);
        for scan in std::mem::take(&mut self.waiting) {
            self.observe_or_wait(scan);
        }
    }

    fn observe_or_wait(&mut self, scan: Stamped<SensorEvent>) {
        let is_new = matches!(self.mapper.observe(&scan), Err(SensorError::TooNew { .. }));
        if is_new && self.waiting.len() < WAITING_MAX {
            self.waiting.push(scan);
        }
    }

    /// The plan as a label; none if its horizon differs from the controller's.
    fn advised(&self, plan: &Plan) -> Option<Label> {
        let fits = plan.states.len() == self.horizon + 1
            && plan.inputs.len() == self.horizon
            && (plan.dt_s - self.dt_s).abs() < 1e-9;
        fits.then(|| Label {
            states: plan.states.clone(),
            inputs: plan.inputs.clone(),
            valid: self.horizon,
        })
    }

    /// The trajectory from the time at which a command of `now` takes effect. After arrival the
    /// robot is at rest; if the recording ends otherwise, later states are unknown.
    fn driven(&self, future: &Future, now: Stamp) -> Option<Label> {
        let start_s = now.as_secs() + self.latency_s;
        let mut states = Vec::with_capacity(self.horizon + 1);
        for k in 0..=self.horizon {
            match future.at(start_s + k as f64 * self.dt_s) {
                Some(state) => states.push(state),
                None => break,
            }
        }
        let known = states.len().checked_sub(1)?;
        let &last = states.last()?;
        let valid = if future.reached { self.horizon } else { known };
        let standing = [last[0], last[1], last[2], 0.0, 0.0];
        states.resize(self.horizon + 1, standing);
        let inputs = states
            .windows(2)
            .map(|pair| [3, 4].map(|entry| (pair[1][entry] - pair[0][entry]) / self.dt_s))
            .collect();
        (valid > 0).then_some(Label {
            states,
            inputs,
            valid,
        })
    }
}

/// Odometry of a whole drive.
struct Future {
    /// Time (s), pose, forward speed, turning rate.
    rows: Vec<(f64, Pose2, [f64; 2])>,
    reached: bool,
}

impl Future {
    fn of(demonstration: &Demonstration) -> Self {
        let rows = demonstration.entries.iter().filter_map(|entry| {
            let Record::Sensor(SensorEvent::Odometry(odometry)) = &entry.record else {
                return None;
            };
            let velocity = [odometry.velocity.linear, odometry.velocity.angular];
            Some((entry.stamp.as_secs(), odometry.odom_from_base, velocity))
        });
        Self {
            rows: rows.collect(),
            reached: demonstration.about.reached,
        }
    }

    /// State at a time, interpolated between two rows.
    fn at(&self, time_s: f64) -> Option<[f64; 5]> {
        let after = self.rows.partition_point(|row| row.0 <= time_s);
        let (before, next) = (self.rows.get(after.checked_sub(1)?)?, self.rows.get(after)?);
        let share = (time_s - before.0) / (next.0 - before.0);
        let pose = before.1.interpolate(&next.1, share);
        let [v, omega] = [0, 1].map(|i| before.2[i] + share * (next.2[i] - before.2[i]));
        Some([pose.x, pose.y, pose.yaw, v, omega])
    }
}
