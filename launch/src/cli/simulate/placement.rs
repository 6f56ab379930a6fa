//! Start and goal in a world file.

use std::path::PathBuf;

use clap::Args;
use perception::{Footprint, Point2, Pose2};
use runtime::say;
use sim::{BARN_GOAL, BARN_START, RobotModel, Rules};

use crate::cli::simulate::world_file::FileWorld;

/// Maximum distance of start and goal from the bounding box of all obstacles, m.
const OUTSIDE_M: f64 = 10.0;
/// Time limit per metre between a given start and goal, s/m; the minimum is that of the file.
const LIMIT_S_PER_M: f64 = 10.0;
/// Maximum coordinate, m, as in world files.
const REACH_M: f64 = 20_000.0;

/// Start, goal and models of a world file.
#[derive(Debug, Args)]
pub(in crate::cli) struct PlacementOptions {
    /// Directory of models included by a Gazebo world, in addition to the environment variables
    /// `GZ_SIM_RESOURCE_PATH` and `GAZEBO_MODEL_PATH`. May be repeated.
    #[arg(long, value_name = "DIR")]
    pub models: Vec<PathBuf>,
    /// Start in a world file: m, m, rad, world frame. [default: that of the file; -2.25,3,1.57 as
    /// in BARN for Gazebo worlds, which have none]
    #[arg(long, value_name = "X,Y,YAW", value_parser = numbers::<3>, allow_hyphen_values = true)]
    start: Option<[f64; 3]>,
    /// Goal in a world file: m, m, world frame. The tolerance is 1 m, or the file's `goal_tol`.
    /// [default: that of the file; -2.25,13 as in BARN for Gazebo worlds]
    #[arg(long, value_name = "X,Y", value_parser = numbers::<2>, allow_hyphen_values = true)]
    goal: Option<[f64; 2]>,
}

/// Reasons why a start and a goal are rejected.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum PlacementError {
    #[error(
        "{place} ({:.2}, {:.2}) m is outside the world, whose obstacles extend from ({:.2}, {:.2}) to ({:.2}, {:.2}) m: \
         expected a position within {OUTSIDE_M} m of them; set it by --{place}",
        at.x, at.y, low.x, low.y, high.x, high.y
    )]
    Outside {
        place: &'static str,
        at: Point2,
        low: Point2,
        high: Point2,
    },
    #[error(
        "{place} ({:.2}, {:.2}) m is occupied: the robot {robot} touches {obstacle} at ({:.2}, {:.2}) m there; \
         expected a free position; set it by --{place}",
        at.x, at.y, point.x, point.y
    )]
    Occupied {
        place: &'static str,
        at: Point2,
        robot: String,
        obstacle: String,
        point: Point2,
    },
    #[error(
        "goal is {distance_m:.2} m from the start: expected more than its tolerance, {tolerance_m} m; set it by --goal"
    )]
    Near { distance_m: f64, tolerance_m: f64 },
}

/// Comma-separated numbers.
fn numbers<const N: usize>(text: &str) -> Result<[f64; N], String> {
    let expected = || format!("expected {N} numbers of at most {REACH_M} with commas between them");
    let number = |part: &str| part.trim().parse().ok();
    let values: Option<Vec<f64>> = text.split(',').map(number).collect();
    let values: [f64; N] = values
        .and_then(|values| values.try_into().ok())
        .ok_or_else(expected)?;
    let is_within = values.iter().all(|value: &f64| value.abs() <= REACH_M);
    is_within.then_some(values).ok_or_else(expected)
}

impl PlacementOptions {
    /// True if the start or the goal is given.
    pub(in crate::cli) fn is_given(&self) -> bool {
        self.start.is_some() || self.goal.is_some()
    }

    /// Sets start and goal of a world's trial.
    pub(in crate::cli) fn apply(&self, world: &mut FileWorld) {
        let situation = &mut world.trial.situation;
        if let Some(start) = self.start {
            situation.start = Pose2::from(start);
        }
        if let Some(goal) = self.goal {
            situation.goal.position = Point2::from(goal);
        }
        if self.is_given() {
            let distance_m = (situation.goal.position - situation.start.position()).norm();
            situation.rules = Rules::barn(distance_m);
            situation.time_limit_s = situation.time_limit_s.max(LIMIT_S_PER_M * distance_m);
        }
    }

    /// Reports which defaults apply where a file has no start and no goal.
    pub(in crate::cli) fn note_defaults(&self, worlds: &[FileWorld]) {
        if !worlds.iter().any(FileWorld::is_gazebo) {
            return;
        }
        let [x, y, yaw] = <[f64; 3]>::from(BARN_START);
        let start = format!("--start {x},{y},{yaw}");
        let goal = format!("--goal {},{}", BARN_GOAL[0], BARN_GOAL[1]);
        let defaults: Vec<String> = [
            self.start.is_none().then_some(start),
            self.goal.is_none().then_some(goal),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !defaults.is_empty() {
            say!(
                "note: a Gazebo world has no start and no goal: {}, as in BARN",
                defaults.join(" and ")
            );
        }
    }
}

/// Rejects a start or a goal outside the world, one at which the robot touches an obstacle, and a goal
/// at the start.
pub(in crate::cli) fn check(world: &FileWorld, robot: &RobotModel) -> Result<(), PlacementError> {
    let situation = &world.trial.situation;
    let (start, goal) = (situation.start, &situation.goal);
    let distance_m = (goal.position - start.position()).norm();
    if distance_m <= goal.tolerance_m {
        return Err(PlacementError::Near {
            distance_m,
            tolerance_m: goal.tolerance_m,
        });
    }
    // the heading at the goal is free: a disc that fits within the robot at any
    let disc = Footprint::Disc {
        radius_m: robot.footprint.inscribed_radius_m(),
    };
    let at_goal = Pose2::new(goal.position.x, goal.position.y, 0.0);
    for (place, outline, pose) in [("start", &robot.footprint, start), ("goal", &disc, at_goal)] {
        check_pose(world, robot, place, outline, pose)?;
    }
    Ok(())
}

fn check_pose(
    world: &FileWorld,
    robot: &RobotModel,
    place: &'static str,
    outline: &Footprint,
    pose: Pose2,
) -> Result<(), PlacementError> {
    let obstacles = &world.trial.situation.world;
    if obstacles.obstacles().is_empty() {
        return Ok(());
    }
    let at = pose.position();
    let (low, high) = obstacles.bounds();
    let beyond = (low - at).sup(&(at - high)).max();
    if beyond > OUTSIDE_M {
        return Err(PlacementError::Outside {
            place,
            at,
            low,
            high,
        });
    }
    let Some(gap) = obstacles.gap(outline, robot.height_m, pose, 0.0) else {
        return Ok(());
    };
    Err(PlacementError::Occupied {
        place,
        at,
        robot: robot.name.clone(),
        obstacle: world.obstacle_at(gap.point).unwrap_or_default(),
        point: gap.point,
    })
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn positions_are_so_many_finite_numbers() {
        assert_eq!(numbers::<2>("-1.5, 2"), Ok([-1.5, 2.0]));
        for text in ["", "1", "1,2,3", "1,x", "1,nan", "inf,0", "1,3e4", "1,2,"] {
            let said = numbers::<2>(text).unwrap_err();
            assert!(said.contains("expected 2 numbers"), "{text}: {said}");
        }
    }
}
