//! Path, speed and behaviour of a pedestrian.

use perception::Point2;
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// A simulated pedestrian: path, body and behaviour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Radius of the body, an upright cylinder, m.
    pub radius_m: f64,
    /// Height of the body, m.
    pub height_m: f64,
    /// Path from the start to the exit, world frame. The pedestrian leaves the scene at its end.
    pub way: Vec<Point2>,
    /// Desired speed, m/s.
    pub speed_mps: f64,
    /// Parameters of the social force.
    pub temper: Temper,
    /// Behaviour besides following the path.
    pub habit: Habit,
}

/// Parameters of the social force of one pedestrian, after Helbing and Molnár (1995).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temper {
    /// Relaxation time to the desired velocity, τ, s.
    pub relaxation_s: f64,
    /// Strength of the repulsion from other pedestrians, V⁰, m²/s².
    pub push_m2ps2: f64,
    /// Range of the repulsion, σ, m.
    pub reach_m: f64,
    /// Prediction time for the motion of others, Δt, s.
    pub foresight_s: f64,
    /// Weight of the robot: 1 as of a pedestrian, 0 ignores it.
    pub heed: f64,
}

/// Behaviour of a pedestrian besides following its path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, tag = "kind")]
pub enum Habit {
    /// Follows the path only.
    Steady,
    /// Stops for a while.
    Stops {
        /// Distance along the path at which it stops, m.
        after_m: f64,
        /// Duration of the stop, s.
        for_s: f64,
    },
    /// Turns back, by the first point of its path.
    TurnsBack {
        /// Distance along the path at which it turns, m.
        after_m: f64,
        /// Destination, world frame.
        to: Point2,
    },
    /// Cuts in front of the robot once.
    CutsIn {
        /// Distance from the robot at which it starts, m.
        within_m: f64,
        /// Crossing point ahead of the robot, m.
        ahead_m: f64,
    },
}

impl Person {
    /// Rejects an empty path and values out of bounds.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let section = "person";
        let back = match self.habit {
            Habit::TurnsBack { to, .. } => Some(to),
            _ => None,
        };
        let finite = self
            .way
            .iter()
            .chain(&back)
            .all(|point| point.coords.iter().all(|at| at.is_finite()));
        SettingsError::ensure(
            finite && !self.way.is_empty(),
            section,
            "way",
            &format!("{:?}", self.way),
            "one finite point or more",
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("radius_m", self.radius_m, 0.01..=5.0),
                ("height_m", self.height_m, 0.01..=5.0),
                ("speed_mps", self.speed_mps, 0.001..=20.0),
                (
                    "temper.relaxation_s",
                    self.temper.relaxation_s,
                    0.001..=100.0,
                ),
                ("temper.reach_m", self.temper.reach_m, 0.001..=100.0),
            ],
        )?;
        let habit = match self.habit {
            Habit::Steady => [0.0; 2],
            Habit::Stops { after_m, for_s } => [after_m, for_s],
            Habit::TurnsBack { after_m, .. } => [after_m, 0.0],
            Habit::CutsIn { within_m, ahead_m } => [within_m, ahead_m],
        };
        SettingsError::ensure_within(
            section,
            &[
                ("temper.push_m2ps2", self.temper.push_m2ps2, 0.0..=1000.0),
                ("temper.foresight_s", self.temper.foresight_s, 0.0..=100.0),
                ("temper.heed", self.temper.heed, 0.0..=100.0),
                ("habit", habit[0], 0.0..=10_000.0),
                ("habit", habit[1], 0.0..=10_000.0),
            ],
        )
    }
}
