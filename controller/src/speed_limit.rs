//! Speed limits from outside the controller, such as those of a speed zone.
//!
//! A limit is applied before the guard: the planner plans within it, and a command of the policy
//! beyond it is scaled down along the same arc. A robot that is faster when a limit arrives
//! decelerates to it within its own deceleration limit:
//!
//! ```text
//! bound(t) = max(limit, |v_sent| − deceleration_max · elapsed)
//! ```

use crate::limits::Limits;

/// A speed limit, of `nav2_msgs/SpeedLimit` for example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpeedLimit {
    /// Share of the robot's maximum forward and reverse speeds, 0 to 1.
    Share(f64),
    /// Speed in both directions, m/s, 0 or more.
    Speed(f64),
}

impl SpeedLimit {
    /// The maximum speeds of a robot with these limits under the speed limit.
    pub fn bounds(self, limits: &Limits) -> SpeedBounds {
        match self {
            Self::Share(share) => SpeedBounds {
                forward_mps: share * limits.speed_max_mps,
                reverse_mps: share * limits.reverse_speed_max_mps,
            },
            Self::Speed(speed_mps) => SpeedBounds {
                forward_mps: speed_mps,
                reverse_mps: speed_mps,
            },
        }
    }
}

/// Maximum speeds for one tick, in addition to the limits of the robot. Infinite: no bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeedBounds {
    /// Forward, m/s.
    pub forward_mps: f64,
    /// Backward, m/s, positive.
    pub reverse_mps: f64,
}

impl Default for SpeedBounds {
    fn default() -> Self {
        Self {
            forward_mps: f64::INFINITY,
            reverse_mps: f64::INFINITY,
        }
    }
}

impl SpeedBounds {
    /// The tighter of two bounds in each direction.
    pub fn tighter(self, other: Self) -> Self {
        Self {
            forward_mps: self.forward_mps.min(other.forward_mps),
            reverse_mps: self.reverse_mps.min(other.reverse_mps),
        }
    }

    /// The robot's limits under these bounds.
    pub fn within(self, limits: &Limits) -> Limits {
        Limits {
            speed_max_mps: limits.speed_max_mps.min(self.forward_mps),
            reverse_speed_max_mps: limits.reverse_speed_max_mps.min(self.reverse_mps),
            ..*limits
        }
    }

    /// The bound on a command in the direction of `speed_mps`, m/s, for a robot that was commanded
    /// `sent_mps` `elapsed_s` ago: never below the speed that its deceleration limit can reach.
    pub fn reachable_mps(
        self,
        speed_mps: f64,
        sent_mps: f64,
        elapsed_s: f64,
        deceleration_mps2: f64,
    ) -> f64 {
        let bound_mps = if speed_mps < 0.0 {
            self.reverse_mps
        } else {
            self.forward_mps
        };
        let is_same_direction = speed_mps * sent_mps > 0.0;
        let braked_mps = if is_same_direction {
            sent_mps.abs() - deceleration_mps2 * elapsed_s
        } else {
            0.0
        };
        bound_mps.max(braked_mps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_each_directions_maximum() {
        let limits = Limits::default();
        let bounds = SpeedLimit::Share(0.5).bounds(&limits);
        assert_eq!((bounds.forward_mps, bounds.reverse_mps), (0.5, 0.15));
        let slow = bounds.tighter(SpeedLimit::Speed(0.2).bounds(&limits));
        assert_eq!((slow.forward_mps, slow.reverse_mps), (0.2, 0.15));
        assert_eq!(SpeedBounds::default().within(&limits), limits);
        assert_eq!(slow.within(&limits).speed_max_mps, 0.2);
    }

    #[test]
    fn a_lower_limit_is_reached_within_the_deceleration_limit() {
        let bounds = SpeedLimit::Speed(0.2).bounds(&Limits::default());
        // 1.0 m/s less 1.5 m/s² for 0.1 s
        assert_eq!(bounds.reachable_mps(1.0, 1.0, 0.1, 1.5), 0.85);
        assert_eq!(bounds.reachable_mps(1.0, 0.25, 0.1, 1.5), 0.2);
        // the robot drives forward: backward the limit holds at once
        assert_eq!(bounds.reachable_mps(-1.0, 1.0, 0.1, 1.5), 0.2);
    }
}
