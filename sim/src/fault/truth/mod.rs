//! What truly happened in a drive under faults, and what of it was avoidable.
//!
//! A contact is *caused* when the robot moved at it and a stop would have avoided it that was
//! commanded in time: [`Stopping::seen_s`] after a working sensor first had a line of sight to what
//! was touched, or [`Stopping::blind_s`] after the onset of a fault that blinds, whichever was
//! earlier, with the brakes and the latency that the drive truly had. A contact that no such stop
//! avoids is *unavoidable*.

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

/// What truly happened.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GroundTruth {
    /// When the first fault began, s; none without faults.
    pub onset_s: Option<f64>,
    /// When an object appeared ahead of the robot, s, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeared_s: Option<f64>,
    /// The contact that ended the drive, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactTruth>,
    /// How the robot came to rest after a fault that blinds; none without such a fault, and where the
    /// drive ended too soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// Whether the robot went on after faults that ended; none where they did not, and where the
    /// drive ended too soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered: Option<bool>,
    /// Control ticks since the onset by the guard's reason.
    pub reasons: BTreeMap<String, u32>,
    /// The guard's first reason since the onset other than a command beyond the limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reason: Option<String>,
    /// Control ticks that did not take place.
    pub missed_ticks: u32,
}

/// The end of a drive, as it is handed to the judge.
pub(crate) struct Ending<'a> {
    pub world: &'a World,
    /// The robot as it truly is.
    pub robot: &'a RobotModel,
    pub outcome: Outcome,
    /// The point that was touched, world frame.
    pub contact: Option<Point2>,
    pub hazard: Option<Hazard>,
    /// The mover that was touched and its poses, one a substep from the start.
    pub touched: Option<(&'a Mover, &'a [Pose2])>,
    /// True when that is the object that appeared.
    pub is_object: bool,
    pub substep_s: f64,
}

/// A robot has gone on when it is this far from where it was at the end of the faults, m.
const GONE_ON_M: f64 = 0.5;
/// Time for that, s.
const GO_ON_S: f64 = 4.0;

impl TruthLog {
    /// Judges a drive.
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
