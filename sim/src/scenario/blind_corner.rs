//! A blind corner with an oncoming pedestrian.
//!
//! ```text
//!                  │     │
//!                  │  ☺  │
//!                  │  ↓  │        the pedestrian reaches the corner at about the time of
//! ─────────────────┘     │        a robot that is not delayed
//!   start ▷     →  ⋰     │
//! ───────────────────────┘
//! ```
//!
//! Each arm has its own width; the turn has any angle. The junction is a test distribution: three
//! or four arms, chamfered or rounded inner corners, niches and pillars along the walls.

mod floor;

use std::f64::consts::{PI, TAU};

use perception::Pose2;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::passers_by::{liked_speed, temper};
use super::pedestrian::draw;
use super::{Rules, ScenarioError, SimGoal, Situation};
use crate::{Habit, Obstacle, Person, SettingsError, World};
use floor::{Arm, Edge, Features};

/// Type of the building.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Building {
    /// Two corridors with plain walls.
    #[default]
    Corner,
    /// Three or four corridors of another style: tests generalisation of what was learned at
    /// corners.
    Junction,
}

/// Distribution of the situations: every pair is a range `[low, high]`, drawn uniformly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlindCornerSettings {
    /// Corner or junction.
    pub place: Building,
    /// Widths of corridors, drawn independently, m: the difficulty, with the pedestrian.
    pub width_m: [f64; 2],
    /// Turning angle of the path, to the left or to the right, degrees.
    pub turn_deg: [f64; 2],
    /// Distances from the start to the centre of the corner and from there to the goal, drawn
    /// independently, m.
    pub arm_m: [f64; 2],
    /// Share of corners with an oncoming pedestrian.
    pub person_share: f64,
    /// Delay of the pedestrian at the corner relative to the robot, s.
    pub later_s: [f64; 2],
    /// Mean and standard deviation of the desired speed of pedestrians, m/s; normal, clipped to 0.6
    /// and 2.
    pub speed_mps: [f64; 2],
    /// Weight of the robot in the social force, relative to a pedestrian.
    pub heed: [f64; 2],
    /// Widths of the corridors of a junction, m.
    pub junction_width_m: [f64; 2],
    /// Turning angle of the path at a junction, degrees.
    pub junction_turn_deg: [f64; 2],
    /// Size of the chamfer or rounding of inner corners of a junction, along the walls, m.
    pub junction_cut_m: [f64; 2],
    /// Radius of the robot that must fit, m.
    pub robot_radius_m: f64,
    /// Distance from the goal that counts as arrival, m.
    pub goal_tolerance_m: f64,
    /// Time limit, s.
    pub time_limit_s: f64,
}

impl Default for BlindCornerSettings {
    fn default() -> Self {
        Self {
            place: Building::Corner,
            width_m: [2.0, 3.0],
            turn_deg: [60.0, 120.0],
            arm_m: [4.5, 6.5],
            person_share: 0.8,
            later_s: [-1.5, 1.5],
            speed_mps: [1.34, 0.26],
            heed: [0.6, 1.2],
            junction_width_m: [1.9, 2.6],
            junction_turn_deg: [50.0, 130.0],
            junction_cut_m: [0.5, 0.8],
            robot_radius_m: 0.3,
            goal_tolerance_m: 0.3,
            time_limit_s: 60.0,
        }
    }
}

/// Mean speed up to the corner of a robot that is not delayed, m/s.
const ROBOT_MPS: f64 = 0.75;
/// Floor behind the start, m.
const BEYOND_M: f64 = 4.0;
/// Length of the corridor of the pedestrian, m.
const HIDING_M: f64 = 13.0;
/// Length of the other corridors of a junction, m.
const OTHER_M: f64 = 6.0;
/// Distance of the pedestrian's start and exit from the ends of corridors, m.
const AT_DOOR_M: f64 = 0.6;
/// Minimum duration of a wait, s.
const WAIT_MIN_S: f64 = 0.05;
/// Minimum distance of a pedestrian's centre from walls and corners, m.
const FROM_WALL_M: f64 = 0.45;
const FROM_CORNER_M: f64 = 0.6;
/// Distance of the robot's outline from walls at start and goal, m.
const AT_WALL_M: f64 = 0.3;
/// Height of walls, m.
const HEIGHT_M: f64 = 2.5;
/// Share of junctions with a fourth corridor.
const FOURTH_SHARE: f64 = 0.5;
/// Time at rest before the robot counts as stuck, s: waiting for pedestrians is allowed.
const STUCK_AFTER_S: f64 = 20.0;
/// Features along the walls of a junction, m.
const FEATURES: Features = Features {
    niche_m: [0.25, 0.5],
    pillar_m: [0.1, 0.2],
};

/// Geometry: arms start at the origin, the robot's along -x.
#[derive(Debug, Clone)]
struct Layout {
    start: Arm,
    goal: Arm,
    others: Vec<Arm>,
    edge: Edge,
}

impl BlindCornerSettings {
    /// Rejects geometry without room for the robot, and invalid pedestrians.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "blind_corner";
        let room = 2.0 * (self.robot_radius_m + AT_WALL_M) + 0.4;
        for (field, range, bounds) in [
            ("width_m", self.width_m, room..=20.0),
            ("junction_width_m", self.junction_width_m, room..=20.0),
            ("arm_m", self.arm_m, 3.0..=100.0),
            ("junction_cut_m", self.junction_cut_m, 0.3..=5.0),
        ] {
            SettingsError::ensure_range(section, field, range, bounds)?;
        }
        for (field, [low, high]) in [
            ("turn_deg", self.turn_deg),
            ("junction_turn_deg", self.junction_turn_deg),
        ] {
            SettingsError::ensure(
                low <= high && low >= 30.0 && high <= 140.0,
                section,
                field,
                &format!("[{low}, {high}]"),
                "[low, high] in order, from 30 to 140",
            )?;
        }
        let [early, late] = self.later_s;
        SettingsError::ensure(
            early <= late && early >= -3.0 && late <= 10.0,
            section,
            "later_s",
            &format!("[{early}, {late}]"),
            "[low, high] in order, from -3 to 10",
        )?;
        SettingsError::ensure_range(section, "heed", self.heed, 0.0..=10.0)?;
        SettingsError::ensure(
            (0.0..=1.0).contains(&self.person_share),
            section,
            "person_share",
            &self.person_share,
            "from 0 to 1",
        )?;
        SettingsError::ensure_within(section, &[("speed_mps", self.speed_mps[1], 0.0..=2.0)])?;
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
        let [to_corner_m, to_goal_m] = [0, 1].map(|_| draw(self.arm_m, &mut rng));
        let layout = self.layout(to_corner_m, &mut rng);
        let features = (self.place == Building::Junction).then_some(FEATURES);
        let outline = floor::outline(&layout.arms(), layout.edge, features, &mut rng);
        let aside = |arm: &Arm, rng: &mut ChaCha8Rng| {
            let half = 0.5 * arm.width_m - self.robot_radius_m - AT_WALL_M;
            draw([-half, half], rng)
        };
        let start_at = layout.start.at(to_corner_m, aside(&layout.start, &mut rng));
        let start = Pose2::new(start_at.x, start_at.y, draw([-0.3, 0.3], &mut rng));
        let goal = layout.goal.at(to_goal_m, aside(&layout.goal, &mut rng));
        let people = if rng.random::<f64>() < self.person_share {
            vec![self.person(&layout, to_corner_m, &mut rng)]
        } else {
            Vec::new()
        };
        let turned = Pose2::new(0.0, 0.0, draw([0.0, TAU], &mut rng));
        let obstacles = floor::walls(&outline)
            .iter()
            .map(|wall| Obstacle::standing(wall.moved(turned), HEIGHT_M))
            .collect();
        let inner = layout.start.turns_into(&layout.goal, layout.edge);
        Ok(Situation {
            scenario: "blind_corner".to_owned(),
            seed,
            world: World::new(obstacles)?,
            start: turned * start,
            goal: SimGoal {
                position: turned * goal,
                yaw: None,
                tolerance_m: self.goal_tolerance_m,
            },
            path: Vec::new(),
            inner_corners: inner.wall.iter().map(|at| turned * *at).collect(),
            walks: Vec::new(),
            people: people
                .into_iter()
                .map(|mut person| {
                    person.way.iter_mut().for_each(|at| *at = turned * *at);
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

    fn edge(&self, rng: &mut ChaCha8Rng) -> Edge {
        let cut_m = draw(self.junction_cut_m, rng);
        if rng.random::<bool>() {
            Edge::Chamfered(cut_m)
        } else {
            Edge::Rounded(cut_m)
        }
    }

    fn layout(&self, to_corner_m: f64, rng: &mut ChaCha8Rng) -> Layout {
        let is_junction = self.place == Building::Junction;
        let (widths, turns) = if is_junction {
            (self.junction_width_m, self.junction_turn_deg)
        } else {
            (self.width_m, self.turn_deg)
        };
        let turn = draw(turns, rng).to_radians();
        let turn = if rng.random::<bool>() { turn } else { -turn };
        let start = Arm::new(PI, draw(widths, rng), to_corner_m + BEYOND_M);
        let goal = Arm::new(turn, draw(widths, rng), HIDING_M);
        let mut others = Vec::new();
        let mut edge = Edge::Sharp;
        if is_junction {
            let mut opposite = [turn + PI, 0.0];
            if rng.random::<bool>() {
                opposite.reverse();
            }
            let count = 1 + usize::from(rng.random::<f64>() < FOURTH_SHARE);
            others = opposite[..count]
                .iter()
                .map(|yaw| Arm::new(*yaw, draw(widths, rng), OTHER_M))
                .collect();
            edge = self.edge(rng);
        }
        Layout {
            start,
            goal,
            others,
            edge,
        }
    }

    /// A pedestrian that reaches the centre of the corner at about the robot's time.
    fn person(&self, layout: &Layout, to_corner_m: f64, rng: &mut ChaCha8Rng) -> Person {
        let (hiding, leaving) = (&layout.goal, &layout.start);
        let speed_mps = liked_speed(self.speed_mps, rng);
        let in_s = to_corner_m / ROBOT_MPS + draw(self.later_s, rng);
        let farthest_m = hiding.length_m - AT_DOOR_M;
        let away_m = (speed_mps * in_s).clamp(1.0, farthest_m);
        let waits_s = in_s - away_m / speed_mps;
        let mut lane = |arm: &Arm| {
            let half = 0.5 * arm.width_m - FROM_WALL_M;
            draw([-half, half], rng)
        };
        let (begin, end) = (lane(hiding), lane(leaving));
        // from the inner corner at 0 through the centre at 1
        let across = draw([0.5, 1.1], rng);
        let corner = hiding.turns_into(leaving, layout.edge).corner;
        let across = across.max(FROM_CORNER_M / corner.coords.norm());
        Person {
            radius_m: draw([0.2, 0.3], rng),
            height_m: draw([1.5, 1.9], rng),
            way: vec![
                hiding.at(away_m, begin),
                corner * (1.0 - across),
                leaving.at(leaving.length_m - AT_DOOR_M, end),
            ],
            speed_mps,
            temper: temper(self.heed, rng),
            habit: if waits_s > WAIT_MIN_S {
                Habit::Stops {
                    after_m: 0.0,
                    for_s: waits_s,
                }
            } else {
                Habit::Steady
            },
        }
    }
}

impl Layout {
    /// All arms, counterclockwise.
    fn arms(&self) -> Vec<Arm> {
        let mut arms = vec![self.start, self.goal];
        arms.extend(&self.others);
        arms.sort_by(|a, b| a.yaw.total_cmp(&b.yaw));
        arms
    }
}

#[cfg(test)]
mod tests;
