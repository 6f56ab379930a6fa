//! Odometry messages.

use crate::{Pose2, Stance, Twist};

/// Pose in the continuous, drifting frame `odom` (REP-105), and velocity in the base frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Odometry {
    /// Pose of the base in the odometry frame.
    pub odom_from_base: Pose2,
    /// Height and tilt of the base; level for a robot that does not measure them.
    pub stance: Stance,
    /// Body velocity.
    pub velocity: Twist,
}

impl Odometry {
    /// Odometry of a robot on a level floor.
    pub fn level(odom_from_base: Pose2, velocity: Twist) -> Self {
        Self {
            odom_from_base,
            stance: Stance::LEVEL,
            velocity,
        }
    }
}
