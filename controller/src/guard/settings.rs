//! What the guard insists on.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::PassiveSettings;

/// What the guard insists on. Bounds are such that no value disarms a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardSettings {
    /// Older range data stops the robot, s.
    pub scan_age_max_s: f64,
    /// Older odometry stops the robot, s.
    pub odometry_age_max_s: f64,
    /// Clearance that is kept to obstacles until rest, beyond the uncertainty of the map, m.
    pub margin_m: f64,
    /// Added to that for obstacles that depth cameras or clouds alone have met, m: what is lower than
    /// the planar scanner leaves their view before the robot passes it, and odometry drifts meanwhile.
    pub fused_margin_m: f64,
    /// How much larger than configured the true outline may be, m.
    pub padding_m: f64,
    /// Least time from a command to its effect that stops are reckoned with, s; a longer one that
    /// is observed replaces it.
    pub latency_s: f64,
    /// Share of the configured deceleration that stops are reckoned with until the robot is seen to
    /// brake worse, 0 to 1.
    pub braking_share: f64,
    /// Time between commands that limits are applied over when the last one is older, s.
    pub period_max_s: f64,
    /// Discs that cover a rectangular or polygonal footprint against movers.
    pub footprint_discs: usize,
    /// On what ground the robot drives.
    pub sight: SightSettings,
    /// How movers find the robot at rest.
    pub passive: PassiveSettings,
}

/// On what ground the robot drives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SightSettings {
    /// Within the field of view ground may be entered that was seen within this time, s, or within
    /// `periods` scan periods if that is longer.
    pub fresh_age_s: f64,
    /// See `fresh_age_s`.
    pub periods: f64,
    /// Outside the field of view ground may be entered that was seen, or driven on, within this
    /// time, s.
    pub blind_age_s: f64,
    /// Within its circumscribed circle the outline may enter ground never seen at this speed of its
    /// outermost point, m/s.
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
    /// Refuses values that make a check void, or the robot immobile.
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
