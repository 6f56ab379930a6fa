//! Record of the ground truth during a drive.

use std::collections::BTreeMap;

use controller::Action;
use perception::{Pose2, Twist};
use serde::Serialize;

/// Reason of a command brought within the limits, which occurs with and without faults.
const LIMITED: &str = "limited";

/// State of the robot at one substep.
#[derive(Debug, Clone, Copy)]
pub struct State {
    pub t_s: f64,
    pub pose: Pose2,
    pub velocity: Twist,
}

/// True states of the robot, one per substep, and the interventions of its guard.
#[derive(Debug, Clone, Default)]
pub struct TruthLog {
    pub(super) states: Vec<State>,
    pub(super) reasons: BTreeMap<String, u32>,
    pub(super) first_reason: Option<String>,
    pub(super) missed_ticks: u32,
    pub(super) appeared_s: Option<f64>,
}

impl TruthLog {
    /// Records the robot after a substep.
    pub fn step(&mut self, t_s: f64, pose: Pose2, velocity: Twist) {
        self.states.push(State {
            t_s,
            pose,
            velocity,
        });
    }

    /// Records a control tick since the onset of the faults.
    pub fn tick(&mut self, action: &Action) {
        if let Some(intervention) = &action.intervention {
            let reason = name_of(intervention);
            if self.first_reason.is_none() && reason != LIMITED {
                self.first_reason = Some(reason.clone());
            }
            *self.reasons.entry(reason).or_default() += 1;
        }
    }

    /// Records a skipped control tick.
    pub fn missed_tick(&mut self) {
        self.missed_ticks += 1;
    }

    /// Records the appearance of the object.
    pub fn appeared(&mut self, t_s: f64) {
        self.appeared_s = Some(t_s);
    }

    /// Index of the first state at or after a time, s; none if the drive ended sooner.
    pub(super) fn index_at(&self, t_s: f64) -> Option<usize> {
        let index = self.states.partition_point(|state| state.t_s < t_s - 1e-9);
        (index < self.states.len()).then_some(index)
    }
}

/// Name of a reason in JSON, without its values.
fn name_of(reason: &impl Serialize) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}
