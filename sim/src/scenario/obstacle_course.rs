//! Clutter of homes and offices between a start and a goal.
//!
//! Rows of tall furniture cross a long room. Each row has one gap slightly wider than the robot;
//! tables, chairs and boxes lie between the rows. Table tops are above the plane of a planar LiDAR
//! and below the robot's height: the scan shows the legs only. A course is accepted if the robot
//! can drive it, by exact geometry. It includes coarse waypoints along the path.

use perception::{Point2, Pose2, Vector2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::furniture;
use super::layout::{Layout, Plot};
use super::way::{Lattice, Survey, Walker};
use super::{Rules, ScenarioError, SimGoal, Situation};
use crate::{Obstacle, SettingsError};

/// Style of the building.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Tables on legs, chairs, sofas, shelves, boxes.
    #[default]
    Home,
    /// Desks on panels, swivel chairs, cabinets, partitions, plants: tests generalisation of what
    /// was learned in homes.
    Office,
}

/// Distribution of the courses: every pair is a range `[low, high]`, drawn uniformly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ObstacleCourseSettings {
    /// Kind of building.
    pub style: Style,
    /// Extent of the room from start to goal, m.
    pub length_m: [f64; 2],
    /// Extent of the room across, m.
    pub width_m: [f64; 2],
    /// Rows of furniture across the room.
    pub rows: [usize; 2],
    /// Width of the gap in a row beyond the robot's own width, m.
    pub gap_spare_m: [f64; 2],
    /// Number of attempts to place pieces between the rows.
    pub pieces: [usize; 2],
    /// Height of table and desk tops, m.
    pub top_height_m: [f64; 2],
    /// Radius of the robot that must pass, m.
    pub robot_radius_m: f64,
    /// Height of that robot, m.
    pub robot_height_m: f64,
    /// True to give the robot waypoints along the path.
    pub waypoints: bool,
    /// Spacing of waypoints, m.
    pub waypoint_spacing_m: f64,
    /// Distance from the goal that counts as arrival, m.
    pub goal_tolerance_m: f64,
    /// Time limit, s.
    pub time_limit_s: f64,
}

impl Default for ObstacleCourseSettings {
    fn default() -> Self {
        Self {
            style: Style::Home,
            length_m: [8.0, 11.0],
            width_m: [4.0, 5.5],
            rows: [1, 3],
            gap_spare_m: [0.1, 0.5],
            pieces: [4, 9],
            top_height_m: [0.68, 0.80],
            robot_radius_m: 0.3,
            robot_height_m: 1.4,
            waypoints: true,
            waypoint_spacing_m: 1.5,
            goal_tolerance_m: 0.3,
            time_limit_s: 120.0,
        }
    }
}

/// Maximum number of drawn courses.
const ATTEMPTS: usize = 200;
/// Free floor at either end of the room, m.
const APRON_M: f64 = 1.2;
/// Depth of a row, m.
const ROW_M: f64 = 0.4;

impl ObstacleCourseSettings {
    /// Rejects rooms without room for a course.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "obstacle_course";
        SettingsError::ensure_within(
            section,
            &[
                ("robot_radius_m", self.robot_radius_m, 0.05..=2.0),
                ("robot_height_m", self.robot_height_m, 0.05..=5.0),
                ("waypoint_spacing_m", self.waypoint_spacing_m, 0.05..=50.0),
                ("goal_tolerance_m", self.goal_tolerance_m, 0.01..=10.0),
                ("time_limit_s", self.time_limit_s, 0.1..=3600.0),
            ],
        )?;
        let least_m = 2.0 * APRON_M + 2.0;
        for (field, range, least_m) in [
            ("length_m", self.length_m, least_m),
            ("width_m", self.width_m, 4.0 * self.robot_radius_m + 1.0),
        ] {
            SettingsError::ensure_range(section, field, range, least_m..=40.0)?;
        }
        SettingsError::ensure_range(section, "gap_spare_m", self.gap_spare_m, 0.1..=5.0)?;
        SettingsError::ensure_range(section, "top_height_m", self.top_height_m, 0.3..=5.0)?;
        for (field, [low, high]) in [("rows", self.rows), ("pieces", self.pieces)] {
            SettingsError::ensure(
                low <= high && high <= 100,
                section,
                field,
                &format!("[{low}, {high}]"),
                "[low, high] in order, up to 100",
            )?;
        }
        Ok(())
    }

    /// The situation for a seed.
    pub(super) fn situation(&self, seed: u64) -> Result<Situation, ScenarioError> {
        self.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let walker = Walker {
            radius_m: self.robot_radius_m,
            height_m: self.robot_height_m,
            step_max_m: 0.0,
        };
        for _ in 0..ATTEMPTS {
            let layout = self.laid_out(&mut rng);
            let world = layout.build()?;
            let end = |x: f64, rng: &mut ChaCha8Rng| {
                let keep_m = self.robot_radius_m + 0.2;
                Point2::new(x, draw([keep_m, layout.size.y - keep_m], rng))
            };
            let start = end(0.5 * APRON_M, &mut rng);
            let goal = end(layout.size.x - 0.5 * APRON_M, &mut rng);
            let heading = draw([-0.5, 0.5], &mut rng);
            let survey = Survey::on(&world, layout.size, &walker, Lattice::CLOSE);
            let Some(way) = survey.way(start, goal) else {
                continue;
            };
            let mut path = Vec::new();
            if self.waypoints {
                path = survey.waypoints(&world, &walker, &way, self.waypoint_spacing_m);
            }
            return Ok(Situation {
                scenario: "obstacle_course".to_owned(),
                seed,
                world,
                start: Pose2::new(start.x, start.y, heading),
                goal: SimGoal {
                    position: goal,
                    yaw: None,
                    tolerance_m: self.goal_tolerance_m,
                },
                path,
                inner_corners: Vec::new(),
                walks: Vec::new(),
                people: Vec::new(),
                time_limit_s: self.time_limit_s,
                rules: Rules::default(),
            });
        }
        Err(ScenarioError::NoWay {
            scenario: "obstacle_course",
            seed,
            attempts: ATTEMPTS,
        })
    }

    fn laid_out(&self, rng: &mut ChaCha8Rng) -> Layout {
        let size = Vector2::new(draw(self.length_m, rng), draw(self.width_m, rng));
        let mut layout = Layout::room(size);
        for x in [0.5 * APRON_M, size.x - 0.5 * APRON_M] {
            let pose = Pose2::new(x, 0.5 * size.y, 0.0);
            layout.reserve(Plot::new(pose, APRON_M, size.y));
        }
        let rows = rng.random_range(self.rows[0]..=self.rows[1]);
        let part_m = (size.x - 2.0 * APRON_M) / rows.max(1) as f64;
        for row in 0..rows {
            let x = APRON_M + part_m * (row as f64 + draw([0.3, 0.7], rng));
            self.put_row(&mut layout, x, rng);
        }
        for _ in 0..rng.random_range(self.pieces[0]..=self.pieces[1]) {
            self.strew(&mut layout, rng);
        }
        layout
    }

    /// Furniture across the room at `x`, side by side, with one gap.
    fn put_row(&self, layout: &mut Layout, x: f64, rng: &mut ChaCha8Rng) {
        let gap_m = 2.0 * self.robot_radius_m + draw(self.gap_spare_m, rng);
        let width_m = layout.size.y;
        let low_m = draw([0.0, width_m - gap_m], rng);
        let gap = Pose2::new(x, low_m + 0.5 * gap_m, 0.0);
        // keeps the gap and the floor before it free
        layout.reserve(Plot::new(gap, ROW_M + 4.0 * self.robot_radius_m, gap_m));
        for [mut from, to] in [[0.0, low_m], [low_m + gap_m, width_m]] {
            while to - from > 0.05 {
                let piece_m = draw([0.8, 1.6], rng).min(to - from);
                let pose = Pose2::new(x, from + 0.5 * piece_m, 0.0);
                let size = Vector2::new(ROW_M, piece_m);
                let piece = self.tall(pose, size, rng);
                layout.put(Plot::new(pose, ROW_M, piece_m), piece, Vec::new());
                from += piece_m;
            }
        }
    }

    /// A piece of a row.
    fn tall(&self, pose: Pose2, size: Vector2, rng: &mut ChaCha8Rng) -> Vec<Obstacle> {
        let kind = rng.random_range(0..3);
        match (self.style, kind) {
            (Style::Home, 0) if size.y > 0.5 => {
                furniture::table(pose, size, draw(self.top_height_m, rng))
            }
            (Style::Home, _) => furniture::crate_of(pose, size, draw([0.5, 2.0], rng)),
            (Style::Office, 0) if size.y > 0.5 => {
                furniture::desk(pose, size, draw(self.top_height_m, rng))
            }
            (Style::Office, 1) => {
                furniture::crate_of(pose, Vector2::new(0.05, size.y), draw([1.2, 1.6], rng))
            }
            (Style::Office, _) => furniture::crate_of(pose, size, draw([0.6, 1.4], rng)),
        }
    }

    /// A piece at a random place between the rows, if there is room.
    fn strew(&self, layout: &mut Layout, rng: &mut ChaCha8Rng) {
        let kind = rng.random_range(0..4);
        let size = match (self.style, kind) {
            (Style::Home, 0) => [draw([0.6, 0.9], rng), draw([0.7, 1.4], rng)],
            (Style::Home, 1) => [0.45, 0.45],
            (Style::Home, 2) => [draw([0.8, 0.95], rng), draw([1.3, 1.9], rng)],
            (Style::Home, _) => [draw([0.2, 0.5], rng), draw([0.2, 0.6], rng)],
            (Style::Office, 0) => [draw([0.7, 0.8], rng), draw([1.2, 1.6], rng)],
            (Style::Office, 1) => [0.6, 0.6],
            (Style::Office, 2) => [draw([0.4, 0.6], rng), draw([0.4, 0.8], rng)],
            (Style::Office, _) => [0.56, 0.56],
        };
        let extent = Vector2::from(size);
        let top_m = draw(self.top_height_m, rng);
        let low_m = draw([0.1, 0.5], rng);
        let Some(plot) = layout.place_anywhere(size, 0.1, self.style == Style::Home, rng) else {
            return;
        };
        let piece = match (self.style, kind) {
            (Style::Home, 0) => furniture::table(plot.pose, extent, top_m),
            (Style::Home, 1) => furniture::chair(plot.pose),
            (Style::Home, 2) => furniture::sofa(plot.pose, extent),
            (Style::Office, 0) => furniture::desk(plot.pose, extent, top_m),
            (Style::Office, 1) => furniture::swivel_chair(plot.pose),
            (Style::Office, 3) => furniture::plant(plot.pose),
            _ => furniture::crate_of(plot.pose, extent, low_m),
        };
        layout.put(plot, piece, Vec::new());
    }
}

fn draw([low, high]: [f64; 2], rng: &mut ChaCha8Rng) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

#[cfg(test)]
mod tests;
