//! Body velocity of a wheeled robot.

use serde::{Deserialize, Serialize};

/// Velocity in the robot's own frame: translation along x and rotation about z.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twist {
    /// Forward speed, m/s.
    pub linear: f64,
    /// Yaw rate, counter-clockwise, rad/s.
    pub angular: f64,
}

impl Twist {
    /// Zero velocity.
    pub const ZERO: Self = Self {
        linear: 0.0,
        angular: 0.0,
    };

    /// Creates a velocity from its components: m/s and rad/s.
    pub const fn new(linear: f64, angular: f64) -> Self {
        Self { linear, angular }
    }

    /// True if neither component is NaN or infinite.
    pub fn is_finite(&self) -> bool {
        self.linear.is_finite() && self.angular.is_finite()
    }
}
