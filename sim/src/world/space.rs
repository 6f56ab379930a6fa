//! All obstacles together.

use perception::{Point2, Point3, Vector2};

use super::floor::Floor;
use super::hierarchy::Hierarchy;
use super::index::Index;
use super::primitive::Primitive;
use super::shape::WORLD_REACH_M;
use super::solid::Solid;
use super::{FloorPatch, Material, Obstacle};

/// Most edges of outlines and circles of a world.
const PARTS_MAX: usize = 1_000_000;

/// A part of an obstacle's boundary and the heights between which it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub primitive: Primitive,
    pub z_min_m: f64,
    pub z_max_m: f64,
    pub material: Material,
}

/// Obstacles that do not move and the floor that they stand on, indexed once for rays and
/// distances.
#[derive(Debug, Clone)]
pub struct World {
    obstacles: Vec<Obstacle>,
    pub(super) parts: Vec<Part>,
    pub(super) index: Index,
    pub(super) floor: Floor,
    /// What light comes back from.
    pub(super) solids: Vec<Solid>,
    pub(super) hierarchy: Hierarchy,
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
        "obstacle {obstacle} stands from {z_min_m:?} m to {z_max_m:?} m: expected heights from -20000 to 20000 m, the second above the first"
    )]
    Height {
        /// Which one, from 0.
        obstacle: usize,
        /// Where it begins, m.
        z_min_m: f64,
        /// Where it ends, m.
        z_max_m: f64,
    },
    /// More obstacles than a world holds.
    #[error("{found} edges and circles: expected at most {PARTS_MAX}")]
    Size {
        /// Edges of outlines and circles.
        found: usize,
    },
    /// A patch of floor that nothing can have, or that lies over another.
    #[error("floor patch {patch}: {flaw}")]
    Floor {
        /// Which one, from 0.
        patch: usize,
        /// What was found and what was expected.
        flaw: String,
    },
}

impl World {
    /// Checks and indexes obstacles on a level floor.
    pub fn new(obstacles: Vec<Obstacle>) -> Result<Self, WorldError> {
        Self::with_floor(obstacles, Vec::new())
    }

    /// Checks and indexes obstacles on a floor that is level at z = 0 but for patches. Patches may
    /// share edges, not area.
    pub fn with_floor(
        obstacles: Vec<Obstacle>,
        patches: Vec<FloorPatch>,
    ) -> Result<Self, WorldError> {
        let mut parts = Vec::with_capacity(obstacles.len());
        for (number, obstacle) in obstacles.iter().enumerate() {
            let Obstacle {
                shape,
                z_min_m,
                z_max_m,
                material,
            } = obstacle;
            if let Some(flaw) = shape.flaw() {
                return Err(WorldError::Shape {
                    obstacle: number,
                    flaw,
                });
            }
            let heights = -WORLD_REACH_M..=WORLD_REACH_M;
            if !(heights.contains(z_min_m) && heights.contains(z_max_m) && z_min_m < z_max_m) {
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
                    material: *material,
                });
            });
        }
        if parts.len() > PARTS_MAX {
            return Err(WorldError::Size { found: parts.len() });
        }
        let primitives: Vec<Primitive> = parts.iter().map(|part| part.primitive).collect();
        let solids: Vec<Solid> = obstacles
            .iter()
            .filter(|obstacle| obstacle.material == Material::Opaque)
            .map(Solid::new)
            .collect();
        let boxes: Vec<(Point3, Point3)> = solids.iter().map(Solid::bounds).collect();
        Ok(Self {
            floor: Floor::new(patches)
                .map_err(|(patch, flaw)| WorldError::Floor { patch, flaw })?,
            hierarchy: Hierarchy::new(&boxes),
            solids,
            index: Index::new(&primitives),
            obstacles,
            parts,
        })
    }

    /// Everything that stands in it.
    pub fn obstacles(&self) -> &[Obstacle] {
        &self.obstacles
    }

    /// The pieces of floor that are not level at z = 0.
    pub fn floor_patches(&self) -> &[FloorPatch] {
        self.floor.patches()
    }

    /// Height of the floor at a point, m.
    pub fn floor_m(&self, point: Point2) -> f64 {
        self.floor.height_m(point)
    }

    /// Lower left and upper right corner of the box around all obstacles, m.
    pub fn bounds(&self) -> (Point2, Point2) {
        self.index.bounds()
    }

    /// Distance from `origin` in the unit direction `along` to the first obstacle that stands at
    /// height `z_m` and is not of glass, m; none within `reach_m`. The floor is not looked at.
    /// Allocates nothing.
    pub fn cast(&self, origin: Point2, along: Vector2, z_m: f64, reach_m: f64) -> Option<f64> {
        let mut nearest = f64::INFINITY;
        self.index.for_each_along(origin, along, reach_m, |part| {
            let part = &self.parts[part];
            if part.z_min_m <= z_m
                && z_m <= part.z_max_m
                && part.material == Material::Opaque
                && let Some(hit) = part.primitive.ray_hit_m(origin, along)
            {
                nearest = nearest.min(hit);
            }
            nearest
        });
        (nearest <= reach_m).then_some(nearest)
    }
}
