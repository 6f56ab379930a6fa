//! Static obstacles: an outline with a height band.

use serde::{Deserialize, Serialize};

use super::Shape;

/// Optical material of an obstacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Material {
    /// Reflects light.
    #[default]
    Opaque,
    /// Transmits light: `LiDARs` and depth cameras see through it. It is an obstacle to the robot.
    Glass,
}

/// A solid between two heights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obstacle {
    /// Outline, equal at all heights.
    pub shape: Shape,
    /// Lower end, m above z = 0, the floor without patches.
    pub z_min_m: f64,
    /// Upper end, m above z = 0.
    pub z_max_m: f64,
    /// Material.
    #[serde(default)]
    pub material: Material,
}

impl Obstacle {
    /// An opaque obstacle on the floor.
    pub fn standing(shape: Shape, height_m: f64) -> Self {
        Self::between(shape, 0.0, height_m)
    }

    /// An opaque obstacle between two heights, m above z = 0.
    pub fn between(shape: Shape, z_min_m: f64, z_max_m: f64) -> Self {
        Self {
            shape,
            z_min_m,
            z_max_m,
            material: Material::Opaque,
        }
    }

    /// The same with another material.
    #[must_use]
    pub fn made_of(self, material: Material) -> Self {
        Self { material, ..self }
    }
}
