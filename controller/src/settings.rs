//! Everything an agent is made from.

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
    /// False: only a path from outside is followed, and without one the goal itself.
    pub enabled: bool,
    /// Time between plans, s.
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
    /// What it can do.
    pub limits: Limits,
    /// Which readings of planar scans are taken.
    pub scan_filter: ScanFilterSettings,
    /// How the map is kept.
    pub mapper: MapperSettings,
    /// When a goal is reached, and when the robot gives up.
    pub navigation: NavigationSettings,
    /// Whether a route is planned.
    pub planning: PlanningSettings,
    /// What makes a good route.
    pub route: RouteSettings,
    /// How fast a route is driven.
    pub pace: PaceSettings,
    /// What a motion costs.
    pub cost: CostSettings,
    /// Horizon and solvers.
    pub mpc: MpcSettings,
    /// How the explicit policy follows its path.
    pub pursuit: PursuitSettings,
    /// What the guard insists on.
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
    /// Refuses what makes no agent, naming table and field.
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
