//! A trial: world, start, goal and rules.

use perception::{Point2, Pose2};
use serde::{Deserialize, Serialize};

use super::Walk;
use crate::{Person, World};

/// Goal in the world frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimGoal {
    /// Position, m.
    pub position: Point2,
    /// Desired heading on arrival, rad, for the controller. The judge ignores it.
    pub yaw: Option<f64>,
    /// Distance of the true base from the goal that counts as arrival, m.
    pub tolerance_m: f64,
}

/// Rules of the trial besides contact and arrival.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Distance from the start at which the clock starts, m.
    pub clock_starts_after_m: f64,
    /// A robot that stays within this distance, m ...
    pub stuck_within_m: f64,
    /// ... for this time is stuck, s.
    pub stuck_after_s: f64,
    /// Time of a fast robot on the shortest path, s, for trials scored by time.
    pub optimal_time_s: Option<f64>,
    /// A robot slower than this, m/s ...
    pub standing_speed_mps: f64,
    /// ... for this time counts as at rest in a contact with a pedestrian, s.
    pub standing_for_s: f64,
    /// True if a contact with a mover ends the trial, like a contact with a static obstacle.
    /// Otherwise it is counted once per mover, and the trial continues.
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
    /// Rules of the BARN challenge: the clock starts after 0.1 m, and the optimal time is that of
    /// the shortest path, m, at 2 m/s. A trial without progress for 30 s ends early; it would score
    /// zero.
    pub fn barn(path_length_m: f64) -> Self {
        Self {
            clock_starts_after_m: 0.1,
            stuck_within_m: 0.15,
            stuck_after_s: 30.0,
            optimal_time_s: Some(path_length_m / 2.0),
            ..Self::default()
        }
    }

    /// The BARN challenge's score of a trial, 0 to 0.5; none for trials without an optimal time.
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
    /// Name of the scenario or the imported world.
    pub scenario: String,
    /// Seed; 0 for imported worlds.
    pub seed: u64,
    /// Static obstacles and floor.
    pub world: World,
    /// Start of the robot, world frame.
    pub start: Pose2,
    /// Goal.
    pub goal: SimGoal,
    /// Coarse waypoints from start to goal, world frame, for the robot to follow; empty if the robot
    /// finds its own path.
    pub path: Vec<Point2>,
    /// The inner blind corner of the path, world frame: points of its wall in order. Empty without
    /// a blind corner.
    pub inner_corners: Vec<Point2>,
    /// Movers that do not react to the robot.
    pub walks: Vec<Walk>,
    /// Pedestrians that react to the robot.
    pub people: Vec<Person>,
    /// Time limit on the trial's clock, s.
    pub time_limit_s: f64,
    /// Other rules.
    pub rules: Rules,
}
