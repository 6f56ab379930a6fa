//! A shape with a height.

use serde::{Deserialize, Serialize};

use super::Shape;

/// What a thing is made of, as sensors of light see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Material {
    /// Light comes back from it.
    #[default]
    Opaque,
    /// Light goes through it: a LiDAR or a depth camera sees what is behind. The robot does not
    /// pass.
    Glass,
}

/// Something solid that stands between two heights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obstacle {
    /// Its outline, the same at every height.
    pub shape: Shape,
    /// Where it begins, m above z = 0, the floor where it has no patches.
    pub z_min_m: f64,
    /// Where it ends, m above z = 0.
    pub z_max_m: f64,
    /// What it is made of.
    #[serde(default)]
    pub material: Material,
}

impl Obstacle {
    /// Something opaque that stands on the floor.
    pub fn standing(shape: Shape, height_m: f64) -> Self {
        Self::between(shape, 0.0, height_m)
    }

    /// Something opaque between two heights, m above z = 0.
    pub fn between(shape: Shape, z_min_m: f64, z_max_m: f64) -> Self {
        Self {
            shape,
            z_min_m,
            z_max_m,
            material: Material::Opaque,
        }
    }

    /// The same of another material.
    #[must_use]
    pub fn made_of(self, material: Material) -> Self {
        Self { material, ..self }
    }
}
