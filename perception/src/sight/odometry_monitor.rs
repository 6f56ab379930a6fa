//! Plausibility check of odometry: detection of pose jumps.
//!
//! ```text
//! jump:  | p_t − p_{t−1} exp(v̄ Δt) |  >  0.15 m + Δt (0.5 m/s + |v̄|),
//!        or in heading more than 0.2 rad + Δt (1 rad/s + |ω̄|)
//! ```
//!
//! `v̄` is the mean of the two velocities that accompany the poses.

use super::OdometryFault;
use crate::{Odometry, Pose2, Stamp, Stamped, Twist, wrap_angle};

/// Intervals longer than this are not evaluated, s.
const APART_MAX_S: f64 = 1.0;
/// Velocities beyond this are treated as glitches and explain no motion, m/s and rad/s.
const SPEED_MAX_MPS: f64 = 5.0;
const TURN_MAX_RADPS: f64 = 10.0;

/// Detects jumps of the odometry pose.
#[derive(Debug, Clone, Default)]
pub(crate) struct OdometryMonitor {
    last: Option<Stamped<Odometry>>,
}

impl OdometryMonitor {
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }

    /// Checks a message.
    pub(crate) fn judge(&mut self, stamp: Stamp, odometry: &Odometry) -> Option<OdometryFault> {
        let value = *odometry;
        let last = self.last.replace(Stamped { stamp, value })?;
        let elapsed_s = stamp.secs_since(last.stamp);
        if elapsed_s > APART_MAX_S {
            return None;
        }
        let (before, after) = (credible(last.value.velocity), credible(value.velocity));
        let velocity = Twist::new(
            0.5 * (before.linear + after.linear),
            0.5 * (before.angular + after.angular),
        );
        let led_to = last.value.odom_from_base * Pose2::exp(velocity, elapsed_s);
        let found = value.odom_from_base;
        let moved_m = (found.position() - led_to.position()).norm();
        let turned_rad = wrap_angle(found.yaw - led_to.yaw).abs();
        let is_jump = moved_m > 0.15 + elapsed_s * (0.5 + velocity.linear.abs())
            || turned_rad > 0.2 + elapsed_s * (1.0 + velocity.angular.abs());
        is_jump.then_some(OdometryFault::Jump {
            moved_m,
            turned_rad,
            elapsed_s,
        })
    }
}

fn credible(velocity: Twist) -> Twist {
    Twist::new(
        velocity.linear.clamp(-SPEED_MAX_MPS, SPEED_MAX_MPS),
        velocity.angular.clamp(-TURN_MAX_RADPS, TURN_MAX_RADPS),
    )
}
