//! One trial: where, from where, to where, and what counts.

use perception::{Point2, Pose2};
use serde::{Deserialize, Serialize};

use super::Walk;
use crate::{Person, World};

/// Where to go, in the world frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimGoal {
    /// Position, m.
    pub position: Point2,
    /// Heading to arrive with, rad, when it matters to the controller. It is not judged.
    pub yaw: Option<f64>,
    /// The robot has arrived when its base is truly within this distance, m.
    pub tolerance_m: f64,
}

/// What counts besides contact and arrival.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// The clock starts once the robot is this far from its start, m.
    pub clock_starts_after_m: f64,
    /// A robot that stays within this distance of where it was, m ...
    pub stuck_within_m: f64,
    /// ... for this long is stuck, s.
    pub stuck_after_s: f64,
    /// The time a fast robot on the shortest way needs, s, when the trial is scored by time.
    pub optimal_time_s: Option<f64>,
    /// A robot that has been slower than this, m/s ...
    pub standing_speed_mps: f64,
    /// ... for this long is touched by people, not they by it, s.
    pub standing_for_s: f64,
    /// True when a contact with something that moves ends the trial, as one with what stands does;
    /// else it is counted, once for each that moves, and the trial goes on.
    pub contact_with_mover_ends: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            clock_starts_after_m: 0.0,
            stuck_within_m: 0.15,
            stuck_after_s: 10.0,
            optimal_time_s: None,
            standing_speed_mps: 0.05,
            standing_for_s: 0.5,
            contact_with_mover_ends: true,
        }
    }
}

impl Rules {
    /// The BARN challenge's: the clock starts after 0.1 m, and the shortest way, m, at 2 m/s is
    /// the optimal time. A trial without progress for 30 s is ended early; it would score zero.
    pub fn barn(path_length_m: f64) -> Self {
        Self {
            clock_starts_after_m: 0.1,
            stuck_within_m: 0.15,
            stuck_after_s: 30.0,
            optimal_time_s: Some(path_length_m / 2.0),
            ..Self::default()
        }
    }

    /// The BARN challenge's score of a trial, 0 to 0.5; none for trials that have no optimal time.
    ///
    /// ```text
    /// score = success · OT / clip(AT, 2 OT, 8 OT)
    /// ```
    ///
    /// ```
    /// let rules = sim::Rules::barn(12.0); // OT = 6 s
    /// assert_eq!(rules.score(true, 3.0), Some(0.5));
    /// assert_eq!(rules.score(true, 24.0), Some(0.25));
    /// assert_eq!(rules.score(false, 3.0), Some(0.0));
    /// ```
    pub fn score(&self, success: bool, time_s: f64) -> Option<f64> {
        self.optimal_time_s.map(|optimal| {
            if success {
                optimal / time_s.clamp(2.0 * optimal, 8.0 * optimal)
            } else {
                0.0
            }
        })
    }
}

/// One trial.
#[derive(Debug, Clone)]
pub struct Situation {
    /// What it is one of: the name of a scenario or of an imported world.
    pub scenario: String,
    /// What it was drawn from; 0 for imported worlds.
    pub seed: u64,
    /// What stands in the way.
    pub world: World,
    /// Where the robot starts, world frame.
    pub start: Pose2,
    /// Where it is to go.
    pub goal: SimGoal,
    /// Coarse waypoints from the start to the goal, world frame, for the robot to follow; empty
    /// to let it find its own way.
    pub path: Vec<Point2>,
    /// The inner corner that the way turns round, world frame: points of its wall in order. Empty
    /// where it turns round none that hides anybody.
    pub inner_corners: Vec<Point2>,
    /// What moves, whatever the robot does.
    pub walks: Vec<Walk>,
    /// Who walks about and minds the robot.
    pub people: Vec<Person>,
    /// The trial ends unfinished after this time on its clock, s.
    pub time_limit_s: f64,
    /// What else counts.
    pub rules: Rules,
}
