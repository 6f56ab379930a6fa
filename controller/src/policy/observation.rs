//! What a policy sees.

use perception::{Point2, Snapshot, Stamp};

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
    /// Coarse way to the goal in the odometry frame, m; empty when there is none.
    pub path: &'a [Point2],
}
