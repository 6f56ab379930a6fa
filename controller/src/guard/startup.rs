//! Startup check: the stopping distance at full speed lies within the range of map and planner.

use perception::SettingsError;

use super::braking::Brakes;
use crate::settings::ControllerSettings;

/// Assumed tick period before the first tick, s.
const PERIOD_S: f64 = 0.05;

impl ControllerSettings {
    /// Rejects settings with which a stop from full speed ends beyond the range of the map or of
    /// the distance field of the planner.
    pub(crate) fn validate_stopping(&self) -> Result<(), SettingsError> {
        let speed_mps = (self.limits.speed_max_mps).max(self.limits.reverse_speed_max_mps);
        let brakes = Brakes {
            latency_s: self.guard.latency_s,
            period_s: PERIOD_S,
            deceleration_mps2: self.guard.braking_share * self.limits.deceleration_max_mps2,
            turn_deceleration_radps2: self.limits.turn_acceleration_max_radps2,
        };
        let stop_m = brakes.stopping_distance_m(speed_mps);
        let radius_m = self.footprint.circumscribed_radius_m();
        let arithmetic = format!(
            "{speed_mps} m/s x ({} s + {PERIOD_S} s) + {speed_mps}^2 / (2 x {:.2} m/s^2) = {stop_m:.2} m to stop, \
             and {radius_m:.2} m to the outline",
            brakes.latency_s, brakes.deceleration_mps2
        );
        let reaches = [
            ("mapper", "range_m", self.mapper.range_m, stop_m + radius_m),
            (
                "mapper",
                "field_size_m",
                0.5 * self.mapper.field_size_m,
                stop_m + radius_m,
            ),
            (
                "mapper",
                "field_max_m",
                self.mapper.field_max_m,
                radius_m + 0.2,
            ),
        ];
        for (section, field, reach_m, least_m) in reaches {
            if reach_m < least_m {
                return Err(SettingsError {
                    section,
                    field,
                    value: format!(
                        "too short: it reaches {reach_m:.2} m from the base ({arithmetic})"
                    ),
                    expected: "a reach of at least the stopping distance; lower limits.speed_max_mps otherwise".into(),
                });
            }
        }
        Ok(())
    }
}
