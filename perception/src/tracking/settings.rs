//! How movers are found and followed.

use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// How movers are found and followed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrackingSettings {
    /// Movers are tracked.
    pub enabled: bool,
    /// What came and has stayed for so long stands, s.
    pub settle_s: f64,
    /// Beam ends this near to what stands are taken for it, m.
    pub blur_m: f64,
    /// And as near as this times their range, for the error of the heading, rad.
    pub blur_rad: f64,
    /// Beam ends of one cluster follow each other this closely, m.
    pub join_m: f64,
    /// Clusters whose middles are this near are one: two legs, m.
    pub merge_m: f64,
    /// Beam ends that make a cluster.
    pub points_min: usize,
    /// Least radius of a track: that of a person, m.
    pub radius_min_m: f64,
    /// Largest, m.
    pub radius_max_m: f64,
    /// Standard deviation of the middle of a cluster, m.
    pub position_sd_m: f64,
    /// Deviation of the speed of what is first seen, each part, m/s.
    pub speed_sd_mps: f64,
    /// Deviation of the acceleration, m/s² in each part, white over time steps.
    pub acceleration_sd_mps2: f64,
    /// Clusters are looked for within so many deviations of where a track is expected.
    pub gate_sd: f64,
    /// And no farther than this, m.
    pub gate_max_m: f64,
    /// A track is confirmed once so many scans have seen it ...
    pub confirm_scans: u32,
    /// ... over this time, s.
    pub confirm_s: f64,
    /// A track goes on unseen for so long, s.
    pub coast_s: f64,
}

impl Default for TrackingSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            settle_s: 2.0,
            blur_m: 0.05,
            blur_rad: 0.02,
            join_m: 0.2,
            merge_m: 0.35,
            points_min: 3,
            radius_min_m: 0.25,
            radius_max_m: 0.5,
            position_sd_m: 0.05,
            speed_sd_mps: 1.0,
            acceleration_sd_mps2: 2.0,
            gate_sd: 3.5,
            gate_max_m: 0.6,
            confirm_scans: 3,
            confirm_s: 0.1,
            coast_s: 0.6,
        }
    }
}

impl TrackingSettings {
    /// Refuses what tracks nothing.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mapper.tracking";
        SettingsError::ensure_within(
            section,
            &[
                ("settle_s", self.settle_s, 0.01..=3600.0),
                ("join_m", self.join_m, 0.001..=10.0),
                ("radius_min_m", self.radius_min_m, 0.01..=10.0),
                ("position_sd_m", self.position_sd_m, 0.001..=10.0),
                ("speed_sd_mps", self.speed_sd_mps, 0.001..=100.0),
                (
                    "acceleration_sd_mps2",
                    self.acceleration_sd_mps2,
                    0.001..=100.0,
                ),
                ("gate_sd", self.gate_sd, 0.1..=100.0),
                ("gate_max_m", self.gate_max_m, 0.01..=100.0),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("blur_m", self.blur_m, 0.0..=10.0),
                ("blur_rad", self.blur_rad, 0.0..=1.0),
                ("merge_m", self.merge_m, 0.0..=10.0),
                ("coast_s", self.coast_s, 0.0..=60.0),
                ("confirm_s", self.confirm_s, 0.0..=60.0),
            ],
        )?;
        SettingsError::ensure(
            (self.radius_min_m..=10.0).contains(&self.radius_max_m),
            section,
            "radius_max_m",
            &self.radius_max_m,
            "radius_min_m to 10 m",
        )?;
        SettingsError::ensure_within(section, &[("points_min", self.points_min, 1..=10_000)])?;
        SettingsError::ensure_within(section, &[("confirm_scans", self.confirm_scans, 1..=1000)])
    }
}
