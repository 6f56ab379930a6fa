//! What a policy sees.

use perception::{Point2, Snapshot, Stamp, Stamped, Twist};

use crate::guard::Motion;
use crate::navigation::Behavior;
use crate::speed_limit::SpeedBounds;

/// Where to go, in the odometry frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// Position, m.
    pub position: Point2,
    /// Heading, rad, when it matters.
    pub yaw: Option<f64>,
    /// The robot has arrived within this distance, m.
    pub tolerance_m: f64,
    /// ... and within this angle of the heading, rad.
    pub yaw_tolerance_rad: f64,
}

impl Goal {
    /// Usual [`Self::yaw_tolerance_rad`], rad.
    pub const YAW_TOLERANCE_RAD: f64 = 0.1;

    /// Placeholder for a missing goal: its position is NaN.
    pub const NONE: Self = Self {
        position: Point2::new(f64::NAN, f64::NAN),
        yaw: None,
        tolerance_m: 0.0,
        yaw_tolerance_rad: 0.0,
    };
}

/// One consistent view of the world and the aim in it.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The time of this tick.
    pub now: Stamp,
    /// Map, pose and velocity.
    pub snapshot: &'a Snapshot,
    /// Where to go.
    pub goal: Goal,
    /// Coarse path to the goal in the odometry frame, m; empty when there is none.
    pub path: &'a [Point2],
    /// What the robot does at this tick; a policy is asked for [`Behavior::FollowPath`] only.
    pub behavior: Behavior,
    /// Speeds that hold for this tick beside the limits of the robot.
    pub speed_limits: SpeedBounds,
    /// The command that was sent to the wheels last, whatever changed it on its way there; none
    /// before the first.
    pub sent: Option<Stamped<Twist>>,
    /// How quickly the robot obeys, as observed.
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
