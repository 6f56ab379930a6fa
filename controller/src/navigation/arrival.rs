//! Reaching a goal: its position, then its heading, then rest until it changes.

use perception::{Point2, Pose2, Twist, wrap_angle};

use crate::limits::Limits;
use crate::policy::Goal;

/// A turn toward the goal's heading goes on until this share of the tolerance is left.
const YAW_SHARE: f64 = 0.3;
/// A robot that has arrived and is moved away by more than this beyond the tolerance drives again, m.
const RELEASE_M: f64 = 0.1;
/// Path left beyond the tolerance at which a robot near the goal still has path to drive, m.
const PATH_LEFT_M: f64 = 0.4;

/// What is left to do about the goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Phase {
    /// The position is yet to be reached.
    Approach,
    /// The position is reached, the heading is not, rad.
    Turn(f64),
    /// Both are reached.
    Arrived,
}

/// Whether the goal is reached, with hysteresis.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Arrival {
    is_there: bool,
    is_turning: bool,
}

impl Arrival {
    /// What is left to do, `left_m` of path included.
    pub(super) fn look(
        &mut self,
        base: Pose2,
        velocity: Twist,
        goal: &Goal,
        left_m: f64,
        limits: &Limits,
    ) -> Phase {
        let off_m = |position: Point2| (position - goal.position).norm();
        let here = base.position();
        if self.is_there {
            self.is_there = off_m(here) <= goal.tolerance_m + RELEASE_M;
        } else if left_m <= goal.tolerance_m + PATH_LEFT_M {
            let stop_m =
                velocity.linear * velocity.linear.abs() / (2.0 * limits.deceleration_max_mps2);
            let rest = base * Point2::new(stop_m, 0.0);
            self.is_there = off_m(here).max(off_m(rest)) <= goal.tolerance_m;
        }
        if !self.is_there {
            self.is_turning = false;
            return Phase::Approach;
        }
        let Some(yaw) = goal.yaw else {
            return Phase::Arrived;
        };
        let error = wrap_angle(yaw - base.yaw).abs();
        let bound = if self.is_turning {
            YAW_SHARE * goal.yaw_tolerance_rad
        } else {
            goal.yaw_tolerance_rad
        };
        self.is_turning = error > bound;
        if self.is_turning {
            Phase::Turn(yaw)
        } else {
            Phase::Arrived
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal() -> Goal {
        Goal {
            position: Point2::new(1.0, 0.0),
            yaw: Some(1.0),
            tolerance_m: 0.1,
            yaw_tolerance_rad: 0.1,
        }
    }

    fn look(arrival: &mut Arrival, pose: Pose2, speed: f64) -> Phase {
        let left_m = (pose.position() - goal().position).norm();
        arrival.look(
            pose,
            Twist::new(speed, 0.0),
            &goal(),
            left_m,
            &Limits::default(),
        )
    }

    #[test]
    fn a_goal_that_is_reached_stays_reached_until_the_robot_is_moved_away() {
        let mut arrival = Arrival::default();
        let at = |x, yaw| Pose2::new(x, 0.0, yaw);
        assert_eq!(look(&mut arrival, at(0.85, 0.0), 0.0), Phase::Approach);
        assert_eq!(look(&mut arrival, at(0.95, 0.0), 0.0), Phase::Turn(1.0));
        assert_eq!(look(&mut arrival, at(0.95, 0.95), 0.0), Phase::Turn(1.0));
        assert_eq!(look(&mut arrival, at(0.95, 0.99), 0.0), Phase::Arrived);
        assert_eq!(look(&mut arrival, at(0.85, 0.93), 0.0), Phase::Arrived);
        assert_eq!(look(&mut arrival, at(0.75, 0.93), 0.0), Phase::Approach);
    }

    #[test]
    fn a_robot_too_fast_to_stop_within_the_tolerance_has_not_arrived() {
        let mut arrival = Arrival::default();
        let pose = Pose2::new(0.95, 0.0, 1.0);
        let fast_mps = (2.0 * Limits::default().deceleration_max_mps2 * 0.4).sqrt();
        assert_eq!(
            look(&mut arrival, Pose2::new(0.95, 0.0, 0.0), fast_mps),
            Phase::Approach
        );
        assert_eq!(look(&mut arrival, pose, 0.1), Phase::Arrived);
    }

    #[test]
    fn path_that_is_left_is_driven_first() {
        let mut arrival = Arrival::default();
        let pose = Pose2::new(1.0, 0.0, 1.0);
        let phase = arrival.look(pose, Twist::ZERO, &goal(), 12.0, &Limits::default());
        assert_eq!(phase, Phase::Approach);
    }
}
