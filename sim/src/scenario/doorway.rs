//! Two closed rooms with one door in the wall between them.
//!
//! ```text
//! ┌──────────────┬──────────┐
//! │              │          │   In most cases the straight line from start to goal crosses the
//! │  start                  │   wall: the robot must first make a detour.
//! │              │    goal  │
//! └──────────────┴──────────┘
//! ```

mod clutter;

use std::f64::consts::{PI, TAU};

use perception::{Point2, Pose2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use self::clutter::Clutter;
use super::{Rules, ScenarioError, SimGoal, Situation};
use crate::SettingsError;
use crate::{Obstacle, Shape, World};

/// Distribution of the situations: every pair is a range `[low, high]`, drawn uniformly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DoorwaySettings {
    /// Width of the door, m.
    pub door_width_m: [f64; 2],
    /// Thickness of the wall with the door, m.
    pub wall_thickness_m: [f64; 2],
    /// Extent of each room away from that wall, m.
    pub room_depth_m: [f64; 2],
    /// Extent of both rooms along that wall, m.
    pub room_width_m: [f64; 2],
    /// Minimum length of wall at each side of the door, m.
    pub door_margin_m: f64,
    /// Obstacles in both rooms: door leaves, tables, boxes, posts. More are harder; fewer are used
    /// if they block the path.
    pub clutter: [usize; 2],
    /// Radius of the disc that must fit at the start and the goal, m.
    pub robot_radius_m: f64,
    /// Minimum clearance of that disc, m.
    pub clearance_m: f64,
    /// True to rotate the rooms by a random angle.
    pub turned: bool,
    /// Distance from the goal that counts as arrival, m.
    pub goal_tolerance_m: f64,
    /// Time limit, s.
    pub time_limit_s: f64,
}

impl Default for DoorwaySettings {
    fn default() -> Self {
        Self {
            door_width_m: [0.8, 1.2],
            wall_thickness_m: [0.1, 0.3],
            room_depth_m: [3.0, 5.0],
            room_width_m: [5.0, 8.0],
            door_margin_m: 0.3,
            clutter: [0, 0],
            robot_radius_m: 0.3,
            clearance_m: 0.2,
            turned: true,
            goal_tolerance_m: 0.3,
            time_limit_s: 60.0,
        }
    }
}

/// Thickness of the walls around the rooms, m.
const OUTER_M: f64 = 0.2;
/// Maximum extent of a room, m.
const ROOM_MAX_M: f64 = 100.0;
/// Maximum number of obstacles.
const CLUTTER_MAX: usize = 100;
/// Height of all walls, m.
const HEIGHT_M: f64 = 2.5;

impl DoorwaySettings {
    /// Rejects rooms without room for the robot and impassable doors.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "doorway";
        SettingsError::ensure_within(
            section,
            &[
                ("door_margin_m", self.door_margin_m, 0.01..=10.0),
                ("robot_radius_m", self.robot_radius_m, 0.05..=2.0),
                ("clearance_m", self.clearance_m, 0.001..=5.0),
                ("goal_tolerance_m", self.goal_tolerance_m, 0.01..=10.0),
                ("time_limit_s", self.time_limit_s, 0.1..=3600.0),
            ],
        )?;
        let span = 2.0 * self.robot_radius_m;
        let room = span + 2.0 * self.clearance_m;
        SettingsError::ensure_range(
            section,
            "door_width_m",
            self.door_width_m,
            span + 0.02..=10.0,
        )?;
        SettingsError::ensure_range(
            section,
            "wall_thickness_m",
            self.wall_thickness_m,
            0.01..=5.0,
        )?;
        SettingsError::ensure_range(
            section,
            "room_depth_m",
            self.room_depth_m,
            room..=ROOM_MAX_M,
        )?;
        SettingsError::ensure_range(
            section,
            "room_width_m",
            self.room_width_m,
            room.max(self.door_width_m[1] + 2.0 * self.door_margin_m)..=ROOM_MAX_M,
        )?;
        SettingsError::ensure(
            self.clutter[0] <= self.clutter[1] && self.clutter[1] <= CLUTTER_MAX,
            section,
            "clutter",
            &format!("{:?}", self.clutter),
            "[low, high] in order, up to 100 things",
        )
    }

    /// The situation for a seed.
    pub(super) fn situation(&self, seed: u64) -> Result<Situation, ScenarioError> {
        self.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = |[low, high]: [f64; 2]| low + (high - low) * rng.random::<f64>();
        let rooms = Rooms {
            depths: [draw(self.room_depth_m), draw(self.room_depth_m)],
            width: draw(self.room_width_m),
            wall: draw(self.wall_thickness_m),
            door: draw(self.door_width_m),
        };
        let aside = 0.5 * (rooms.width - rooms.door) - self.door_margin_m;
        let door_y = draw([-aside, aside]);
        let keep = self.robot_radius_m + self.clearance_m;
        let mut place = |side: f64, depth: f64| {
            let x = side * (0.5 * rooms.wall + draw([keep, depth - keep]));
            let half = 0.5 * rooms.width - keep;
            Point2::new(x, draw([-half, half]))
        };
        let mut ends = [place(-1.0, rooms.depths[0]), place(1.0, rooms.depths[1])];
        if draw([0.0, 1.0]) < 0.5 {
            ends.swap(0, 1);
        }
        let heading = draw([-PI, PI]);
        let turn = draw([0.0, TAU]);
        let world_from_rooms = Pose2::new(0.0, 0.0, if self.turned { turn } else { 0.0 });
        let mut shapes = rooms.walls(door_y).to_vec();
        let count = rng.random_range(self.clutter[0]..=self.clutter[1]);
        let clutter = Clutter {
            rooms: &rooms,
            door_y,
            ends,
            robot_radius_m: self.robot_radius_m,
            clearance_m: self.clearance_m,
            height_m: HEIGHT_M,
        };
        shapes.extend(clutter.draw(&mut rng, count)?);
        let obstacles = shapes
            .iter()
            .map(|shape| Obstacle::standing(shape.moved(world_from_rooms), HEIGHT_M))
            .collect();
        Ok(Situation {
            scenario: "doorway".to_owned(),
            seed,
            world: World::new(obstacles)?,
            start: world_from_rooms * Pose2::new(ends[0].x, ends[0].y, heading),
            goal: SimGoal {
                position: world_from_rooms * ends[1],
                yaw: None,
                tolerance_m: self.goal_tolerance_m,
            },
            path: Vec::new(),
            inner_corners: Vec::new(),
            walks: Vec::new(),
            people: Vec::new(),
            time_limit_s: self.time_limit_s,
            rules: Rules::default(),
        })
    }
}

/// Two rooms along x with the wall between them at x = 0; all lengths in m.
struct Rooms {
    depths: [f64; 2],
    width: f64,
    wall: f64,
    door: f64,
}

impl Rooms {
    /// Ends of the rooms along x.
    fn ends(&self) -> [f64; 2] {
        let half_wall = 0.5 * self.wall;
        [-half_wall - self.depths[0], half_wall + self.depths[1]]
    }

    /// Both parts of the inner wall, then the four outer walls.
    fn walls(&self, door_y: f64) -> [Shape; 6] {
        let block = |x: [f64; 2], y: [f64; 2]| {
            let middle = Pose2::new(0.5 * (x[0] + x[1]), 0.5 * (y[0] + y[1]), 0.0);
            Shape::rectangle(middle, x[1] - x[0], y[1] - y[0])
        };
        let half_wall = 0.5 * self.wall;
        let inner = [-half_wall, half_wall];
        let [left, right] = self.ends();
        let half = 0.5 * self.width;
        let (below, above) = (door_y - 0.5 * self.door, door_y + 0.5 * self.door);
        let across = [left - OUTER_M, right + OUTER_M];
        [
            block(inner, [-half, below]),
            block(inner, [above, half]),
            block(across, [-half - OUTER_M, -half]),
            block(across, [half, half + OUTER_M]),
            block([left - OUTER_M, left], [-half, half]),
            block([right, right + OUTER_M], [-half, half]),
        ]
    }
}

#[cfg(test)]
mod tests;
