//! Outlines of a world, seen from above.

use perception::{Footprint, Point2};
use serde::{Deserialize, Serialize};
use sim::{Material, Shape, World};

/// Number of corners of a drawn disc.
const DISC_CORNERS: usize = 40;

/// Outlines of a world.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Shapes {
    /// Solids on or above the floor.
    pub solids: Vec<Solid>,
    /// Floor that is not at z = 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<FloorShape>,
}

/// A solid on or above the floor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Solid {
    /// Its outline.
    pub outline: Outline,
    /// Lower and upper end above z = 0, m.
    pub heights_m: [f64; 2],
    /// True for glass.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_glass: bool,
}

/// An outline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outline {
    /// x, y, radius.
    Round([f64; 3]),
    /// Corners; a wall without thickness has two.
    Corners(Vec<[f64; 2]>),
}

/// Floor that is not at z = 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FloorShape {
    /// Its corners.
    pub corners: Vec<[f64; 2]>,
    /// Lowest and highest corner, m: both of a hole are below 0.
    pub heights_m: [f64; 2],
}

impl FloorShape {
    /// True for holes and stairs down.
    pub fn is_sunk(&self) -> bool {
        self.heights_m[1] < 0.0
    }
}

impl From<&World> for Shapes {
    fn from(world: &World) -> Self {
        let solids = world.obstacles().iter().map(|obstacle| Solid {
            outline: Outline::from(&obstacle.shape),
            heights_m: [obstacle.z_min_m, obstacle.z_max_m].map(millimetres),
            is_glass: obstacle.material == Material::Glass,
        });
        let floor = world.floor_patches().iter().map(|patch| {
            let heights = patch.vertices.iter().map(|v| patch.plane_m(*v));
            let (low, high) = heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), z| {
                (a.min(z), b.max(z))
            });
            FloorShape {
                corners: patch.vertices.iter().map(|v| short(*v)).collect(),
                heights_m: [low, high].map(millimetres),
            }
        });
        Self {
            solids: solids.collect(),
            floor: floor.collect(),
        }
    }
}

impl From<&Shape> for Outline {
    fn from(shape: &Shape) -> Self {
        match shape {
            Shape::Circle { centre, radius_m } => {
                Self::Round([centre.x, centre.y, *radius_m].map(millimetres))
            }
            Shape::Segment { a, b } => Self::Corners(vec![short(*a), short(*b)]),
            Shape::Polygon { vertices } => {
                Self::Corners(vertices.iter().map(|v| short(*v)).collect())
            }
        }
    }
}

/// Rounded to the millimetre.
pub(super) fn short(point: Point2) -> [f64; 2] {
    [millimetres(point.x), millimetres(point.y)]
}

pub(super) fn millimetres(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Corners of a robot's outline, base frame.
pub(super) fn footprint_corners(footprint: &Footprint) -> Vec<[f64; 2]> {
    let corners = footprint.drawn_corners(DISC_CORNERS);
    corners.into_iter().map(short).collect()
}
