//! Someone on the way somewhere, and how they walk.

use perception::Point2;
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// A person: where they come from, where they go, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// They stand upright: radius of the body, m.
    pub radius_m: f64,
    /// Its height, m.
    pub height_m: f64,
    /// From where they are at the start, over every point in turn, to where they leave, by a
    /// door; world frame.
    pub way: Vec<Point2>,
    /// Speed that they like to walk at, m/s.
    pub speed_mps: f64,
    /// What pushes them and how much.
    pub temper: Temper,
    /// What they do besides walking on.
    pub habit: Habit,
}

/// Parameters of the social force of one person, after Helbing and Molnár (1995).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temper {
    /// Time in which they come to walk as they like, τ, s.
    pub relaxation_s: f64,
    /// Strength of what keeps them from others, V⁰, m²/s².
    pub push_m2ps2: f64,
    /// Distance in which it fades, σ, m.
    pub reach_m: f64,
    /// How far ahead they see others come, Δt, s.
    pub foresight_s: f64,
    /// What they make of the robot: 1 as much as of a person, 0 nothing.
    pub heed: f64,
}

/// What a person does besides walking on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, tag = "kind")]
pub enum Habit {
    /// Nothing.
    Steady,
    /// Stands for a while.
    Stops {
        /// After so much of their way, m.
        after_m: f64,
        /// For so long, s.
        for_s: f64,
    },
    /// Goes back, over the first point of their way.
    TurnsBack {
        /// After so much of their way, m.
        after_m: f64,
        /// Where to, world frame.
        to: Point2,
    },
    /// Cuts across in front of the robot, once.
    CutsIn {
        /// When the robot is this near, m.
        within_m: f64,
        /// So far ahead of it, m.
        ahead_m: f64,
    },
}

impl Person {
    /// Refuses who cannot be: no way, or numbers that no one has.
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
