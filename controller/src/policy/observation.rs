//! The observation of a policy: map, pose, velocity, goal and path at one tick.

use perception::{Point2, Snapshot, Stamp, Stamped, Twist};

use crate::guard::Motion;
use crate::navigation::Behavior;
use crate::speed_limit::SpeedBounds;

/// Goal of navigation, odometry frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// Position, m.
    pub position: Point2,
    /// Heading, rad, if prescribed.
    pub yaw: Option<f64>,
    /// Position tolerance, m.
    pub tolerance_m: f64,
    /// Heading tolerance, rad.
    pub yaw_tolerance_rad: f64,
}

impl Goal {
    /// Default of [`Self::yaw_tolerance_rad`], rad.
    pub const YAW_TOLERANCE_RAD: f64 = 0.1;

    /// Placeholder for a missing goal: its position is NaN.
    pub const NONE: Self = Self {
        position: Point2::new(f64::NAN, f64::NAN),
        yaw: None,
        tolerance_m: 0.0,
        yaw_tolerance_rad: 0.0,
    };
}

/// Consistent input of a policy at one tick: snapshot, goal, path and limits.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The time of this tick.
    pub now: Stamp,
    /// Map, pose and velocity.
    pub snapshot: &'a Snapshot,
    /// Goal.
    pub goal: Goal,
    /// Coarse path to the goal in the odometry frame, m; empty when there is none.
    pub path: &'a [Point2],
    /// Behavior at this tick; a policy runs for [`Behavior::FollowPath`] only.
    pub behavior: Behavior,
    /// Speed bounds of this tick in addition to the limits of the robot.
    pub speed_limits: SpeedBounds,
    /// The last command that was sent to the wheels, after all changes; `None` before the first.
    pub sent: Option<Stamped<Twist>>,
    /// Observed command latency and deceleration.
    pub motion: Motion,
}

impl<'a> Observation<'a> {
    /// An observation without speed limits and before the first command.
    pub fn new(now: Stamp, snapshot: &'a Snapshot, goal: Goal, path: &'a [Point2]) -> Self {
        Self {
            now,
            snapshot,
            goal,
            path,
            behavior: Behavior::FollowPath,
            speed_limits: SpeedBounds::default(),
            sent: None,
            motion: Motion::default(),
        }
    }
}
