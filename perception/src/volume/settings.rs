//! What the volume holds and how its sensors are believed.

use serde::{Deserialize, Serialize};

use super::column::LAYERS;
use crate::SettingsError;

/// How clouds are believed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CloudSettings {
    /// Nearer returns say nothing: drivers write (0, 0, 0) for a beam that came back from nowhere, m.
    pub range_min_m: f64,
    /// Points mark up to this range and clear on the way to it, m.
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

/// How depth images are believed. The deviation of a depth z is `noise_per_m z²`, as stereo and
/// structured light have it (Khoshelham and Elberink 2012, eq. 9; Nguyen, Izadi, Lovell 2012).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DepthSettings {
    /// Smaller depths say nothing, m.
    pub range_min_m: f64,
    /// Larger depths mark nothing, but sight is clear up to here, m.
    pub range_max_m: f64,
    /// Standard deviation of a depth of 1 m; grows with the square, 1/m. A hit whose deviation is
    /// above half a cell weighs half, and sight clears no farther than two deviations before a hit.
    pub noise_per_m: f64,
    /// Pixels are taken in blocks of this side; the nearest of a block speaks for it, so that
    /// nothing thin is lost.
    pub decimation: usize,
    /// A pixel is flying, and dropped, when one neighbour is nearer and the opposite one farther
    /// than it by more than this share of its depth.
    pub flying_share: f64,
    /// Images in a row in which the floor must be missing from a cell before it is a drop; 0: never.
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

/// How height and tilt are corrected by the floor about the robot, which is level where the robot
/// itself stands level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LevellingSettings {
    /// Clouds correct what odometry says of height and tilt.
    pub enabled: bool,
    /// Time constant with which the floor is followed, s.
    pub time_s: f64,
    /// Roll and pitch are corrected by this much at the most, rad.
    pub tilt_max: f64,
    /// Floor within this distance of the base counts, m.
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
    /// Refuses what follows nothing.
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

/// What the volume holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VolumeSettings {
    /// Clouds and depth images are taken in; else they are refused.
    pub enabled: bool,
    /// Height of a layer; there are 64, and the floor lies in the middle of one, m.
    pub layer_m: f64,
    /// Layers below the floor's, for holes and descents.
    pub layers_below: usize,
    /// Height of the base's origin above the floor, m.
    pub base_height_m: f64,
    /// What stays below this above the floor is driven over; an odd number of half layers, m.
    pub clearance_m: f64,
    /// What stays above this over the floor is driven under, m.
    pub robot_height_m: f64,
    /// Added to the mapper's `footprint_radius_m`: points inside, about `footprint_centre_m`, are the
    /// robot itself, m.
    pub self_margin_m: f64,
    /// Rise or fall between neighbouring patches of floor that is still floor, m.
    pub step_m: f64,
    /// Slope that floor is believed to have where it was not seen, as a ratio.
    pub slope_max: f64,
    /// Sight this far below the floor proves that there is none, m.
    pub drop_m: f64,
    /// What came to stand where it was clear is forgotten when sight passes by it and nothing
    /// confirms it for so long, s.
    pub mover_memory_s: f64,
    /// What was confirmed for so long is no mover any more, s.
    pub settle_s: f64,
    /// Sight is followed to at most one point in a block of this many cells and four layers, for
    /// each message.
    pub trace_cells: usize,
    /// Of clouds.
    pub cloud: CloudSettings,
    /// Of depth images.
    pub depth: DepthSettings,
    /// By the floor.
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
    /// Refuses what holds nothing.
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
    /// Refuses what no point fits.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mapper.volume.cloud";
        ensure_ranges(section, self.range_min_m, self.range_max_m)
    }
}

impl DepthSettings {
    /// Refuses what no pixel fits.
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
