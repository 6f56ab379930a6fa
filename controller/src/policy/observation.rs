//! What a policy sees.

use perception::{Point2, Snapshot, Stamp, Stamped, Twist};

use crate::guard::Motion;
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
            speed_limits: SpeedBounds::default(),
            sent: None,
            motion: Motion::default(),
        }
    }
}
