//! A shape with a height.

use serde::{Deserialize, Serialize};

use super::Shape;

/// Something solid that stands between two heights above the floor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obstacle {
    /// Its outline, the same at every height.
    pub shape: Shape,
    /// Where it begins, m above the floor.
    pub z_min_m: f64,
    /// Where it ends, m above the floor.
    pub z_max_m: f64,
}

impl Obstacle {
    /// Something that stands on the floor.
    pub fn standing(shape: Shape, height_m: f64) -> Self {
        Self {
            shape,
            z_min_m: 0.0,
            z_max_m: height_m,
        }
    }
}
