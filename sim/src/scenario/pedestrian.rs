//! Pedestrians on the robot's path.
//!
//! ```text
//!                    │      │
//! ───────────────────┘      └──────────────
//!   start ▷      ☺→            ←☺     goal     corridor, often with another one from the side
//! ─────────────────────────────────────────
//! ```
//!
//! Corridors are wide enough to pass any pedestrian, and too narrow to avoid all encounters. The
//! hall is a test distribution: pedestrians come from all sides and do not walk along walls.

use std::f64::consts::{FRAC_PI_2, TAU};

use perception::{Point2, Pose2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::passers_by::PassersBy;
use super::{Rules, ScenarioError, SimGoal, Situation};
use crate::{Habit, Obstacle, SettingsError, Shape, World};

/// Type of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A corridor, often with a side corridor.
    #[default]
    Corridor,
    /// An open hall with pillars, crossed in all directions: tests generalisation of what was
    /// learned in corridors.
    Hall,
}

/// Distribution of the situations: every pair is a range `[low, high]`, drawn uniformly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PedestrianSettings {
    /// Corridor or hall.
    pub place: Place,
    /// Number of pedestrians: the difficulty, with the width.
    pub people: [usize; 2],
    /// Distance from start to goal along the corridor or the hall, m.
    pub length_m: [f64; 2],
    /// Width of the corridor, m.
    pub width_m: [f64; 2],
    /// Share of corridors with a side corridor.
    pub side_share: f64,
    /// Width of the side corridor, m.
    pub side_width_m: [f64; 2],
    /// Width of the hall, m.
    pub hall_width_m: [f64; 2],
    /// Pillars in the hall.
    pub pillars: [usize; 2],
    /// Mean and standard deviation of the desired speed of pedestrians, m/s; normal, clipped to 0.6
    /// and 2.
    pub speed_mps: [f64; 2],
    /// Weight of the robot in the social force, relative to a pedestrian.
    pub heed: [f64; 2],
    /// Share of pedestrians that stop for a while.
    pub stops_share: f64,
    /// Share that turn back.
    pub turns_back_share: f64,
    /// Share that cut in front of the robot.
    pub cuts_in_share: f64,
    /// Radius of the robot that must fit, m.
    pub robot_radius_m: f64,
    /// Distance from the goal that counts as arrival, m.
    pub goal_tolerance_m: f64,
    /// Time limit, s.
    pub time_limit_s: f64,
}

impl Default for PedestrianSettings {
    fn default() -> Self {
        Self {
            place: Place::Corridor,
            people: [1, 6],
            length_m: [8.0, 12.0],
            width_m: [2.0, 4.0],
            side_share: 0.5,
            side_width_m: [1.6, 2.4],
            hall_width_m: [7.0, 11.0],
            pillars: [0, 4],
            speed_mps: [1.34, 0.26],
            heed: [0.6, 1.2],
            stops_share: 0.15,
            turns_back_share: 0.1,
            cuts_in_share: 0.15,
            robot_radius_m: 0.3,
            goal_tolerance_m: 0.3,
            time_limit_s: 60.0,
        }
    }
}

/// Floor beyond start and goal, m.
pub(super) const BEYOND_M: f64 = 5.0;
/// Thickness of walls, m.
const WALL_M: f64 = 0.2;
/// Height of walls and pillars, m.
const HEIGHT_M: f64 = 2.5;
/// Length of the side corridor, m.
pub(super) const SIDE_M: f64 = 6.0;
/// Minimum distance of pillars from walls, start and goal, m.
const ABOUT_PILLAR_M: f64 = 1.2;
/// Time at rest before the robot counts as stuck, s: waiting for pedestrians is allowed.
const STUCK_AFTER_S: f64 = 20.0;

/// Geometry: the main axis runs along x, through the origin and the goal end.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    pub place: Place,
    /// Length from start to goal along x, m.
    pub length_m: f64,
    /// Width of the floor, symmetric about y = 0, m.
    pub width_m: f64,
    /// Centre along x and width of the side corridor, m.
    pub side: Option<[f64; 2]>,
}

impl PedestrianSettings {
    /// Rejects geometry without room for the robot, and invalid pedestrians.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "pedestrian";
        let room = 4.0 * self.robot_radius_m + 0.4;
        for (field, range, bounds) in [
            ("length_m", self.length_m, 4.0..=100.0),
            ("width_m", self.width_m, room..=50.0),
            ("side_width_m", self.side_width_m, 1.0..=50.0),
            ("hall_width_m", self.hall_width_m, room..=50.0),
        ] {
            SettingsError::ensure_range(section, field, range, bounds)?;
        }
        SettingsError::ensure_range(section, "heed", self.heed, 0.0..=10.0)?;
        for (field, [low, high]) in [("people", self.people), ("pillars", self.pillars)] {
            SettingsError::ensure(
                low <= high && high <= 30,
                section,
                field,
                &format!("[{low}, {high}]"),
                "[low, high] in order, up to 30",
            )?;
        }
        let shares = self.stops_share + self.turns_back_share + self.cuts_in_share;
        SettingsError::ensure(
            shares <= 1.0 && self.side_share <= 1.0,
            section,
            "stops_share + turns_back_share + cuts_in_share, side_share",
            &format!("{shares}, {}", self.side_share),
            "at most 1",
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("stops_share", self.stops_share, 0.0..=1.0),
                ("turns_back_share", self.turns_back_share, 0.0..=1.0),
                ("cuts_in_share", self.cuts_in_share, 0.0..=1.0),
                ("side_share", self.side_share, 0.0..=1.0),
                ("speed_mps", self.speed_mps[1], 0.0..=2.0),
            ],
        )?;
        SettingsError::ensure(
            (0.6..=2.0).contains(&self.speed_mps[0]),
            section,
            "speed_mps",
            &self.speed_mps[0],
            "a mean from 0.6 to 2",
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("robot_radius_m", self.robot_radius_m, 0.05..=2.0),
                ("goal_tolerance_m", self.goal_tolerance_m, 0.01..=10.0),
                ("time_limit_s", self.time_limit_s, 0.1..=3600.0),
            ],
        )
    }

    /// The situation for a seed.
    pub(super) fn situation(&self, seed: u64) -> Result<Situation, ScenarioError> {
        self.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let ground = self.ground(&mut rng);
        let keep_m = self.robot_radius_m + 0.25;
        let across = [keep_m - 0.5 * ground.width_m, 0.5 * ground.width_m - keep_m];
        let start = Pose2::new(0.0, draw(across, &mut rng), draw([-0.3, 0.3], &mut rng));
        let goal = Point2::new(ground.length_m, draw(across, &mut rng));
        let mut outlines = ground.walls();
        if ground.place == Place::Hall {
            outlines.extend(self.pillars(&ground, &[start.position(), goal], &mut rng));
        }
        let people = PassersBy {
            settings: self,
            ground: &ground,
            start: start.position(),
        }
        .draw(&outlines, &mut rng);
        let turned = Pose2::new(0.0, 0.0, draw([0.0, TAU], &mut rng));
        let obstacles = outlines
            .iter()
            .map(|outline| Obstacle::standing(outline.moved(turned), HEIGHT_M))
            .collect();
        Ok(Situation {
            scenario: "pedestrian".to_owned(),
            seed,
            world: World::new(obstacles)?,
            start: turned * start,
            goal: SimGoal {
                position: turned * goal,
                yaw: None,
                tolerance_m: self.goal_tolerance_m,
            },
            path: Vec::new(),
            inner_corners: Vec::new(),
            walks: Vec::new(),
            people: people
                .into_iter()
                .map(|mut person| {
                    person.way.iter_mut().for_each(|at| *at = turned * *at);
                    if let Habit::TurnsBack { to, .. } = &mut person.habit {
                        *to = turned * *to;
                    }
                    person
                })
                .collect(),
            time_limit_s: self.time_limit_s,
            rules: Rules {
                stuck_after_s: STUCK_AFTER_S,
                ..Rules::default()
            },
        })
    }

    fn ground(&self, rng: &mut ChaCha8Rng) -> Ground {
        let length_m = draw(self.length_m, rng);
        let is_hall = self.place == Place::Hall;
        let width_m = draw(
            if is_hall {
                self.hall_width_m
            } else {
                self.width_m
            },
            rng,
        );
        let has_side = rng.random::<f64>() < self.side_share && !is_hall;
        let side = [
            length_m * draw([0.3, 0.75], rng),
            draw(self.side_width_m, rng),
        ];
        Ground {
            place: self.place,
            length_m,
            width_m,
            side: has_side.then_some(side),
        }
    }

    fn pillars(&self, ground: &Ground, keep: &[Point2], rng: &mut ChaCha8Rng) -> Vec<Shape> {
        let [low, high] = self.pillars;
        let count = rng.random_range(low..=high);
        let half = 0.5 * ground.width_m - ABOUT_PILLAR_M;
        let mut taken = keep.to_vec();
        let mut pillars = Vec::new();
        for _ in 0..count {
            let x = draw([0.0, ground.length_m], rng);
            let middle = Point2::new(x, draw([-half, half], rng));
            let side_m = draw([0.3, 0.6], rng);
            let is_free = taken
                .iter()
                .all(|other| (other - middle).norm() > ABOUT_PILLAR_M + side_m);
            if is_free {
                taken.push(middle);
                let pose = Pose2::new(middle.x, middle.y, draw([0.0, FRAC_PI_2], rng));
                pillars.push(Shape::rectangle(pose, side_m, side_m));
            }
        }
        pillars
    }
}

impl Ground {
    /// Ends of the floor along x, m.
    pub fn ends(&self) -> [f64; 2] {
        let beyond = match self.place {
            Place::Corridor => BEYOND_M,
            Place::Hall => 1.5,
        };
        [-beyond, self.length_m + beyond]
    }

    fn walls(&self) -> Vec<Shape> {
        let block = |x: [f64; 2], y: [f64; 2]| {
            let middle = Pose2::new(0.5 * (x[0] + x[1]), 0.5 * (y[0] + y[1]), 0.0);
            Shape::rectangle(middle, x[1] - x[0], y[1] - y[0])
        };
        let [left, right] = self.ends();
        let half = 0.5 * self.width_m;
        let mut walls = vec![
            block([left - WALL_M, right + WALL_M], [-half - WALL_M, -half]),
            block([left - WALL_M, left], [-half, half + WALL_M]),
            block([right, right + WALL_M], [-half, half + WALL_M]),
        ];
        let above = [half, half + WALL_M];
        match self.side {
            None => walls.push(block([left, right], above)),
            Some([middle, width]) => {
                let (from, to) = (middle - 0.5 * width, middle + 0.5 * width);
                let up = [half + WALL_M, half + SIDE_M];
                walls.extend([
                    block([left, from], above),
                    block([to, right], above),
                    block([from - WALL_M, from], up),
                    block([to, to + WALL_M], up),
                    block([from - WALL_M, to + WALL_M], [up[1], up[1] + WALL_M]),
                ]);
            }
        }
        walls
    }
}

pub(super) fn draw([low, high]: [f64; 2], rng: &mut ChaCha8Rng) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

#[cfg(test)]
mod tests;
