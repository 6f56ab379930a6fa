//! The outline of the robot on the floor.

use serde::{Deserialize, Serialize};

use super::{Point2, Vector2};

/// The robot's outline in its base frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "shape", deny_unknown_fields)]
pub enum Footprint {
    /// A disc about the base frame's origin.
    Disc {
        /// Radius, m.
        radius_m: f64,
    },
    /// A rectangle about the base frame's origin, long side along x.
    Rectangle {
        /// Extent along x, m.
        length_m: f64,
        /// Extent along y, m.
        width_m: f64,
    },
}

/// What is wrong with a footprint.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("footprint {field} is {value}: expected 0.005 to 10 m")]
pub struct FootprintError {
    /// The field at fault.
    pub field: &'static str,
    /// What it held.
    pub value: f64,
}

impl Footprint {
    /// Refuses lengths that no robot has: 0.005 to 10 m.
    pub fn validate(&self) -> Result<(), FootprintError> {
        let fields = match *self {
            Self::Disc { radius_m } => [("radius_m", radius_m), ("radius_m", radius_m)],
            Self::Rectangle { length_m, width_m } => [("length_m", length_m), ("width_m", width_m)],
        };
        for (field, value) in fields {
            if !(0.005..=10.0).contains(&value) {
                return Err(FootprintError { field, value });
            }
        }
        Ok(())
    }

    /// Radius of the largest disc about the origin inside the outline, m.
    pub fn inscribed_radius_m(&self) -> f64 {
        match *self {
            Self::Disc { radius_m } => radius_m,
            Self::Rectangle { length_m, width_m } => 0.5 * length_m.min(width_m),
        }
    }

    /// Radius of the smallest disc about the origin around the outline, m.
    pub fn circumscribed_radius_m(&self) -> f64 {
        match *self {
            Self::Disc { radius_m } => radius_m,
            Self::Rectangle { length_m, width_m } => 0.5 * length_m.hypot(width_m),
        }
    }

    /// Distance from the outline to a point given in the base frame, m; negative inside.
    pub fn signed_distance_m(&self, point: Point2) -> f64 {
        match *self {
            Self::Disc { radius_m } => point.coords.norm() - radius_m,
            Self::Rectangle { length_m, width_m } => {
                let beyond = Vector2::new(
                    point.x.abs() - 0.5 * length_m,
                    point.y.abs() - 0.5 * width_m,
                );
                let outside = Vector2::new(beyond.x.max(0.0), beyond.y.max(0.0)).norm();
                outside + beyond.x.max(beyond.y).min(0.0)
            }
        }
    }

    /// Corners in the base frame, counter-clockwise; empty for a disc.
    pub fn corners(&self) -> Vec<Point2> {
        match *self {
            Self::Disc { .. } => Vec::new(),
            Self::Rectangle { length_m, width_m } => {
                let (x, y) = (0.5 * length_m, 0.5 * width_m);
                vec![
                    Point2::new(x, y),
                    Point2::new(-x, y),
                    Point2::new(-x, -y),
                    Point2::new(x, -y),
                ]
            }
        }
    }
}
