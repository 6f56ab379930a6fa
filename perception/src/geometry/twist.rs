//! Body velocity of a wheeled robot.

use serde::{Deserialize, Serialize};

/// Velocity in the robot's own frame: it drives along x and turns about z.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twist {
    /// Forward speed, m/s.
    pub linear: f64,
    /// Turning rate, counter-clockwise, rad/s.
    pub angular: f64,
}

impl Twist {
    /// Standing still.
    pub const ZERO: Self = Self {
        linear: 0.0,
        angular: 0.0,
    };

    /// A velocity from its parts: m/s and rad/s.
    pub const fn new(linear: f64, angular: f64) -> Self {
        Self { linear, angular }
    }

    /// True when neither part is NaN or infinite.
    pub fn is_finite(&self) -> bool {
        self.linear.is_finite() && self.angular.is_finite()
    }
}
