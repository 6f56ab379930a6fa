//! Generated worlds after the BARN challenge.
//!
//! The method is that of Perille et al. 2020 (see [`super::automaton`]) with the geometry of the
//! published files: a field of 30 by 30 posts of radius 0.075 m between side walls, adjacent to a
//! yard 5 m long in which the robot starts. Twelve kinds of worlds, four fill shares by three
//! numbers of smoothing steps, are equally likely. A world is accepted if a robot of 5 by 5 cells
//! can cross the field.
//!
//! The fill shares are fitted to quartiles of the number of posts in the published worlds. With
//! those of the paper, 0.15 to 0.30, worlds are emptier at the low end, and almost all fields are
//! blocked at the high end.

use perception::{Point2, Pose2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::automaton::{Field, Place};
use super::{Rules, ScenarioError, SimGoal, Situation};
use crate::SettingsError;
use crate::{Obstacle, Shape, World};

/// Distribution of the worlds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BarnLikeSettings {
    /// Initial shares of filled cells, 0 to 1; one is drawn.
    pub fill_shares: Vec<f64>,
    /// Numbers of smoothing steps; one is drawn.
    pub smoothings: Vec<u32>,
    /// Half width of the robot beyond its centre cell, cells: 2 is a robot of 5 by 5 cells.
    pub robot_reach_cells: usize,
    /// Distance from the goal that counts as arrival, m.
    pub goal_tolerance_m: f64,
    /// Time limit after the robot's first motion, s.
    pub time_limit_s: f64,
}

impl Default for BarnLikeSettings {
    fn default() -> Self {
        Self {
            fill_shares: vec![0.18, 0.22, 0.25, 0.27],
            smoothings: vec![2, 3, 4],
            robot_reach_cells: 2,
            goal_tolerance_m: 1.0,
            time_limit_s: 100.0,
        }
    }
}

/// Maximum number of values to draw from.
const DRAWN_MAX: usize = 100;
/// Cells of the field per side; rows lie along x, columns along y.
const CELLS: usize = 30;
/// Radius of a post, m; a cell is two radii wide.
const POST_M: f64 = 0.075;
/// Posts in each side wall of the yard, including one of the back wall.
const YARD_POSTS: usize = 34;
/// Half height of posts, m: they extend from -0.5 m to 0.5 m, as in the published files.
const HALF_HEIGHT_M: f64 = 0.5;
/// Start of every published trial.
pub const START: Pose2 = Pose2::new(-2.25, 3.0, 1.57);
/// Goal of every published trial.
pub const GOAL: [f64; 2] = [-2.25, 13.0];
/// Fields to draw before giving up.
const ATTEMPTS: usize = 20000;

impl BarnLikeSettings {
    /// Rejects settings whose fields are empty or impassable.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "barn_like";
        SettingsError::ensure(
            (1..=DRAWN_MAX).contains(&self.fill_shares.len())
                && self
                    .fill_shares
                    .iter()
                    .all(|share| (0.0..=1.0).contains(share)),
            section,
            "fill_shares",
            &format!("{:?}", self.fill_shares),
            "1 to 100 numbers from 0 to 1",
        )?;
        SettingsError::ensure(
            (1..=DRAWN_MAX).contains(&self.smoothings.len())
                && self.smoothings.iter().all(|steps| *steps <= 20),
            section,
            "smoothings",
            &format!("{:?}", self.smoothings),
            "1 to 100 counts up to 20",
        )?;
        SettingsError::ensure(
            self.robot_reach_cells <= 10,
            section,
            "robot_reach_cells",
            &self.robot_reach_cells,
            "0 to 10",
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("goal_tolerance_m", self.goal_tolerance_m, 0.01..=10.0),
                ("time_limit_s", self.time_limit_s, 0.1..=3600.0),
            ],
        )
    }

    /// The situation for a seed.
    pub(super) fn situation(&self, seed: u64) -> Result<Situation, ScenarioError> {
        self.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let share = self.fill_shares[rng.random_range(0..self.fill_shares.len())];
        let smoothings = self.smoothings[rng.random_range(0..self.smoothings.len())];
        for _ in 0..ATTEMPTS {
            let mut field = Field::random(CELLS, CELLS, share, &mut rng);
            for _ in 0..smoothings {
                field = field.smoothed();
            }
            let Some(way) = self.way_across(&field, &mut rng) else {
                continue;
            };
            let goal = Point2::from(GOAL);
            return Ok(Situation {
                scenario: "barn_like".to_owned(),
                seed,
                world: World::new(posts(&field))?,
                start: START,
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
                rules: Rules::barn(length_m(&way, goal)),
            });
        }
        Err(ScenarioError::NoWay {
            scenario: "barn_like",
            seed,
            attempts: ATTEMPTS,
        })
    }

    /// The shortest path between random openings of the two sides, if a region connects them.
    fn way_across(&self, field: &Field, rng: &mut ChaCha8Rng) -> Option<Vec<Place>> {
        let free = field.grown(self.robot_reach_cells);
        let region = free.largest_region_at(0);
        if region != free.largest_region_at(CELLS - 1) {
            return None;
        }
        let mut opening = |col| {
            let rows = free.openings(&region, col);
            (!rows.is_empty()).then(|| (rows[rng.random_range(0..rows.len())], col))
        };
        let (from, to) = (opening(0)?, opening(CELLS - 1)?);
        free.shortest_way(from, to)
    }
}

/// Centre of a cell of the field, world frame.
fn middle((row, col): Place) -> Point2 {
    post(row, YARD_POSTS + col)
}

/// The post at an index across and an index along from the back wall.
fn post(row: usize, along: usize) -> Point2 {
    let cell_m = 2.0 * POST_M;
    let x = (row as f64 + 0.5 - CELLS as f64) * cell_m;
    Point2::new(x, (along as f64 + 0.5) * cell_m)
}

/// The yard's walls and the field.
fn posts(field: &Field) -> Vec<Obstacle> {
    let back = (0..CELLS).map(|row| post(row, 0));
    let sides = (1..YARD_POSTS).flat_map(|along| [post(0, along), post(CELLS - 1, along)]);
    back.chain(sides)
        .chain(field.visible().map(middle))
        .map(|centre| {
            let radius_m = POST_M;
            let post = Shape::Circle { centre, radius_m };
            Obstacle::between(post, -HALF_HEIGHT_M, HALF_HEIGHT_M)
        })
        .collect()
}

/// Path length from the start to the goal, m.
fn length_m(way: &[Place], goal: Point2) -> f64 {
    let mut here = START.position();
    let mut length = 0.0;
    for next in way.iter().map(|place| middle(*place)).chain([goal]) {
        length += (next - here).norm();
        here = next;
    }
    length
}

#[cfg(test)]
mod tests {
    use perception::Footprint;

    use super::*;
    use crate::Scenario;

    fn situation(seed: u64) -> Situation {
        let settings = BarnLikeSettings::default();
        Scenario::BarnLike(settings).situation(seed).unwrap()
    }

    #[test]
    fn worlds_match_the_published_ones() {
        let (mut posts, mut paths) = (Vec::new(), Vec::new());
        for seed in 0..200 {
            let situation = situation(seed);
            let (low, high) = situation.world.bounds();
            assert!((low - Point2::new(-4.5, 0.0)).norm() < 1e-9);
            assert!(high.x.abs() < 1e-9 && high.y <= 9.6 + 1e-9);
            posts.push(situation.world.obstacles().len() as f64);
            paths.push(2.0 * situation.rules.optimal_time_s.unwrap());
        }
        let spread = |values: &[f64]| {
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            (
                least,
                values.iter().sum::<f64>() / values.len() as f64,
                most,
            )
        };
        let (posts, paths) = (spread(&posts), spread(&paths));
        println!("posts {posts:.0?}, path {paths:.2?} m (least, mean, most)");
        // 200 published worlds: 181, 264.5, 365 posts; paths of 10.05, 11.36, 13.47 m
        assert!((posts.1 - 264.5).abs() < 15.0, "{posts:?}");
        assert!(posts.0 > 150.0 && posts.2 < 400.0, "{posts:?}");
        assert!((paths.1 - 11.36).abs() < 0.5, "{paths:?}");
    }

    #[test]
    fn the_robot_starts_and_ends_free() {
        let jackal = Footprint::Rectangle {
            length_m: 0.508,
            width_m: 0.43,
        };
        for seed in 0..50 {
            let Situation {
                world, start, goal, ..
            } = situation(seed);
            let end = Pose2::new(goal.position.x, goal.position.y, start.yaw);
            for pose in [start, end] {
                assert!(world.gap(&jackal, 0.35, pose, 0.5).is_none());
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_posts() {
        let posts = |seed| situation(seed).world.obstacles().to_vec();
        assert_eq!(posts(3), posts(3));
        assert_ne!(posts(3), posts(4));
    }

    #[test]
    fn a_full_field_has_no_path() {
        let settings = BarnLikeSettings {
            fill_shares: vec![1.0],
            ..BarnLikeSettings::default()
        };
        let error = Scenario::BarnLike(settings).situation(5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "barn_like with seed 5: no way through in 20000 attempts"
        );
    }
}
