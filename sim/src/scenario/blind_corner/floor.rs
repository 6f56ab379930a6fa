//! Floor outline and walls of joined corridors.
//!
//! ```text
//!        │ arm │
//!        │     │        an arm is a strip from the centre outward; its left edge meets the
//! ───────C     │        right edge of the next one: below 180 degrees at an inner corner C
//!   arm   ·    │
//! ─────────────┘
//! ```

use std::f64::consts::{PI, TAU};

use perception::{Point2, Vector2};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::Shape;
use crate::scenario::pedestrian::draw;

/// Thickness of walls, m.
const WALL_M: f64 = 0.2;
/// Maximum sine of the angle between arms whose edges are joined by a straight wall.
const PARALLEL: f64 = 0.15;
/// Length of plain wall between features and from features to corners, m.
const BETWEEN_M: [f64; 2] = [1.2, 3.0];
/// Length of plain wall at the end of an arm, m.
const AT_END_M: f64 = 1.0;

/// A corridor from the centre outward.
#[derive(Debug, Clone, Copy)]
pub struct Arm {
    /// Direction outward, rad, from 0 to 2 π.
    pub yaw: f64,
    /// Distance between its walls, m.
    pub width_m: f64,
    /// Length from the centre, m.
    pub length_m: f64,
}

/// Shape of an inner corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Edge {
    /// Right where the walls meet.
    Sharp,
    /// Chamfered by this length along both walls, m.
    Chamfered(f64),
    /// Rounded from this distance along one wall to this distance along the other, m.
    Rounded(f64),
}

/// Joint of two arms.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// Intersection of the wall lines.
    pub corner: Point2,
    /// Wall points from the first arm to the second.
    pub wall: Vec<Point2>,
}

impl Arm {
    /// An arm; any direction is accepted.
    pub fn new(yaw: f64, width_m: f64, length_m: f64) -> Self {
        Self {
            yaw: yaw.rem_euclid(TAU),
            width_m,
            length_m,
        }
    }

    fn along(&self) -> Vector2 {
        Vector2::new(self.yaw.cos(), self.yaw.sin())
    }

    fn left(&self) -> Vector2 {
        Vector2::new(-self.yaw.sin(), self.yaw.cos())
    }

    /// The point at a distance outward and a distance to the left of the centre line, m.
    pub fn at(&self, out_m: f64, left_m: f64) -> Point2 {
        Point2::from(self.along() * out_m + self.left() * left_m)
    }

    /// Joint of its left wall with the right wall of the next arm counterclockwise.
    pub fn meets(&self, next: &Self, edge: Edge) -> Meeting {
        let (along, other) = (self.along(), next.along());
        let own_edge = self.left() * (0.5 * self.width_m);
        let other_edge = next.left() * (-0.5 * next.width_m);
        let sine = along.perp(&other);
        if sine.abs() < PARALLEL {
            return Meeting {
                corner: Point2::from((own_edge + other_edge) * 0.5),
                wall: vec![Point2::from(own_edge), Point2::from(other_edge)],
            };
        }
        let out_m = (other_edge - own_edge).perp(&other) / sine;
        let corner = Point2::from(own_edge + along * out_m);
        let is_inner = sine > 0.0;
        let wall = match edge {
            Edge::Chamfered(cut_m) if is_inner => {
                let (from, to) = (corner + along * cut_m, corner + other * cut_m);
                vec![from, from + (to - from) * 0.5, to]
            }
            Edge::Rounded(cut_m) if is_inner => [0.0, 0.25, 0.5, 0.75, 1.0]
                .map(|t: f64| {
                    let (before, after) = ((1.0 - t).powi(2), t * t);
                    corner + (along * before + other * after) * cut_m
                })
                .to_vec(),
            _ => vec![corner],
        };
        Meeting { corner, wall }
    }

    /// Joint with another arm on the side with an angle below 180 degrees.
    pub fn turns_into(&self, other: &Self, edge: Edge) -> Meeting {
        if (other.yaw - self.yaw).rem_euclid(TAU) < PI {
            self.meets(other, edge)
        } else {
            other.meets(self, edge)
        }
    }
}

/// Niches and pillars along walls.
#[derive(Debug, Clone, Copy)]
pub struct Features {
    /// Depth of niches, m.
    pub niche_m: [f64; 2],
    /// Protrusion of pillars, m.
    pub pillar_m: [f64; 2],
}

/// The outline of the floor, counterclockwise like the arms.
pub fn outline(
    arms: &[Arm],
    edge: Edge,
    features: Option<Features>,
    rng: &mut ChaCha8Rng,
) -> Vec<Point2> {
    let meetings: Vec<Meeting> = arms
        .iter()
        .zip(arms.iter().cycle().skip(1))
        .map(|(arm, next)| arm.meets(next, edge))
        .collect();
    let mut outline = Vec::new();
    let before = meetings.iter().cycle().skip(arms.len().saturating_sub(1));
    for ((arm, after), before) in arms.iter().zip(&meetings).zip(before) {
        let half = 0.5 * arm.width_m;
        let mut bumps = |from: Option<&Point2>, side: f64| {
            let from_m = from.map_or(0.0, |point| point.coords.dot(&arm.along()));
            features.map_or(Vec::new(), |features| {
                features.along(arm, from_m, side, rng)
            })
        };
        outline.extend(bumps(before.wall.last(), -1.0));
        outline.extend([arm.at(arm.length_m, -half), arm.at(arm.length_m, half)]);
        outline.extend(bumps(after.wall.first(), 1.0).into_iter().rev());
        outline.extend(&after.wall);
    }
    outline.dedup_by(|a, b| (*a - *b).norm() < 1e-6);
    outline
}

impl Features {
    /// Corners of the features along one wall of an arm, from `from_m` outward; `side` is 1 for the
    /// left wall and -1 for the right one.
    fn along(&self, arm: &Arm, from_m: f64, side: f64, rng: &mut ChaCha8Rng) -> Vec<Point2> {
        let mut corners = Vec::new();
        let mut at_m = from_m.max(0.0) + draw(BETWEEN_M, rng);
        loop {
            let is_niche = rng.random::<bool>();
            let (long_m, deep_m) = if is_niche {
                (draw([0.8, 1.6], rng), draw(self.niche_m, rng))
            } else {
                (draw([0.45, 0.7], rng), -draw(self.pillar_m, rng))
            };
            if at_m + long_m + AT_END_M > arm.length_m {
                return corners;
            }
            let (wall, back) = (0.5 * arm.width_m, 0.5 * arm.width_m + deep_m);
            let to_m = at_m + long_m;
            corners.extend(
                [(at_m, wall), (at_m, back), (to_m, back), (to_m, wall)]
                    .map(|(out_m, aside_m)| arm.at(out_m, side * aside_m)),
            );
            at_m = to_m + draw(BETWEEN_M, rng);
        }
    }
}

/// Walls around a counterclockwise outline, one per edge.
pub fn walls(outline: &[Point2]) -> Vec<Shape> {
    let count = outline.len();
    let next = |shift: usize| outline.iter().cycle().skip(shift);
    let outer: Vec<Point2> = outline
        .iter()
        .zip(next(count.saturating_sub(1)))
        .zip(next(1))
        .map(|((here, before), after)| mitred(*before, *here, *after))
        .collect();
    outline
        .iter()
        .zip(next(1))
        .zip(outer.iter().zip(outer.iter().cycle().skip(1)))
        .map(|((a, b), (a_out, b_out))| Shape::Polygon {
            vertices: vec![*a, *b, *b_out, *a_out],
        })
        .collect()
}

/// The outer corner of the wall at a corner of the floor: one wall thickness from both edges.
fn mitred(before: Point2, here: Point2, after: Point2) -> Point2 {
    let right = |from: Point2, to: Point2| {
        let along = (to - from).try_normalize(1e-9).unwrap_or_default();
        Vector2::new(along.y, -along.x)
    };
    let (one, two) = (right(before, here), right(here, after));
    here + (one + two) * (WALL_M / (1.0 + one.dot(&two)).max(0.1))
}
