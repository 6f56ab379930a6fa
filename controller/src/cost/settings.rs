//! Weights of the hand-engineered cost.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::MoverSettings;

/// Minimum and maximum weight for a well-conditioned problem.
const WEIGHT_MIN: f64 = 1e-6;
const WEIGHT_MAX: f64 = 1e6;

/// Weights and distances of the hand-engineered cost. Stage costs are rates: they are multiplied by
/// the time step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostSettings {
    /// Weight of the distance to the reference, 1/m.
    pub goal_weight: f64,
    /// Smoothing length σ of the distance to the reference, m.
    pub goal_softness_m: f64,
    /// Factor T of the terminal distance relative to the rate of a stage, s.
    pub terminal_s: f64,
    /// Weight of the goal heading, if prescribed.
    pub goal_yaw_weight: f64,
    /// Distance from the goal within which its heading is part of the cost, m.
    pub goal_yaw_range_m: f64,
    /// Comfort clearance, m: below it the comfort cost applies.
    pub comfort_m: f64,
    /// Weight of its squared shortfall, 1/m^2.
    pub comfort_weight: f64,
    /// Safety clearance, m: below it the safety cost applies.
    pub safety_m: f64,
    /// Weight of its squared shortfall, 1/m^2.
    pub safety_weight: f64,
    /// Share of the stopping distance that is added to both clearances.
    pub stopping_share: f64,
    /// Weight of the turning rate squared, s^2.
    pub turn_rate_weight: f64,
    /// Cost of a metre in reverse, relative to `goal_weight`: the robot is blind to its rear.
    pub reverse_weight: f64,
    /// Weight of the terminal heading error toward the end of the reference, s: a target ahead is
    /// reached sooner.
    pub heading_weight: f64,
    /// Weights of linear and angular acceleration squared.
    pub input_weight: [f64; 2],
    /// Weights of the change of the accelerations from step to step, squared.
    pub input_change_weight: [f64; 2],
    /// Discs that cover a rectangular or polygonal footprint.
    pub footprint_discs: usize,
    /// Cost of proximity to moving objects.
    pub movers: MoverSettings,
}

impl Default for CostSettings {
    fn default() -> Self {
        Self {
            goal_weight: 1.0,
            goal_softness_m: 0.3,
            terminal_s: 1.0,
            goal_yaw_weight: 0.5,
            goal_yaw_range_m: 0.5,
            comfort_m: 0.3,
            comfort_weight: 2.0,
            safety_m: 0.04,
            safety_weight: 400.0,
            stopping_share: 0.2,
            turn_rate_weight: 0.05,
            reverse_weight: 1.5,
            heading_weight: 1.0,
            input_weight: [0.02, 0.01],
            input_change_weight: [0.02, 0.01],
            footprint_discs: 3,
            movers: MoverSettings::default(),
        }
    }
}

impl CostSettings {
    /// Rejects weights with which the cost is not convex or ill-conditioned.
    pub fn validate(&self) -> Result<(), SettingsError> {
        self.movers.validate()?;
        let section = "cost";
        SettingsError::ensure_within(
            section,
            &[
                ("goal_weight", self.goal_weight, WEIGHT_MIN..=WEIGHT_MAX),
                ("goal_softness_m", self.goal_softness_m, 0.001..=100.0),
                ("goal_yaw_range_m", self.goal_yaw_range_m, 0.001..=100.0),
                (
                    "input_weight",
                    self.input_weight[0],
                    WEIGHT_MIN..=WEIGHT_MAX,
                ),
                (
                    "input_weight",
                    self.input_weight[1],
                    WEIGHT_MIN..=WEIGHT_MAX,
                ),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("terminal_s", self.terminal_s, 0.0..=1000.0),
                ("goal_yaw_weight", self.goal_yaw_weight, 0.0..=WEIGHT_MAX),
                ("comfort_m", self.comfort_m, 0.0..=10.0),
                ("comfort_weight", self.comfort_weight, 0.0..=WEIGHT_MAX),
                ("safety_m", self.safety_m, 0.0..=10.0),
                ("safety_weight", self.safety_weight, 0.0..=WEIGHT_MAX),
                ("stopping_share", self.stopping_share, 0.0..=10.0),
                ("turn_rate_weight", self.turn_rate_weight, 0.0..=WEIGHT_MAX),
                ("reverse_weight", self.reverse_weight, 0.0..=WEIGHT_MAX),
                ("heading_weight", self.heading_weight, 0.0..=WEIGHT_MAX),
                (
                    "input_change_weight",
                    self.input_change_weight[0],
                    0.0..=WEIGHT_MAX,
                ),
                (
                    "input_change_weight",
                    self.input_change_weight[1],
                    0.0..=WEIGHT_MAX,
                ),
            ],
        )?;
        SettingsError::ensure(
            (1..=8).contains(&self.footprint_discs),
            section,
            "footprint_discs",
            &self.footprint_discs,
            "1 to 8",
        )
    }
}
