//! Parameters of the detection and tracking of moving objects.

use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// Parameters of the detection and tracking of moving objects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrackingSettings {
    /// Enables tracking.
    pub enabled: bool,
    /// Time after which an object that arrived and stopped counts as a static obstacle, s.
    pub settle_s: f64,
    /// Endpoints within this distance of an occupied cell are attributed to it, m.
    pub blur_m: f64,
    /// Addition to `blur_m` per range, for the error of the heading, rad.
    pub blur_rad: f64,
    /// Maximum distance between consecutive endpoints of one cluster, m.
    pub join_m: f64,
    /// Clusters whose centres are closer than this are merged, as those of two legs are, m.
    pub merge_m: f64,
    /// Minimum number of endpoints in a cluster.
    pub points_min: usize,
    /// Minimum radius of a track, that of a person, m.
    pub radius_min_m: f64,
    /// Maximum radius of a track, m.
    pub radius_max_m: f64,
    /// Standard deviation of the centre of a cluster, m.
    pub position_sd_m: f64,
    /// Initial standard deviation of each velocity component, m/s.
    pub speed_sd_mps: f64,
    /// Standard deviation of each acceleration component, white over time steps, m/s².
    pub acceleration_sd_mps2: f64,
    /// Radius of the association gate in standard deviations of the predicted position.
    pub gate_sd: f64,
    /// Maximum radius of the association gate, m.
    pub gate_max_m: f64,
    /// Minimum number of scans that confirm a track ...
    pub confirm_scans: u32,
    /// ... over at least this time, s.
    pub confirm_s: f64,
    /// Time for which a track is predicted without a detection, s.
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
    /// Rejects parameters with which nothing can be tracked.
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
