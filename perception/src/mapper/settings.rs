//! Parameters of the mapper.

use serde::{Deserialize, Serialize};

use super::ROLL_CELLS;
use crate::{LogOdds, MotionSettings, SettingsError, TrackingSettings, VolumeSettings};

/// Maximum side of a window, cells.
const CELLS_MAX: f64 = 2048.0;
/// Maximum side of a window with a volume, whose columns need more memory, cells.
const VOLUME_CELLS_MAX: f64 = 1024.0;

/// Parameters of the mapper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapperSettings {
    /// Side of a cell, m.
    pub resolution_m: f64,
    /// Side of the square window around the robot, m.
    pub size_m: f64,
    /// Side of the square around the robot in which distances are computed, m.
    pub field_size_m: f64,
    /// Distances refer to the sub-cell offsets of beam endpoints instead of cell centres.
    pub surfaces: bool,
    /// Maximum of the distance field, m.
    pub field_max_m: f64,
    /// Maximum range up to which beams clear and mark cells, m.
    pub range_m: f64,
    /// Maximum height deviation of a beam of a planar scan, up or down, m. If the base is tilted, a
    /// beam clears and marks cells only up to the range at which it deviates by this much.
    pub scan_tilt_max_m: f64,
    /// Radius around `footprint_centre_m` within which unobserved cells become free at the first
    /// scan, m, because the robot occupies them. Afterwards only beams clear cells.
    pub footprint_radius_m: f64,
    /// Centre of that disc in the base frame, m, for a robot whose base frame is not at its centre.
    pub footprint_centre_m: [f64; 2],
    /// Half-life of occupancy evidence, s; 0 disables the decay.
    pub half_life_s: f64,
    /// Maximum time after the last odometry for which a beam is placed by extrapolation at the last
    /// velocity, s.
    pub extrapolate_s: f64,
    /// Number of odometry messages kept for pose lookup.
    pub odometry_history: usize,
    /// Log-odds parameters of planar scans.
    pub evidence: LogOdds,
    /// Parameters of the volume of point clouds and depth images.
    pub volume: VolumeSettings,
    /// Parameters of change detection.
    pub motion: MotionSettings,
    /// Parameters of the tracking of moving objects.
    pub tracking: TrackingSettings,
}

impl Default for MapperSettings {
    fn default() -> Self {
        Self {
            resolution_m: 0.05,
            size_m: 20.0,
            field_size_m: 12.0,
            surfaces: true,
            field_max_m: 3.0,
            range_m: 15.0,
            scan_tilt_max_m: 0.15,
            footprint_radius_m: 0.35,
            footprint_centre_m: [0.0, 0.0],
            half_life_s: 0.0,
            extrapolate_s: 0.1,
            odometry_history: 256,
            evidence: LogOdds::default(),
            volume: VolumeSettings::default(),
            motion: MotionSettings::default(),
            tracking: TrackingSettings::default(),
        }
    }
}

impl MapperSettings {
    /// Rejects settings with which no map can be built.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mapper";
        SettingsError::ensure_within(
            section,
            &[
                ("resolution_m", self.resolution_m, 0.005..=1.0),
                ("size_m", self.size_m, 0.2..=2000.0),
                ("field_size_m", self.field_size_m, 0.01..=2000.0),
                ("field_max_m", self.field_max_m, 0.01..=100.0),
                ("range_m", self.range_m, 0.1..=500.0),
                ("scan_tilt_max_m", self.scan_tilt_max_m, 0.001..=10.0),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("footprint_radius_m", self.footprint_radius_m, 0.0..=10.0),
                (
                    "footprint_centre_m",
                    self.footprint_centre_m[0],
                    -10.0..=10.0,
                ),
                (
                    "footprint_centre_m",
                    self.footprint_centre_m[1],
                    -10.0..=10.0,
                ),
                ("half_life_s", self.half_life_s, 0.0..=86_400.0),
                ("extrapolate_s", self.extrapolate_s, 0.0..=10.0),
            ],
        )?;
        let cells = self.size_m / self.resolution_m;
        let (cells_max, expected) = if self.volume.enabled {
            (VOLUME_CELLS_MAX, "32 to 1024 cells of resolution_m")
        } else {
            (CELLS_MAX, "32 to 2048 cells of resolution_m")
        };
        SettingsError::ensure(
            (32.0..=cells_max).contains(&cells),
            section,
            "size_m",
            &self.size_m,
            expected,
        )?;
        SettingsError::ensure(
            self.field_size_m <= self.size_m && self.field_size_m >= 2.0 * self.resolution_m,
            section,
            "field_size_m",
            &self.field_size_m,
            "two cells or more, and at most size_m",
        )?;
        let history = [("odometry_history", self.odometry_history, 2..=10_000)];
        SettingsError::ensure_within(section, &history)?;
        SettingsError::ensure(
            !self.volume.enabled || cells.round() % ROLL_CELLS as f64 == 0.0,
            section,
            "size_m",
            &self.size_m,
            "a multiple of 8 cells of resolution_m where there is a volume",
        )?;
        self.volume.validate()?;
        self.motion.validate()?;
        self.tracking.validate()?;
        self.evidence.validate()
    }
}
