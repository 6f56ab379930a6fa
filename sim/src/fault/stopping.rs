//! The reference stop for the evaluation of a drive.
//!
//! ```text
//! s(v, t) = v (t + latency) + v² / 2a
//! ```

use perception::{Pose2, Twist};
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// Reaction time and deceleration of the reference stop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stopping {
    /// Time from the first true line of sight to an obstacle to the braking command, s.
    pub seen_s: f64,
    /// Time from the onset of a blinding fault to the braking command, s.
    pub blind_s: f64,
    /// Time from that command to its effect, s: latency and lag of the drivetrain.
    pub latency_s: f64,
    /// Deceleration, m/s².
    pub deceleration_mps2: f64,
}

/// Time step of a simulated stop, s.
const STEP_S: f64 = 0.01;

impl Stopping {
    /// Rejects stops without end.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "stopping";
        SettingsError::ensure_positive(section, &[("deceleration_mps2", self.deceleration_mps2)])?;
        SettingsError::ensure_not_negative(
            section,
            &[
                ("seen_s", self.seen_s),
                ("blind_s", self.blind_s),
                ("latency_s", self.latency_s),
            ],
        )
    }

    /// Stopping distance from a speed with braking commanded after a reaction time, m.
    ///
    /// ```
    /// let stop = sim::Stopping { seen_s: 0.2, blind_s: 0.5, latency_s: 0.1, deceleration_mps2: 1.0 };
    /// assert!((stop.distance_m(-1.0, 0.2) - 0.8).abs() < 1e-12);
    /// ```
    pub fn distance_m(&self, speed_mps: f64, reaction_s: f64) -> f64 {
        let speed = speed_mps.abs();
        speed * (reaction_s + self.latency_s) + 0.5 * speed * speed / self.deceleration_mps2
    }

    /// Poses of the base during a stop commanded at a pose and velocity, along one arc: time since
    /// then (s), pose, speed (m/s), until rest.
    pub fn poses(
        &self,
        from: Pose2,
        velocity: Twist,
    ) -> impl Iterator<Item = (f64, Pose2, f64)> + use<> {
        let stop = *self;
        let speed = velocity.linear.abs();
        let steps = ((stop.latency_s + speed / stop.deceleration_mps2) / STEP_S).ceil() as u32;
        (1..=steps).scan(from, move |base, step| {
            let t_s = f64::from(step) * STEP_S;
            let braked = stop.deceleration_mps2 * (t_s - stop.latency_s).max(0.0);
            let left = (1.0 - braked / speed.max(1e-9)).max(0.0);
            let now = Twist::new(velocity.linear * left, velocity.angular * left);
            *base = *base * Pose2::exp(now, STEP_S);
            Some((t_s, *base, now.linear))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_that_is_played_through_is_as_long_as_its_formula() {
        let stop = Stopping {
            seen_s: 0.25,
            blind_s: 0.65,
            latency_s: 0.14,
            deceleration_mps2: 1.5,
        };
        for (v, omega) in [(1.0, 0.0), (-0.4, 0.0), (1.9, 0.7), (0.0, 0.0)] {
            let played: f64 = stop
                .poses(Pose2::IDENTITY, Twist::new(v, omega))
                .map(|(_, _, speed)| speed.abs() * STEP_S)
                .sum();
            assert!((played - stop.distance_m(v, 0.0)).abs() < 0.012 * v.abs() + 1e-9);
        }
    }
}
