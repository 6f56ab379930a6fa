//! Settings of goal checker, path progress and stuck detection.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use crate::policy::Goal;

/// Goal tolerances, turns on the spot, and patience of stuck detection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NavigationSettings {
    /// False: the policy runs at every tick, also at the goal and without a route.
    pub enabled: bool,
    /// Default position tolerance of a goal, m.
    pub tolerance_m: f64,
    /// Default heading tolerance of a goal, rad.
    pub yaw_tolerance_rad: f64,
    /// Angle between heading and path beyond which a robot at rest first turns on the spot, rad.
    pub spin_from_rad: f64,
    /// As `spin_from_rad`, for goals nearer than `near_m`, rad.
    pub near_spin_from_rad: f64,
    /// Distance below which a goal is near, m.
    pub near_m: f64,
    /// Time without progress after which the robot rests and reports the blocking obstacle, s.
    pub patience_s: f64,
    /// Time with less than 0.1 m of displacement after which the robot does the same, s.
    pub still_patience_s: f64,
    /// As `patience_s`, while the route planner finds no route to the goal, s.
    pub no_route_patience_s: f64,
    /// Time at rest before a blocked robot tries again, s.
    pub rest_s: f64,
    /// Maximum number of attempts after the first.
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
    /// Checks every value against its bounds. The error names the field.
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
