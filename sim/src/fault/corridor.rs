//! An empty corridor: walls, start and goal only.

use std::f64::consts::TAU;

use perception::{Point2, Pose2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::scenario::{Rules, ScenarioError, SimGoal, Situation};
use crate::world::{Obstacle, Shape, World};

/// Length from start to goal, m.
const LENGTH_M: [f64; 2] = [9.0, 11.0];
/// Width, m.
const WIDTH_M: [f64; 2] = [2.4, 3.6];
/// Floor beyond start and goal, m.
const BEYOND_M: f64 = 3.0;
/// Thickness of the walls, m.
const WALL_M: f64 = 0.2;
/// Height of the walls, m.
const HEIGHT_M: f64 = 2.5;
/// Maximum lateral distance of start and goal from the centre line, m.
const ASIDE_M: f64 = 0.4;

/// The corridor for a seed. The robot starts at one end, facing its goal at the other.
pub fn corridor(seed: u64) -> Result<Situation, ScenarioError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = |[low, high]: [f64; 2]| low + (high - low) * rng.random::<f64>();
    let (length, half) = (draw(LENGTH_M), 0.5 * draw(WIDTH_M));
    let [start_y, goal_y] = [0, 1].map(|_| draw([-ASIDE_M, ASIDE_M]));
    let heading = draw([-0.2, 0.2]);
    let turned = Pose2::new(0.0, 0.0, draw([0.0, TAU]));
    let block = |x: [f64; 2], y: [f64; 2]| {
        let middle = Pose2::new(0.5 * (x[0] + x[1]), 0.5 * (y[0] + y[1]), 0.0);
        Shape::rectangle(middle, x[1] - x[0], y[1] - y[0])
    };
    let [left, right] = [-BEYOND_M, length + BEYOND_M];
    let walls = [
        block([left, right], [half, half + WALL_M]),
        block([left, right], [-half - WALL_M, -half]),
        block([left - WALL_M, left], [-half - WALL_M, half + WALL_M]),
        block([right, right + WALL_M], [-half - WALL_M, half + WALL_M]),
    ];
    let obstacles = walls
        .iter()
        .map(|wall| Obstacle::standing(wall.moved(turned), HEIGHT_M))
        .collect();
    Ok(Situation {
        scenario: "corridor".to_owned(),
        seed,
        world: World::new(obstacles)?,
        start: turned * Pose2::new(0.0, start_y, heading),
        goal: SimGoal {
            position: turned * Point2::new(length, goal_y),
            yaw: None,
            tolerance_m: 0.3,
        },
        path: Vec::new(),
        inner_corners: Vec::new(),
        walks: Vec::new(),
        people: Vec::new(),
        time_limit_s: 40.0,
        rules: Rules::default(),
    })
}
