//! Furnished rooms with ground truth in three dimensions.
//!
//! A room is drawn, its floor gets a hole, stairs or a ramp, and furniture is placed where there is
//! room. A robot can drive between start and goal without contact and without leaving even floor.

use std::f64::consts::PI;

use perception::{Footprint, Point2, Pose2, Vector2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::furniture;
use super::layout::{Layout, Plot};
use super::way::{Survey, Walker};
use super::{Rules, ScenarioError, SimGoal, Situation};
use crate::SettingsError;

/// Distribution of the rooms: every pair is a range `[low, high]`, drawn uniformly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoomsSettings {
    /// Extent of the room along x, m.
    pub length_m: [f64; 2],
    /// Extent of the room along y, m.
    pub width_m: [f64; 2],
    /// Number of attempts to place furniture: the difficulty.
    pub pieces: [usize; 2],
    /// Height of table tops, m.
    pub table_height_m: [f64; 2],
    /// Height of low boxes, m.
    pub box_height_m: [f64; 2],
    /// Height of the lower end of lamps, m.
    pub lamp_height_m: [f64; 2],
    /// Share of rooms with a pane of glass, 0 to 1.
    pub glass_share: f64,
    /// Share of rooms with a hole, 0 to 1.
    pub hole_share: f64,
    /// Share of rooms with stairs down, 0 to 1.
    pub stairs_share: f64,
    /// Share of rooms with a ramp up to a platform, 0 to 1.
    pub ramp_share: f64,
    /// Share of rooms with a hanging lamp, 0 to 1.
    pub lamp_share: f64,
    /// Radius of the robot that must pass from start to goal, m.
    pub robot_radius_m: f64,
    /// Height of that robot, m.
    pub robot_height_m: f64,
    /// Clearance and even floor around it at start and goal, m.
    pub clearance_m: f64,
    /// Maximum height of steps up and down, m.
    pub step_max_m: f64,
    /// Minimum distance from start to goal, m.
    pub goal_distance_m: f64,
    /// Distance from the goal that counts as arrival, m.
    pub goal_tolerance_m: f64,
    /// Time limit, s.
    pub time_limit_s: f64,
}

impl Default for RoomsSettings {
    fn default() -> Self {
        Self {
            length_m: [5.0, 8.0],
            width_m: [4.0, 7.0],
            pieces: [6, 12],
            table_height_m: [0.70, 0.78],
            box_height_m: [0.08, 0.25],
            lamp_height_m: [1.6, 1.9],
            glass_share: 0.5,
            hole_share: 0.35,
            stairs_share: 0.35,
            ramp_share: 0.25,
            lamp_share: 0.5,
            robot_radius_m: 0.3,
            robot_height_m: 1.4,
            clearance_m: 0.1,
            step_max_m: 0.03,
            goal_distance_m: 2.5,
            goal_tolerance_m: 0.3,
            time_limit_s: 90.0,
        }
    }
}

/// Maximum number of drawn rooms.
const ATTEMPTS: usize = 100;

impl RoomsSettings {
    /// Rejects rooms without room for the robot.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "rooms";
        SettingsError::ensure_within(
            section,
            &[
                ("robot_radius_m", self.robot_radius_m, 0.05..=2.0),
                ("robot_height_m", self.robot_height_m, 0.05..=5.0),
                ("goal_tolerance_m", self.goal_tolerance_m, 0.01..=10.0),
                ("time_limit_s", self.time_limit_s, 0.1..=3600.0),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("clearance_m", self.clearance_m, 0.0..=5.0),
                ("step_max_m", self.step_max_m, 0.0..=2.0),
                ("goal_distance_m", self.goal_distance_m, 0.0..=50.0),
            ],
        )?;
        for (field, range) in [("length_m", self.length_m), ("width_m", self.width_m)] {
            SettingsError::ensure_range(section, field, range, 3.0..=30.0)?;
        }
        for (field, range) in [
            ("table_height_m", self.table_height_m),
            ("box_height_m", self.box_height_m),
            ("lamp_height_m", self.lamp_height_m),
        ] {
            SettingsError::ensure_range(section, field, range, 0.05..=5.0)?;
        }
        for (field, share) in [
            ("glass_share", self.glass_share),
            ("hole_share", self.hole_share),
            ("stairs_share", self.stairs_share),
            ("ramp_share", self.ramp_share),
            ("lamp_share", self.lamp_share),
        ] {
            let allowed = (0.0..=1.0).contains(&share);
            SettingsError::ensure(allowed, section, field, &share, "0 to 1")?;
        }
        SettingsError::ensure(
            self.pieces[0] <= self.pieces[1] && self.pieces[1] <= 100,
            section,
            "pieces",
            &format!("{:?}", self.pieces),
            "[low, high] in order, up to 100",
        )
    }

    /// The situation for a seed.
    pub(super) fn situation(&self, seed: u64) -> Result<Situation, ScenarioError> {
        self.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..ATTEMPTS {
            let layout = self.furnished(&mut rng);
            let world = layout.build()?;
            let walker = Walker {
                radius_m: self.robot_radius_m,
                height_m: self.robot_height_m,
                step_max_m: self.step_max_m,
            };
            let survey = Survey::of(&world, layout.size, &walker);
            let places = survey.places(self.clearance_m);
            if places.is_empty() {
                continue;
            }
            let mut pick = || places[rng.random_range(0..places.len())];
            let (start, goal) = (pick(), pick());
            let heading = rng.random::<f64>() * 2.0 * PI - PI;
            let roomy = Footprint::Disc {
                radius_m: self.robot_radius_m + self.clearance_m,
            };
            let is_even = |place: Point2| {
                let footing = world.footing(&roomy, Pose2::new(place.x, place.y, 0.0));
                footing.drop_m.max(footing.step_m) <= self.step_max_m
            };
            if (goal - start).norm() < self.goal_distance_m
                || !(is_even(start) && is_even(goal))
                || survey.way(start, goal).is_none()
            {
                continue;
            }
            return Ok(Situation {
                scenario: "rooms".to_owned(),
                seed,
                world,
                start: Pose2::new(start.x, start.y, heading),
                goal: SimGoal {
                    position: goal,
                    yaw: None,
                    tolerance_m: self.goal_tolerance_m,
                },
                path: Vec::new(),
                inner_corners: Vec::new(),
                walks: Vec::new(),
                people: Vec::new(),
                time_limit_s: self.time_limit_s,
                rules: Rules::default(),
            });
        }
        Err(ScenarioError::NoWay {
            scenario: "rooms",
            seed,
            attempts: ATTEMPTS,
        })
    }

    fn furnished(&self, rng: &mut ChaCha8Rng) -> Layout {
        let mut layout = Layout::room(Vector2::new(
            draw(self.length_m, rng),
            draw(self.width_m, rng),
        ));
        self.break_floor(&mut layout, rng);
        if rng.random::<f64>() < self.glass_share {
            let width_m = draw([1.0, 1.8], rng);
            if let Some(plot) = layout.place_anywhere([0.1, width_m], 0.1, true, rng) {
                layout.put(plot, furniture::pane(plot.pose, width_m), Vec::new());
            }
        }
        for _ in 0..rng.random_range(self.pieces[0]..=self.pieces[1]) {
            self.furnish(&mut layout, rng);
        }
        if rng.random::<f64>() < self.lamp_share {
            let (x, y) = (rng.random::<f64>(), rng.random::<f64>());
            let pose = Pose2::new(
                0.3 + x * (layout.size.x - 0.6),
                0.3 + y * (layout.size.y - 0.6),
                0.0,
            );
            layout.hang(furniture::lamp(pose, draw(self.lamp_height_m, rng)));
        }
        layout
    }

    /// Holes, stairs and a ramp.
    fn break_floor(&self, layout: &mut Layout, rng: &mut ChaCha8Rng) {
        if rng.random::<f64>() < self.stairs_share {
            let treads = rng.random_range(3..=6);
            let size = Vector2::new(0.28 * treads as f64, draw([0.9, 1.4], rng));
            if let Some(plot) = layout.place_at_wall(size.into(), 0.0, rng) {
                let stairs = furniture::stairs_down(plot.pose, size, treads);
                layout.put(plot, Vec::new(), stairs);
            }
        }
        if rng.random::<f64>() < self.hole_share {
            let size = Vector2::new(draw([0.4, 1.2], rng), draw([0.4, 1.2], rng));
            let depth_m = draw([0.15, 1.5], rng);
            if let Some(plot) = layout.place_anywhere(size.into(), 0.3, true, rng) {
                let hole = furniture::hole(plot.pose, size, -depth_m);
                layout.put(plot, Vec::new(), hole);
            }
        }
        if rng.random::<f64>() < self.ramp_share {
            let (slope_m, rise) = (draw([1.2, 2.0], rng), draw([0.05, 0.08], rng));
            let size = Vector2::new(slope_m + draw([0.9, 1.4], rng), draw([1.0, 1.6], rng));
            if let Some(plot) = layout.place_at_wall(size.into(), 0.3, rng) {
                let ramp = furniture::ramp(plot.pose, size, slope_m, rise * slope_m);
                layout.put(plot, Vec::new(), ramp);
            }
        }
    }

    /// One more piece, if there is room.
    fn furnish(&self, layout: &mut Layout, rng: &mut ChaCha8Rng) {
        match rng.random_range(0..6) {
            0 => {
                let size = Vector2::new(draw([0.7, 1.0], rng), draw([0.9, 1.8], rng));
                let height_m = draw(self.table_height_m, rng);
                let chairs = rng.random_range(0..=2);
                if let Some(plot) = layout.place_anywhere(size.into(), 0.1, true, rng) {
                    layout.put(
                        plot,
                        furniture::table(plot.pose, size, height_m),
                        Vec::new(),
                    );
                    for side in [1.0, -1.0].into_iter().take(chairs) {
                        seat(layout, &plot, side, rng);
                    }
                }
            }
            1 => {
                if let Some(plot) = layout.place_anywhere([0.45, 0.45], 0.05, true, rng) {
                    layout.put(plot, furniture::chair(plot.pose), Vec::new());
                }
            }
            2 => {
                let size = Vector2::new(draw([0.8, 0.95], rng), draw([1.4, 2.2], rng));
                if let Some(plot) = layout.place_at_wall(size.into(), 0.05, rng) {
                    layout.put(plot, furniture::sofa(plot.pose, size), Vec::new());
                }
            }
            3 => {
                let size = Vector2::new(draw([0.28, 0.4], rng), draw([0.6, 1.4], rng));
                let height_m = draw([1.0, 2.0], rng);
                if let Some(plot) = layout.place_at_wall(size.into(), 0.05, rng) {
                    let shelf = furniture::crate_of(plot.pose, size, height_m);
                    layout.put(plot, shelf, Vec::new());
                }
            }
            4 => {
                if let Some(plot) = layout.place_anywhere([0.56, 0.56], 0.05, true, rng) {
                    layout.put(plot, furniture::plant(plot.pose), Vec::new());
                }
            }
            _ => {
                let size = Vector2::new(draw([0.2, 0.5], rng), draw([0.2, 0.6], rng));
                let height_m = draw(self.box_height_m, rng);
                if let Some(plot) = layout.place_anywhere(size.into(), 0.05, true, rng) {
                    let low = furniture::crate_of(plot.pose, size, height_m);
                    layout.put(plot, low, Vec::new());
                }
            }
        }
    }
}

/// A chair at one side of a table, facing it, at a random distance.
fn seat(layout: &mut Layout, table: &Plot, side: f64, rng: &mut ChaCha8Rng) {
    let out_m = 0.5 * table.size.x + draw([0.25, 0.5], rng);
    let turn = if side > 0.0 { PI } else { 0.0 };
    let pose = table.pose * Pose2::new(side * out_m, draw([-0.2, 0.2], rng), turn);
    let plot = Plot::new(pose, 0.45, 0.45);
    if layout.has_room_for(&plot, 0.0) {
        layout.put(plot, furniture::chair(pose), Vec::new());
    }
}

fn draw([low, high]: [f64; 2], rng: &mut ChaCha8Rng) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

#[cfg(test)]
mod tests;
