//! Settings of goal reaching, path progress and stuck detection.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use crate::policy::Goal;

/// When a goal is reached, when the robot turns on the spot, and when it gives up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NavigationSettings {
    /// False: the policy is asked at every tick, also at the goal and where there is no route.
    pub enabled: bool,
    /// Distance within which a goal is reached where the goal itself does not say, m.
    pub tolerance_m: f64,
    /// Heading error within which a goal is reached where the goal itself does not say, rad.
    pub yaw_tolerance_rad: f64,
    /// A robot at rest whose path begins at a larger angle from its heading turns on the spot first,
    /// rad.
    pub spin_from_rad: f64,
    /// The same for goals nearer than `near_m`, rad.
    pub near_spin_from_rad: f64,
    /// Distance below which a goal is near, m.
    pub near_m: f64,
    /// A robot without progress for this long rests and reports what blocks it, s.
    pub patience_s: f64,
    /// The same of a robot that has not even moved 0.1 m, s.
    pub still_patience_s: f64,
    /// The same where the route planner finds no route to the goal, s.
    pub no_route_patience_s: f64,
    /// Time at rest before a blocked robot tries again, s.
    pub rest_s: f64,
    /// Attempts after the first.
    pub retries: u32,
}

impl Default for NavigationSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            tolerance_m: 0.1,
            yaw_tolerance_rad: Goal::YAW_TOLERANCE_RAD,
            spin_from_rad: 1.75,
            near_spin_from_rad: 0.6,
            near_m: 0.7,
            patience_s: 45.0,
            still_patience_s: 10.0,
            no_route_patience_s: 10.0,
            rest_s: 5.0,
            retries: 1,
        }
    }
}

impl NavigationSettings {
    /// Refuses values without meaning, naming the field.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "navigation";
        SettingsError::ensure_within(
            section,
            &[
                ("tolerance_m", self.tolerance_m, 0.01..=10.0),
                ("near_m", self.near_m, 0.0..=10.0),
                ("rest_s", self.rest_s, 0.0..=3600.0),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("yaw_tolerance_rad", self.yaw_tolerance_rad, 0.01..=3.2),
                ("spin_from_rad", self.spin_from_rad, 0.2..=3.2),
                ("near_spin_from_rad", self.near_spin_from_rad, 0.2..=3.2),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("patience_s", self.patience_s, 1.0..=3600.0),
                ("still_patience_s", self.still_patience_s, 1.0..=3600.0),
                (
                    "no_route_patience_s",
                    self.no_route_patience_s,
                    1.0..=3600.0,
                ),
            ],
        )?;
        SettingsError::ensure_within(section, &[("retries", self.retries, 0..=100)])
    }
}
