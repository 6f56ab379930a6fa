//! How the map is kept.

use serde::{Deserialize, Serialize};

use super::ROLL_CELLS;
use crate::{LogOdds, MotionSettings, SettingsError, TrackingSettings, VolumeSettings};

/// Largest side of a window, cells.
const CELLS_MAX: f64 = 2048.0;
/// Largest side of a window with a volume, whose columns take more memory, cells.
const VOLUME_CELLS_MAX: f64 = 1024.0;

/// How the map is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapperSettings {
    /// Side of a cell, m.
    pub resolution_m: f64,
    /// Side of the square window about the robot, m.
    pub size_m: f64,
    /// Side of the square about the robot in which distances are computed, m.
    pub field_size_m: f64,
    /// Distances are to where in their cells things were hit, not to the middles of the cells.
    pub surfaces: bool,
    /// Distances are capped here, m.
    pub field_max_m: f64,
    /// Beams clear and mark up to this range, m.
    pub range_m: f64,
    /// Where the base is tilted, beams of planar scans clear and mark as far as that carries them
    /// this much off their level, up or down, m.
    pub scan_tilt_max_m: f64,
    /// At the first scan, unknown cells this near `footprint_centre_m` are free: the robot has come
    /// to stand there, m. From then on only sight makes cells free.
    pub footprint_radius_m: f64,
    /// Centre of that disc in the base frame, m: the middle of a robot whose base frame is not in
    /// its middle.
    pub footprint_centre_m: [f64; 2],
    /// Time in which evidence halves, s; 0 keeps it.
    pub half_life_s: f64,
    /// A beam this much later than the last odometry is still placed, at the last velocity, s.
    pub extrapolate_s: f64,
    /// Odometry messages kept to place beams with.
    pub odometry_history: usize,
    /// How evidence of planar scans adds up.
    pub evidence: LogOdds,
    /// What is kept of clouds and depth images.
    pub volume: VolumeSettings,
    /// How motion is followed.
    pub motion: MotionSettings,
    /// How movers are tracked.
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
    /// Refuses what makes no map.
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
