//! All obstacles together.

use perception::{Point2, Vector2};

use super::Obstacle;
use super::index::Index;
use super::primitive::Primitive;

/// A part of an obstacle's boundary and the heights between which it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub primitive: Primitive,
    pub z_min_m: f64,
    pub z_max_m: f64,
}

/// Obstacles that do not move, indexed once for rays and distances.
#[derive(Debug, Clone)]
pub struct World {
    obstacles: Vec<Obstacle>,
    pub(super) parts: Vec<Part>,
    pub(super) index: Index,
}

/// Why obstacles make no world.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WorldError {
    /// An outline that nothing can have.
    #[error("obstacle {obstacle}: {flaw}")]
    Shape {
        /// Which one, from 0.
        obstacle: usize,
        /// What was found and what was expected.
        flaw: String,
    },
    /// A height band that is empty or not finite.
    #[error(
        "obstacle {obstacle} stands from {z_min_m} m to {z_max_m} m: expected finite heights, the second above the first"
    )]
    Height {
        /// Which one, from 0.
        obstacle: usize,
        /// Where it begins, m.
        z_min_m: f64,
        /// Where it ends, m.
        z_max_m: f64,
    },
}

impl World {
    /// Checks and indexes obstacles.
    pub fn new(obstacles: Vec<Obstacle>) -> Result<Self, WorldError> {
        let mut parts = Vec::with_capacity(obstacles.len());
        for (number, obstacle) in obstacles.iter().enumerate() {
            let Obstacle {
                shape,
                z_min_m,
                z_max_m,
            } = obstacle;
            if let Some(flaw) = shape.flaw() {
                return Err(WorldError::Shape {
                    obstacle: number,
                    flaw,
                });
            }
            if !(z_min_m.is_finite() && z_max_m.is_finite() && z_min_m < z_max_m) {
                return Err(WorldError::Height {
                    obstacle: number,
                    z_min_m: *z_min_m,
                    z_max_m: *z_max_m,
                });
            }
            shape.for_each_primitive(&mut |primitive| {
                parts.push(Part {
                    primitive,
                    z_min_m: *z_min_m,
                    z_max_m: *z_max_m,
                });
            });
        }
        let primitives: Vec<Primitive> = parts.iter().map(|part| part.primitive).collect();
        Ok(Self {
            index: Index::new(&primitives),
            obstacles,
            parts,
        })
    }

    /// Everything that stands in it.
    pub fn obstacles(&self) -> &[Obstacle] {
        &self.obstacles
    }

    /// Lower left and upper right corner of the box around all obstacles, m.
    pub fn bounds(&self) -> (Point2, Point2) {
        self.index.bounds()
    }

    /// Distance from `origin` in the unit direction `along` to the first obstacle that stands at
    /// height `z_m`, m; none within `reach_m`. Allocates nothing.
    pub fn cast(&self, origin: Point2, along: Vector2, z_m: f64, reach_m: f64) -> Option<f64> {
        let mut nearest = f64::INFINITY;
        self.index.for_each_along(origin, along, reach_m, |part| {
            let part = &self.parts[part];
            if part.z_min_m <= z_m
                && z_m <= part.z_max_m
                && let Some(hit) = part.primitive.ray_hit_m(origin, along)
            {
                nearest = nearest.min(hit);
            }
            nearest
        });
        (nearest <= reach_m).then_some(nearest)
    }
}
