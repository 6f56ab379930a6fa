//! Ground truth of a drive under faults, and its avoidable part.
//!
//! A contact is *caused* if the robot moved and a timely stop would have avoided it. A timely stop
//! is commanded [`Stopping::seen_s`] after the first line of sight from a working sensor to the
//! touched object, or [`Stopping::blind_s`] after the onset of a blinding fault, whichever is
//! earlier, with the true brakes and latency. A contact that no such stop avoids is *unavoidable*.

mod contact;
mod log;
mod rest;
mod sight;

use std::collections::BTreeMap;

use perception::{Point2, Pose2};
use serde::{Deserialize, Serialize};

use super::plan::FaultPlan;
use super::stopping::Stopping;
use crate::episode::{Hazard, Outcome};
use crate::robot::RobotModel;
use crate::world::{Mover, World};

pub use contact::{ContactClass, ContactTruth, Touched};
pub use log::TruthLog;
pub use rest::Rest;

/// Ground truth of a drive.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GroundTruth {
    /// Onset of the first fault, s; none without faults.
    pub onset_s: Option<f64>,
    /// Time at which an object appeared ahead of the robot, s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeared_s: Option<f64>,
    /// The contact that ended the drive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactTruth>,
    /// Stop of the robot after a blinding fault; none without such a fault, or if the drive ended
    /// too soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// Whether the robot continued after transient faults; none if a fault was permanent or the
    /// drive ended too soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered: Option<bool>,
    /// Control ticks since the onset by reason of the guard.
    pub reasons: BTreeMap<String, u32>,
    /// The guard's first reason since the onset other than a limited command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reason: Option<String>,
    /// Skipped control ticks.
    pub missed_ticks: u32,
}

/// Inputs of the evaluation at the end of a drive.
pub(crate) struct Ending<'a> {
    pub world: &'a World,
    /// The true robot.
    pub robot: &'a RobotModel,
    pub outcome: Outcome,
    /// The point of contact, world frame.
    pub contact: Option<Point2>,
    pub hazard: Option<Hazard>,
    /// The touched mover and its poses, one per substep from the start.
    pub touched: Option<(&'a Mover, &'a [Pose2])>,
    /// True if that is the object that appeared.
    pub is_object: bool,
    pub substep_s: f64,
}

/// Minimum distance from the pose at the end of the faults of a robot that continued, m.
const GONE_ON_M: f64 = 0.5;
/// Time limit for that, s.
const GO_ON_S: f64 = 4.0;

impl TruthLog {
    /// Evaluates a drive.
    pub(crate) fn judge(
        &self,
        plan: &FaultPlan,
        stopping: &Stopping,
        ending: &Ending<'_>,
    ) -> GroundTruth {
        GroundTruth {
            onset_s: plan.onset_s(),
            appeared_s: self.appeared_s,
            contact: contact::judge(self, plan, stopping, ending),
            rest: rest::judge(self, plan, stopping, ending),
            recovered: self.recovered(plan, ending.outcome),
            reasons: self.reasons.clone(),
            first_reason: self.first_reason.clone(),
            missed_ticks: self.missed_ticks,
        }
    }

    fn recovered(&self, plan: &FaultPlan, outcome: Outcome) -> Option<bool> {
        let over_s = plan.over_s()?;
        let first = self.index_at(over_s)?;
        let there = self.states[first].pose.position();
        let gone_on = self.states[first..]
            .iter()
            .any(|state| (state.pose.position() - there).norm() >= GONE_ON_M);
        if gone_on || outcome == Outcome::Reached {
            return Some(true);
        }
        let is_known = self.states.last()?.t_s - over_s >= GO_ON_S || outcome == Outcome::Stuck;
        is_known.then_some(false)
    }
}
