//! Settings of the guard.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::PassiveSettings;

/// Margins and limits of the guard. Within the bounds no value disables a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardSettings {
    /// Maximum age of range data, s; older data stops the robot.
    pub scan_age_max_s: f64,
    /// Maximum age of odometry, s; older odometry stops the robot.
    pub odometry_age_max_s: f64,
    /// Minimum clearance to obstacles until rest, beyond the uncertainty of the map, m.
    pub margin_m: f64,
    /// Additional margin for obstacles that only depth cameras or point clouds observe, m: an
    /// obstacle below the plane of the scanner leaves their view before the robot passes it, and
    /// odometry drifts meanwhile.
    pub fused_margin_m: f64,
    /// Padding of the outline, m: how much larger than configured the true outline may be.
    pub padding_m: f64,
    /// Minimum command latency in the prediction of stops, s; a longer observed latency replaces
    /// it.
    pub latency_s: f64,
    /// Share of the configured deceleration in the prediction of stops, 0 to 1; a lower observed
    /// deceleration replaces it.
    pub braking_share: f64,
    /// Maximum time between commands for the acceleration limits, s, also if the last command is
    /// older.
    pub period_max_s: f64,
    /// Number of discs that cover a rectangular or polygonal footprint in checks of moving objects.
    pub footprint_discs: usize,
    /// Visibility: maximum age of the ground that the robot may enter.
    pub sight: SightSettings,
    /// Passive safety among moving objects.
    pub passive: PassiveSettings,
}

/// Visibility: maximum age of the ground that the robot may enter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SightSettings {
    /// Maximum age of ground inside the field of view, s, or `periods` scan periods if that is
    /// longer.
    pub fresh_age_s: f64,
    /// See `fresh_age_s`.
    pub periods: f64,
    /// Maximum age of ground outside the field of view, s: since it was observed or driven on.
    pub blind_age_s: f64,
    /// Maximum speed of the outermost point of the outline for entering unobserved ground within
    /// the circumscribed circle, m/s.
    pub blind_swing_mps: f64,
}

impl Default for SightSettings {
    fn default() -> Self {
        Self {
            fresh_age_s: 0.4,
            periods: 2.5,
            blind_age_s: 3.0,
            blind_swing_mps: 0.25,
        }
    }
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            scan_age_max_s: 0.5,
            odometry_age_max_s: 0.25,
            margin_m: 0.005,
            fused_margin_m: 0.015,
            padding_m: 0.01,
            latency_s: 0.15,
            braking_share: 0.6,
            period_max_s: 0.2,
            footprint_discs: 4,
            sight: SightSettings::default(),
            passive: PassiveSettings::default(),
        }
    }
}

impl GuardSettings {
    /// Rejects values that disable a check or immobilise the robot.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "guard";
        self.passive.validate()?;
        let sight = &self.sight;
        let bounds = [
            ("scan_age_max_s", self.scan_age_max_s, 0.05..=2.0),
            ("odometry_age_max_s", self.odometry_age_max_s, 0.02..=1.0),
            ("margin_m", self.margin_m, 0.0..=0.5),
            ("fused_margin_m", self.fused_margin_m, 0.0..=0.5),
            ("padding_m", self.padding_m, 0.0..=0.5),
            ("latency_s", self.latency_s, 0.0..=2.0),
            ("braking_share", self.braking_share, 0.05..=1.0),
            ("period_max_s", self.period_max_s, 0.01..=1.0),
            ("sight.fresh_age_s", sight.fresh_age_s, 0.1..=1.0),
            ("sight.periods", sight.periods, 1.5..=5.0),
            ("sight.blind_age_s", sight.blind_age_s, 0.0..=10.0),
            ("sight.blind_swing_mps", sight.blind_swing_mps, 0.0..=0.3),
        ];
        SettingsError::ensure_within(section, &bounds)?;
        let discs = [("footprint_discs", self.footprint_discs, 1..=8)];
        SettingsError::ensure_within(section, &discs)
    }
}
