//! Where the robot thinks it is.

use crate::{Pose2, Twist};

/// Pose in the continuous, drifting frame `odom` (REP-105), and velocity in the base frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Odometry {
    /// Pose of the base in the odometry frame.
    pub odom_from_base: Pose2,
    /// Body velocity.
    pub velocity: Twist,
}
