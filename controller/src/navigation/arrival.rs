//! Goal checker: position, then heading, then rest until the goal changes.

use perception::{Point2, Pose2, Stamp, Twist, wrap_angle};

use crate::limits::Limits;
use crate::policy::Goal;

/// Heading error at which a turn toward the goal's heading ends, as a share of the tolerance.
const YAW_SHARE: f64 = 0.3;
/// Distance from the goal, as a share of the tolerance, or speed, m/s, and time, s, at which a
/// robot within the tolerance has arrived: a robot at rest does not come nearer.
const CENTRE_SHARE: f64 = 0.2;
const REST_MPS: f64 = 0.05;
const REST_S: f64 = 2.0;
/// Hysteresis of arrival, m: distance beyond the tolerance at which the robot resumes driving.
const RELEASE_M: f64 = 0.1;
/// Remaining path beyond the tolerance with which a robot near the goal has not arrived, m.
const PATH_LEFT_M: f64 = 0.4;

/// Phase of reaching a goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Phase {
    /// The position is not reached.
    Approach,
    /// The position is reached, the heading is not, rad.
    Turn(f64),
    /// Both are reached.
    Arrived,
}

/// State of the goal checker, with hysteresis.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Arrival {
    is_there: bool,
    is_turning: bool,
    /// Start of the rest within the tolerance.
    rests: Option<Stamp>,
}

impl Arrival {
    /// The phase of a robot with `left_m` of path remaining.
    pub(super) fn look(
        &mut self,
        now: Stamp,
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
            let is_within = off_m(here).max(off_m(rest)) <= goal.tolerance_m;
            let is_at_rest = is_within && velocity.linear.abs() <= REST_MPS;
            self.rests = is_at_rest.then(|| self.rests.unwrap_or(now));
            // aims at the centre of the tolerance: drift of odometry and map needs a reserve
            let is_final = off_m(here) <= CENTRE_SHARE * goal.tolerance_m
                || self
                    .rests
                    .is_some_and(|since| now.secs_since(since) >= REST_S);
            self.is_there = is_within && is_final;
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

    /// The phase of a robot that has been at a pose for a time, s.
    fn look(arrival: &mut Arrival, pose: Pose2, speed: f64, for_s: f64) -> Phase {
        let left_m = (pose.position() - goal().position).norm();
        let mut phase = Phase::Approach;
        for tick in 0..=(for_s / 0.1) as u32 {
            phase = arrival.look(
                Stamp::from_secs(0.1 * f64::from(tick)),
                pose,
                Twist::new(speed, 0.0),
                &goal(),
                left_m,
                &Limits::default(),
            );
        }
        phase
    }

    #[test]
    fn a_goal_that_is_reached_stays_reached_until_the_robot_is_moved_away() {
        let mut arrival = Arrival::default();
        let at = |x, yaw| Pose2::new(x, 0.0, yaw);
        let mut see = |pose| look(&mut arrival, pose, 0.0, 0.0);
        assert_eq!(see(at(0.85, 0.0)), Phase::Approach);
        assert_eq!(see(at(0.985, 0.0)), Phase::Turn(1.0));
        assert_eq!(see(at(0.95, 0.95)), Phase::Turn(1.0));
        assert_eq!(see(at(0.95, 0.99)), Phase::Arrived);
        assert_eq!(see(at(0.85, 0.93)), Phase::Arrived);
        assert_eq!(see(at(0.75, 0.93)), Phase::Approach);
    }

    #[test]
    fn within_the_tolerance_the_robot_approaches_the_goal_while_the_distance_decreases() {
        let edge = Pose2::new(0.92, 0.0, 1.0);
        assert_eq!(
            look(&mut Arrival::default(), edge, 0.1, 10.0),
            Phase::Approach
        );
        assert_eq!(
            look(&mut Arrival::default(), edge, 0.0, 1.0),
            Phase::Approach
        );
        assert_eq!(
            look(&mut Arrival::default(), edge, 0.0, 3.0),
            Phase::Arrived
        );
    }

    #[test]
    fn a_robot_too_fast_to_stop_within_the_tolerance_has_not_arrived() {
        let mut arrival = Arrival::default();
        let fast_mps = (2.0 * Limits::default().deceleration_max_mps2 * 0.4).sqrt();
        let middle = Pose2::new(0.985, 0.0, 1.0);
        assert_eq!(look(&mut arrival, middle, fast_mps, 0.0), Phase::Approach);
        assert_eq!(look(&mut arrival, middle, 0.1, 0.0), Phase::Arrived);
    }

    #[test]
    fn path_that_is_left_is_driven_first() {
        let mut arrival = Arrival::default();
        let pose = Pose2::new(1.0, 0.0, 1.0);
        let phase = arrival.look(
            Stamp::default(),
            pose,
            Twist::ZERO,
            &goal(),
            12.0,
            &Limits::default(),
        );
        assert_eq!(phase, Phase::Approach);
    }
}
