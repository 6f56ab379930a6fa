//! Settings of an agent: all tables of the configuration of the controller.

use perception::{Footprint, MapperSettings, RouteSettings, ScanFilterSettings, SettingsError};
use serde::{Deserialize, Serialize};

use crate::cost::{CostSettings, PaceSettings};
use crate::explicit::PursuitSettings;
use crate::guard::GuardSettings;
use crate::limits::Limits;
use crate::monitor::MonitorSettings;
use crate::navigation::NavigationSettings;
use crate::policy::MpcSettings;

/// Whether and how often an agent plans its own route.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlanningSettings {
    /// True when the agent plans its own route. False: it follows only a path that is set from
    /// outside, and without one heads straight for the goal.
    pub enabled: bool,
    /// Replanning period, s.
    pub period_s: f64,
}

impl Default for PlanningSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            period_s: 0.2,
        }
    }
}

/// Settings of an agent and its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ControllerSettings {
    /// Outline of the robot.
    pub footprint: Footprint,
    /// Speed and acceleration limits.
    pub limits: Limits,
    /// Range and angle filter of planar scans.
    pub scan_filter: ScanFilterSettings,
    /// Local map: grids, rays, tracks.
    pub mapper: MapperSettings,
    /// Goal tolerances, stuck detection, and when navigation fails.
    pub navigation: NavigationSettings,
    /// Route planning: whether and how often.
    pub planning: PlanningSettings,
    /// Cost of a route.
    pub route: RouteSettings,
    /// Speed profile along a route.
    pub pace: PaceSettings,
    /// Cost terms of the optimal control problem.
    pub cost: CostSettings,
    /// Horizon and solvers of MPC.
    pub mpc: MpcSettings,
    /// Pure pursuit, with which the explicit policy follows its path.
    pub pursuit: PursuitSettings,
    /// Margins and limits of the guard.
    pub guard: GuardSettings,
    /// Zones in which raw scans stop or slow the robot after the guard.
    pub monitor: MonitorSettings,
}

impl Default for ControllerSettings {
    fn default() -> Self {
        Self {
            footprint: Footprint::Disc { radius_m: 0.3 },
            limits: Limits::default(),
            scan_filter: ScanFilterSettings::default(),
            mapper: MapperSettings::default(),
            navigation: NavigationSettings::default(),
            planning: PlanningSettings::default(),
            route: RouteSettings::default(),
            pace: PaceSettings::default(),
            cost: CostSettings::default(),
            mpc: MpcSettings::default(),
            pursuit: PursuitSettings::default(),
            guard: GuardSettings::default(),
            monitor: MonitorSettings::default(),
        }
    }
}

impl ControllerSettings {
    /// Validates all tables. The error names the table and field that is out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        self.footprint.validate().map_err(|error| SettingsError {
            section: "footprint",
            field: error.field,
            value: error.value.to_string(),
            expected: "0.005 to 10 m".into(),
        })?;
        self.limits.validate()?;
        self.scan_filter.validate()?;
        self.mapper.validate()?;
        SettingsError::ensure_within(
            "planning",
            &[("period_s", self.planning.period_s, 0.0..=60.0)],
        )?;
        self.navigation.validate()?;
        self.route.of_footprint(&self.footprint).validate()?;
        self.pace.validate()?;
        self.cost.validate()?;
        self.mpc.validate()?;
        self.pursuit.validate()?;
        self.guard.validate()?;
        self.monitor.validate(&self.footprint)?;
        self.validate_stopping()
    }
}
