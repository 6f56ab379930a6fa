//! Route completion.
//!
//! ```text
//! completion = 1 − L(end) / L(start)   within 0 and 1
//! ```
//!
//! `L` is the remaining path length. With waypoints it is the distance to the nearest point of the
//! line through them plus the rest of the line to the goal, as in CARLA (Dosovitskiy et al.,
//! "CARLA: an open urban driving simulator", 2017). Without waypoints it is the shortest path on
//! the ground-truth map by [`CostToGo`], with equal cost for all free cells. A drive that reached
//! its goal is complete.

use perception::{Point2, Pose2};

use crate::episode::Outcome;
use crate::expert::shortest_ways;
use crate::robot::RobotModel;
use crate::scenario::Situation;

/// Completed share of the route, 0 to 1.
pub(super) fn completion(
    situation: &Situation,
    robot: &RobotModel,
    end: Pose2,
    outcome: Outcome,
) -> f64 {
    if outcome == Outcome::Reached {
        return 1.0;
    }
    let (start, end) = (situation.start.position(), end.position());
    let goal = situation.goal.position;
    let straight = [start, end].map(|from| (goal - from).norm());
    let [whole_m, left_m] = if situation.path.is_empty() {
        shortest_ways(situation, robot, [start, end])
            .filter(|ways| ways.iter().all(|way| way.is_finite()))
            .unwrap_or(straight)
    } else {
        let mut line = vec![start];
        line.extend(&situation.path);
        line.push(goal);
        [start, end].map(|from| left_along(&line, from))
    };
    if whole_m > 0.0 {
        (1.0 - left_m / whole_m).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Distance from `from` to the nearest point of a line plus the rest of the line, m.
fn left_along(line: &[Point2], from: Point2) -> f64 {
    let mut rest_m = 0.0;
    let mut best = (f64::INFINITY, 0.0);
    for pair in line.windows(2).rev() {
        let along = pair[1] - pair[0];
        let share = if along.norm_squared() > 0.0 {
            ((from - pair[0]).dot(&along) / along.norm_squared()).clamp(0.0, 1.0)
        } else {
            1.0
        };
        let away_m = (from - (pair[0] + along * share)).norm();
        if away_m < best.0 {
            best = (away_m, rest_m + (1.0 - share) * along.norm());
        }
        rest_m += along.norm();
    }
    best.0 + best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    #[test]
    fn the_remaining_length_along_a_line_is_its_rest() {
        let line = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0)].map(|(x, y)| Point2::new(x, y));
        for (at, left_m) in [((0.0, 0.0), 7.0), ((3.0, 0.0), 4.0), ((4.0, 2.0), 1.0)] {
            let found = left_along(&line, Point2::new(at.0, at.1));
            assert!((found - left_m).abs() < 1e-12, "{at:?}: {found}");
        }
        assert!((left_along(&line, Point2::new(2.0, -0.5)) - 5.5).abs() < 1e-12);
    }

    #[test]
    fn completion_increases_along_the_path_through_a_door() {
        let situation = Scenario::named("doorway").unwrap().situation(2).unwrap();
        let robot = RobotModel::round();
        let done = |at: Point2| {
            completion(
                &situation,
                &robot,
                Pose2::new(at.x, at.y, 0.0),
                Outcome::Stuck,
            )
        };
        assert!(done(situation.start.position()).abs() < 1e-9);
        let goal = situation.goal.position;
        assert!(done(goal) > 0.95);
        let ways = shortest_ways(&situation, &robot, [situation.start.position(), goal]).unwrap();
        assert!(ways[0] > 0.99 * (goal - situation.start.position()).norm());
        let at = situation.start;
        assert!((completion(&situation, &robot, at, Outcome::Reached) - 1.0).abs() < 1e-12);
    }
}
