//! Settings of MPC: horizon, latency, solvers, recovery.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::StallSettings;
use crate::mpc::lq::{OsqpSettings, RiccatiSettings};
use crate::mpc::{MultiStartSettings, SqpSettings};

/// Solver of the linear-quadratic subproblems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LqBackend {
    /// Riccati recursion, which exploits the stage structure.
    #[default]
    Riccati,
    /// OSQP, a general solver of quadratic programs.
    Osqp,
}

/// Horizon and solvers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MpcSettings {
    /// Time step between knots, s.
    pub dt_s: f64,
    /// Number of knots.
    pub horizon: usize,
    /// Time from a tick to the first effect of its command, s: the plan starts there.
    pub latency_s: f64,
    /// Time after the start of the plan at which its velocity is the command, s: compensates drive
    /// lag.
    pub lead_s: f64,
    /// Solver of the subproblem.
    pub backend: LqBackend,
    /// Outer loop: sequential quadratic programming.
    pub sqp: SqpSettings,
    /// Riccati solver.
    pub riccati: RiccatiSettings,
    /// OSQP solver.
    pub osqp: OsqpSettings,
    /// Multi-start search without a warm start.
    pub multi_start: MultiStartSettings,
    /// Stuck detection and recovery of a policy with a learned cost.
    pub stall: StallSettings,
    /// Clearance of the path to the goal below which the learned cost has full weight, m.
    pub fade_from_m: f64,
    /// Clearance of the path to the goal above which the learned cost has zero weight, m.
    pub fade_to_m: f64,
}

impl Default for MpcSettings {
    fn default() -> Self {
        Self {
            dt_s: 0.1,
            horizon: 30,
            latency_s: 0.05,
            lead_s: 0.15,
            backend: LqBackend::Riccati,
            sqp: SqpSettings {
                tolerance: 1e-4,
                max_iterations: 8,
                max_backtracks: 8,
            },
            riccati: RiccatiSettings {
                tolerance: 1e-6,
                ..RiccatiSettings::default()
            },
            osqp: OsqpSettings::default(),
            multi_start: MultiStartSettings::default(),
            stall: StallSettings::default(),
            fade_from_m: 1.25,
            fade_to_m: 2.5,
        }
    }
}

impl MpcSettings {
    /// Rejects settings outside their bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mpc";
        SettingsError::ensure(
            self.dt_s >= 0.01 && self.dt_s <= 1.0,
            section,
            "dt_s",
            &self.dt_s,
            "0.01 to 1 s",
        )?;
        SettingsError::ensure(
            (2..=200).contains(&self.horizon),
            section,
            "horizon",
            &self.horizon,
            "2 to 200 knots",
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("latency_s", self.latency_s, 0.0..=5.0),
                ("lead_s", self.lead_s, 0.0..=5.0),
                ("fade_from_m", self.fade_from_m, 0.0..=100.0),
                ("fade_to_m", self.fade_to_m, 0.1..=100.0),
            ],
        )?;
        self.sqp.validate()?;
        self.riccati.validate()?;
        self.osqp.validate()?;
        self.multi_start.validate()?;
        self.stall.validate()
    }
}
