//! A mover with a timetable.

use perception::Pose2;
use serde::{Deserialize, Serialize};

use crate::{Mover, Obstacle, SettingsError};

/// A body with its timed poses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Walk {
    /// The body, its outline in its own frame.
    pub body: Obstacle,
    /// Times since the start of the drive, s, ascending, and poses in the world frame. The body
    /// moves at constant velocity between them, and is at rest before the first and after the last.
    pub stops: Vec<(f64, Pose2)>,
    /// True if the body is present only from the first to the last stop. Its appearance is then
    /// postponed while it would overlap the robot or be about to touch it.
    #[serde(default)]
    pub comes_and_goes: bool,
}

impl Walk {
    /// The body at the start. Rejects invalid bodies, and times that are not finite and ascending.
    pub fn mover(&self) -> Result<Mover, SettingsError> {
        let ascending = self.stops.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let finite = self
            .stops
            .iter()
            .all(|(stop_s, pose)| stop_s.is_finite() && pose.is_finite());
        SettingsError::ensure(
            ascending && finite,
            "walk",
            "stops",
            &format!("{:?}", self.stops),
            "finite poses at finite times, each later than the one before",
        )?;
        Mover::new(self.body.clone(), self.pose_at(0.0)).map_err(|error| SettingsError {
            section: "walk",
            field: "body",
            value: error.to_string(),
            expected: "a body that an obstacle can have".into(),
        })
    }

    /// True if the body is present at a time.
    pub fn is_there(&self, t_s: f64) -> bool {
        !self.comes_and_goes
            || matches!(
                (self.stops.first(), self.stops.last()),
                (Some((first_s, _)), Some((last_s, _))) if (*first_s..=*last_s).contains(&t_s)
            )
    }

    /// Pose of the body at a time; the identity without stops.
    pub fn pose_at(&self, t_s: f64) -> Pose2 {
        let after = self.stops.partition_point(|(stop_s, _)| *stop_s <= t_s);
        match (after.checked_sub(1), self.stops.get(after)) {
            (None, None) => Pose2::IDENTITY,
            (None, Some((_, first))) => *first,
            (Some(before), None) => self.stops[before].1,
            (Some(before), Some((then_s, next))) => {
                let (since_s, last) = self.stops[before];
                last.interpolate(next, (t_s - since_s) / (then_s - since_s))
            }
        }
    }
}
