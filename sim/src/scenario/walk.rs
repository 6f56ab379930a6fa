//! Something that moves along a timetable.

use perception::Pose2;
use serde::{Deserialize, Serialize};

use crate::{Mover, Obstacle, SettingsError};

/// A body and where it is when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Walk {
    /// The body, its outline in its own frame.
    pub body: Obstacle,
    /// Times since the start of the drive, s, ascending, and poses in the world frame. Between two
    /// of them the body moves evenly; before the first and after the last it stands.
    pub stops: Vec<(f64, Pose2)>,
    /// True when the body is there from the first of them to the last only; it then waits to come
    /// while it would be on top of the robot, or about to touch it.
    #[serde(default)]
    pub comes_and_goes: bool,
}

impl Walk {
    /// The body where it is at the start. Refuses bodies that nothing has, and times that are not
    /// finite and ascending.
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

    /// True when the body is there at a time.
    pub fn is_there(&self, t_s: f64) -> bool {
        !self.comes_and_goes
            || matches!(
                (self.stops.first(), self.stops.last()),
                (Some((first_s, _)), Some((last_s, _))) if (*first_s..=*last_s).contains(&t_s)
            )
    }

    /// Where the body is at a time; the identity when it has no stops.
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
