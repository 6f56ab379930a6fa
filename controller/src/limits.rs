//! Speed and acceleration limits of the robot.

use perception::{SettingsError, Twist};
use serde::{Deserialize, Serialize};

/// Speed and acceleration limits for plans and commands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Maximum forward speed, m/s.
    pub speed_max_mps: f64,
    /// Maximum reverse speed, m/s, positive.
    pub reverse_speed_max_mps: f64,
    /// Maximum angular velocity about z, rad/s.
    pub turn_rate_max_radps: f64,
    /// Maximum linear acceleration, m/s^2.
    pub acceleration_max_mps2: f64,
    /// Maximum linear deceleration, m/s^2.
    pub deceleration_max_mps2: f64,
    /// Maximum angular acceleration, rad/s^2.
    pub turn_acceleration_max_radps2: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            speed_max_mps: 1.0,
            reverse_speed_max_mps: 0.3,
            turn_rate_max_radps: 1.5,
            acceleration_max_mps2: 1.0,
            deceleration_max_mps2: 1.5,
            turn_acceleration_max_radps2: 3.0,
        }
    }
}

impl Limits {
    /// Checks every limit against its bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "limits";
        SettingsError::ensure_within(
            section,
            &[
                ("speed_max_mps", self.speed_max_mps, 0.01..=20.0),
                ("turn_rate_max_radps", self.turn_rate_max_radps, 0.01..=50.0),
                (
                    "acceleration_max_mps2",
                    self.acceleration_max_mps2,
                    0.01..=100.0,
                ),
                (
                    "deceleration_max_mps2",
                    self.deceleration_max_mps2,
                    0.01..=100.0,
                ),
                (
                    "turn_acceleration_max_radps2",
                    self.turn_acceleration_max_radps2,
                    0.01..=1000.0,
                ),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[(
                "reverse_speed_max_mps",
                self.reverse_speed_max_mps,
                0.0..=20.0,
            )],
        )
    }

    /// The command nearest to `command` that the limits allow `elapsed_s` after `last`.
    pub fn within(&self, command: Twist, last: Twist, elapsed_s: f64) -> Twist {
        let Twist {
            linear: speed,
            angular: turn,
        } = self.clamped(command);
        let turn_step = self.turn_acceleration_max_radps2 * elapsed_s;
        Twist::new(
            self.speed_toward(speed, last.linear, elapsed_s),
            turn.clamp(last.angular - turn_step, last.angular + turn_step),
        )
    }

    /// The velocity nearest to `velocity` within the speed limits.
    pub fn clamped(&self, velocity: Twist) -> Twist {
        Twist::new(
            velocity
                .linear
                .clamp(-self.reverse_speed_max_mps, self.speed_max_mps),
            velocity
                .angular
                .clamp(-self.turn_rate_max_radps, self.turn_rate_max_radps),
        )
    }

    /// The speed that is reached from `last` towards `wanted` in `elapsed_s`, m/s: acceleration
    /// limits a gain of speed, deceleration a loss; across zero each applies for its share of the
    /// time.
    fn speed_toward(&self, wanted: f64, last: f64, elapsed_s: f64) -> f64 {
        let (gain, loss) = (
            self.acceleration_max_mps2 * elapsed_s,
            self.deceleration_max_mps2 * elapsed_s,
        );
        let forward = if last < 0.0 { -1.0 } else { 1.0 };
        let (wanted, last) = (wanted * forward, last * forward);
        let next = if wanted >= last {
            wanted.min(last + gain)
        } else if wanted >= 0.0 || last > loss {
            wanted.max(last - loss)
        } else {
            let left = 1.0 - last / loss;
            wanted.max(-gain * left)
        };
        next * forward
    }
}
