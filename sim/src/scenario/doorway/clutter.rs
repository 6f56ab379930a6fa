//! Clutter of the rooms: door leaves, tables, boxes and posts at random poses.
//!
//! Half of the obstacles lie within `NEAR_DOOR_M` of the door, where they affect the path.

use std::f64::consts::{PI, TAU};

use perception::{Point2, Pose2, Vector2};
use rand::{Rng, RngExt as _};

use super::Rooms;
use crate::scenario::{Lattice, Survey, Walker};
use crate::world::WorldError;
use crate::{Obstacle, Shape, World};

/// Maximum distance of half of the obstacles from the door, m.
const NEAR_DOOR_M: f64 = 2.0;
/// Thickness of a door's leaf, m.
const LEAF_M: f64 = 0.05;
/// Side of a table's legs, m.
const LEG_M: f64 = 0.06;
/// Node spacing of the path search, m.
const SPACING_M: f64 = 0.1;

/// Constraints of the clutter.
pub(super) struct Clutter<'a> {
    pub rooms: &'a Rooms,
    pub door_y: f64,
    /// Start and goal.
    pub ends: [Point2; 2],
    /// Radius of the disc that must fit along the path, m.
    pub robot_radius_m: f64,
    /// Clearance of that disc at either end, m.
    pub clearance_m: f64,
    pub height_m: f64,
}

impl Clutter<'_> {
    /// Up to `count` obstacles, rooms' frame. Obstacles over an end are omitted, then the last ones
    /// until a path connects the ends.
    pub fn draw(&self, rng: &mut impl Rng, count: usize) -> Result<Vec<Shape>, WorldError> {
        let mut things = Vec::new();
        for number in 0..count {
            let thing = self.thing(rng, number == 0);
            if self.leaves_ends_free(&thing)? {
                things.push(thing);
            }
        }
        while !things.is_empty() && !self.is_open(&things)? {
            things.pop();
        }
        Ok(things.into_iter().flatten().collect())
    }

    /// The parts of one obstacle. The first may be the door's leaf.
    fn thing(&self, rng: &mut impl Rng, may_be_leaf: bool) -> Vec<Shape> {
        let mut draw = |[low, high]: [f64; 2]| low + (high - low) * rng.random::<f64>();
        if may_be_leaf && draw([0.0, 1.0]) < 0.5 {
            let side = if draw([0.0, 1.0]) < 0.5 { -1.0 } else { 1.0 };
            let hinge = Point2::new(
                side * 0.5 * self.rooms.wall,
                self.door_y + 0.5 * self.rooms.door,
            );
            // 0 is closed, half a turn is against the wall
            let open = draw([0.4 * PI, 0.95 * PI]);
            let along = Vector2::new(side * open.sin(), -open.cos());
            let middle = hinge + along * (0.5 * self.rooms.door);
            let pose = Pose2::new(middle.x, middle.y, along.y.atan2(along.x));
            return vec![Shape::rectangle(pose, self.rooms.door, LEAF_M)];
        }
        let at = if draw([0.0, 1.0]) < 0.5 {
            let (away, towards) = (NEAR_DOOR_M * draw([0.0, 1.0]).sqrt(), draw([0.0, TAU]));
            Point2::new(away * towards.cos(), self.door_y + away * towards.sin())
        } else {
            let half = 0.5 * self.rooms.width;
            let [left, right] = self.rooms.ends();
            Point2::new(draw([left, right]), draw([-half, half]))
        };
        let pose = Pose2::new(at.x, at.y, draw([-PI, PI]));
        let kind = draw([0.0, 3.0]);
        if kind < 1.0 {
            vec![Shape::Circle {
                centre: at,
                radius_m: draw([0.03, 0.25]),
            }]
        } else if kind < 2.0 {
            vec![Shape::rectangle(pose, draw([0.2, 1.0]), draw([0.2, 0.6]))]
        } else {
            let half = 0.5 * Vector2::new(draw([0.45, 1.4]), draw([0.45, 0.8]));
            [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]
                .map(|(x, y)| {
                    let leg = pose * Pose2::new(x * half.x, y * half.y, 0.0);
                    Shape::rectangle(leg, LEG_M, LEG_M)
                })
                .to_vec()
        }
    }

    fn leaves_ends_free(&self, thing: &[Shape]) -> Result<bool, WorldError> {
        let world = World::new(self.standing(thing, Vector2::zeros()))?;
        let disc = perception::Footprint::Disc {
            radius_m: self.robot_radius_m + self.clearance_m,
        };
        Ok(self.ends.iter().all(|end| {
            let pose = Pose2::new(end.x, end.y, 0.0);
            world
                .gap(&disc, self.height_m, pose, 1.0)
                .is_none_or(|gap| gap.distance_m > 0.0)
        }))
    }

    /// True if a path connects the ends.
    fn is_open(&self, things: &[Vec<Shape>]) -> Result<bool, WorldError> {
        let [left, right] = self.rooms.ends();
        let corner = Vector2::new(-left, 0.5 * self.rooms.width);
        let mut obstacles = self.standing(&self.rooms.walls(self.door_y), corner);
        for thing in things {
            obstacles.extend(self.standing(thing, corner));
        }
        let world = World::new(obstacles)?;
        let walker = Walker {
            radius_m: self.robot_radius_m,
            height_m: self.height_m,
            step_max_m: 0.0,
        };
        let size = Vector2::new(right - left, self.rooms.width);
        let lattice = Lattice::fine(SPACING_M, self.robot_radius_m);
        let survey = Survey::on(&world, size, &walker, lattice);
        let [start, goal] = self.ends.map(|end| end + corner);
        Ok(survey.are_joined(start, goal, 2.0 * SPACING_M))
    }

    fn standing(&self, shapes: &[Shape], moved: Vector2) -> Vec<Obstacle> {
        let moved = Pose2::new(moved.x, moved.y, 0.0);
        shapes
            .iter()
            .map(|shape| Obstacle::standing(shape.moved(moved), self.height_m))
            .collect()
    }
}
