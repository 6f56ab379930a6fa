//! Parameters of the volume and of its sensors.

use serde::{Deserialize, Serialize};

use super::column::LAYERS;
use crate::SettingsError;

/// Parameters of point clouds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CloudSettings {
    /// Minimum range, m; nearer returns are invalid. Drivers write (0, 0, 0) for a beam without a
    /// return.
    pub range_min_m: f64,
    /// Maximum range, m; points mark voxels up to it, and rays clear voxels before it.
    pub range_max_m: f64,
}

impl Default for CloudSettings {
    fn default() -> Self {
        Self {
            range_min_m: 0.1,
            range_max_m: 15.0,
        }
    }
}

/// Parameters of depth images. The standard deviation of a depth z is `noise_per_m z²`, as for
/// stereo and structured light (Khoshelham and Elberink 2012, eq. 9; Nguyen, Izadi, Lovell 2012).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DepthSettings {
    /// Minimum depth, m; smaller depths are invalid.
    pub range_min_m: f64,
    /// Maximum depth, m; larger depths mark no voxel, but the ray is free up to here.
    pub range_max_m: f64,
    /// Standard deviation of a depth of 1 m; it grows with the square of the depth, 1/m. A hit
    /// whose deviation exceeds half a cell has half the weight, and a ray clears only up to two
    /// deviations before its hit.
    pub noise_per_m: f64,
    /// Side of the blocks of pixels that are reduced to their minimum depth, so that thin obstacles
    /// are kept.
    pub decimation: usize,
    /// Threshold of flying pixels: a pixel is dropped if one neighbour is nearer and the opposite
    /// one farther by more than this share of its depth.
    pub flying_share: f64,
    /// Consecutive images in which the floor must be missing from a cell before it is a drop; 0
    /// disables this.
    pub missing_images: u8,
}

impl Default for DepthSettings {
    fn default() -> Self {
        Self {
            range_min_m: 0.2,
            range_max_m: 5.0,
            noise_per_m: 0.002,
            decimation: 2,
            flying_share: 0.08,
            missing_images: 8,
        }
    }
}

/// Parameters of the correction of height and tilt from the floor around the robot. The floor is
/// level if the robot itself is level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LevellingSettings {
    /// Enables the correction of the odometry's height and tilt from point clouds.
    pub enabled: bool,
    /// Time constant of the correction, s.
    pub time_s: f64,
    /// Maximum correction of roll and pitch, rad.
    pub tilt_max: f64,
    /// Maximum distance of floor points from the base, m.
    pub range_m: f64,
}

impl Default for LevellingSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            time_s: 1.0,
            tilt_max: 0.02,
            range_m: 4.0,
        }
    }
}

impl LevellingSettings {
    /// Rejects settings with which nothing can be corrected.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_within(
            "mapper.volume.levelling",
            &[
                ("time_s", self.time_s, 0.001..=3600.0),
                ("tilt_max", self.tilt_max, 1e-4..=1.6),
                ("range_m", self.range_m, 0.1..=100.0),
            ],
        )
    }
}

/// Parameters of the volume.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VolumeSettings {
    /// Enables the volume; if disabled, point clouds and depth images are rejected.
    pub enabled: bool,
    /// Height of a layer, m. There are 64, and the floor is in the middle of one.
    pub layer_m: f64,
    /// Number of layers below that of the floor, for holes and descents.
    pub layers_below: usize,
    /// Height of the base's origin above the floor, m.
    pub base_height_m: f64,
    /// Maximum height above the floor that the robot can drive over, m; an odd number of half
    /// layers.
    pub clearance_m: f64,
    /// Minimum height above the floor that the robot can drive under, m.
    pub robot_height_m: f64,
    /// Margin added to the mapper's `footprint_radius_m`, m. Points within it around
    /// `footprint_centre_m` belong to the robot itself.
    pub self_margin_m: f64,
    /// Maximum step between neighbouring patches of floor, m.
    pub step_m: f64,
    /// Assumed maximum slope of unobserved floor, as a ratio.
    pub slope_max: f64,
    /// Depth below the floor at which a ray proves that there is no floor, m.
    pub drop_m: f64,
    /// Time after which dynamic voxels are forgotten if rays pass by them and no hit confirms them,
    /// s.
    pub mover_memory_s: f64,
    /// Time of confirmation after which a dynamic voxel becomes static, s.
    pub settle_s: f64,
    /// Side of the blocks in cells, four layers high, in which at most one ray per message is
    /// traced.
    pub trace_cells: usize,
    /// Parameters of point clouds.
    pub cloud: CloudSettings,
    /// Parameters of depth images.
    pub depth: DepthSettings,
    /// Parameters of the correction of height and tilt.
    pub levelling: LevellingSettings,
}

impl Default for VolumeSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            layer_m: 0.04,
            layers_below: 14,
            base_height_m: 0.0,
            clearance_m: 0.06,
            robot_height_m: 0.8,
            self_margin_m: 0.05,
            step_m: 0.05,
            slope_max: 0.18,
            drop_m: 0.1,
            mover_memory_s: 0.4,
            settle_s: 10.0,
            trace_cells: 2,
            cloud: CloudSettings::default(),
            depth: DepthSettings::default(),
            levelling: LevellingSettings::default(),
        }
    }
}

impl VolumeSettings {
    /// Rejects settings with which the volume would be empty.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mapper.volume";
        SettingsError::ensure_within(
            section,
            &[
                ("layer_m", self.layer_m, 0.005..=1.0),
                ("clearance_m", self.clearance_m, 0.001..=10.0),
                ("robot_height_m", self.robot_height_m, 0.01..=20.0),
                ("drop_m", self.drop_m, 0.001..=20.0),
                ("mover_memory_s", self.mover_memory_s, 0.001..=3600.0),
                ("settle_s", self.settle_s, 0.01..=86_400.0),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("self_margin_m", self.self_margin_m, 0.0..=5.0),
                ("step_m", self.step_m, 0.0..=5.0),
                ("slope_max", self.slope_max, 0.0..=10.0),
                ("base_height_m", self.base_height_m, 0.0..=10.0),
            ],
        )?;
        let ensure = |allowed, field, value: &dyn std::fmt::Display, expected| {
            SettingsError::ensure(allowed, section, field, value, expected)
        };
        ensure(
            (1..LAYERS - 2).contains(&self.layers_below),
            "layers_below",
            &self.layers_below,
            "1 to 61",
        )?;
        let halves = 2.0 * self.clearance_m / self.layer_m;
        ensure(
            (halves - halves.round()).abs() < 1e-6 && halves.round() % 2.0 == 1.0,
            "clearance_m",
            &self.clearance_m,
            "1, 3, 5, ... halves of layer_m",
        )?;
        let top_m = self.layer_m * ((LAYERS - self.layers_below) as f64 - 0.5);
        ensure(
            self.robot_height_m > self.clearance_m && self.robot_height_m <= top_m,
            "robot_height_m",
            &self.robot_height_m,
            "above clearance_m, and within the layers above the floor",
        )?;
        ensure(
            self.drop_m <= self.layer_m * (self.layers_below as f64 - 0.5),
            "drop_m",
            &self.drop_m,
            "within the layers below the floor",
        )?;
        ensure(
            (1..=8).contains(&self.trace_cells),
            "trace_cells",
            &self.trace_cells,
            "1 to 8",
        )?;
        self.cloud.validate()?;
        self.depth.validate()?;
        self.levelling.validate()
    }
}

impl CloudSettings {
    /// Rejects settings with which all points would be dropped.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mapper.volume.cloud";
        ensure_ranges(section, self.range_min_m, self.range_max_m)
    }
}

impl DepthSettings {
    /// Rejects settings with which all pixels would be dropped.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mapper.volume.depth";
        ensure_ranges(section, self.range_min_m, self.range_max_m)?;
        SettingsError::ensure_within(section, &[("noise_per_m", self.noise_per_m, 0.0..=10.0)])?;
        SettingsError::ensure_within(
            section,
            &[("flying_share", self.flying_share, 0.001..=100.0)],
        )?;
        SettingsError::ensure(
            (1..=16).contains(&self.decimation),
            section,
            "decimation",
            &self.decimation,
            "1 to 16",
        )
    }
}

fn ensure_ranges(section: &'static str, min_m: f64, max_m: f64) -> Result<(), SettingsError> {
    SettingsError::ensure_within(section, &[("range_min_m", min_m, 0.0..=100.0)])?;
    SettingsError::ensure(
        max_m > min_m && max_m <= 500.0,
        section,
        "range_max_m",
        &max_m,
        "a distance above range_min_m, up to 500 m",
    )
}
