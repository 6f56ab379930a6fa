//! The static world: all obstacles and the floor.

use perception::{Point2, Point3, Vector2};

use super::floor::Floor;
use super::hierarchy::Hierarchy;
use super::index::Index;
use super::primitive::Primitive;
use super::shape::WORLD_REACH_M;
use super::solid::Solid;
use super::{FloorPatch, Material, Obstacle};

/// Maximum number of edges and circles of a world.
const PARTS_MAX: usize = 1_000_000;

/// A primitive of an obstacle's boundary with its height band.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub primitive: Primitive,
    pub z_min_m: f64,
    pub z_max_m: f64,
    pub material: Material,
}

/// Static obstacles and floor, indexed for rays and distances.
#[derive(Debug, Clone)]
pub struct World {
    obstacles: Vec<Obstacle>,
    pub(super) parts: Vec<Part>,
    pub(super) index: Index,
    pub(super) floor: Floor,
    /// Solids that reflect light.
    pub(super) solids: Vec<Solid>,
    pub(super) hierarchy: Hierarchy,
}

/// Reasons to reject obstacles or floor.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WorldError {
    /// An invalid outline.
    #[error("obstacle {obstacle}: {flaw}")]
    Shape {
        /// Index, from 0.
        obstacle: usize,
        /// Value found and value expected.
        flaw: String,
    },
    /// An empty or infinite height band.
    #[error(
        "obstacle {obstacle} stands from {z_min_m:?} m to {z_max_m:?} m: expected heights from -20000 to 20000 m, the second above the first"
    )]
    Height {
        /// Index, from 0.
        obstacle: usize,
        /// Lower end, m.
        z_min_m: f64,
        /// Upper end, m.
        z_max_m: f64,
    },
    /// Too many obstacles.
    #[error("{found} edges and circles: expected at most {PARTS_MAX}")]
    Size {
        /// Number of edges and circles.
        found: usize,
    },
    /// A patch of floor that is invalid or overlaps another.
    #[error("floor patch {patch}: {flaw}")]
    Floor {
        /// Index, from 0.
        patch: usize,
        /// Value found and value expected.
        flaw: String,
    },
}

impl World {
    /// Validates and indexes obstacles on level floor.
    pub fn new(obstacles: Vec<Obstacle>) -> Result<Self, WorldError> {
        Self::with_floor(obstacles, Vec::new())
    }

    /// Validates and indexes obstacles on a floor that is level at z = 0 except on patches. Patches
    /// may share edges, not area.
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

    /// All obstacles.
    pub fn obstacles(&self) -> &[Obstacle] {
        &self.obstacles
    }

    /// Patches of floor that are not level at z = 0.
    pub fn floor_patches(&self) -> &[FloorPatch] {
        self.floor.patches()
    }

    /// Height of the floor at a point, m.
    pub fn floor_m(&self, point: Point2) -> f64 {
        self.floor.height_m(point)
    }

    /// Lower left and upper right corner of the bounding box of all obstacles, m.
    pub fn bounds(&self) -> (Point2, Point2) {
        self.index.bounds()
    }

    /// Distance from `origin` in the unit direction `along` to the first obstacle at height `z_m`
    /// other than glass, m; none beyond `reach_m`. The floor is ignored. Does not allocate.
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
