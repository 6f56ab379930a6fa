//! Settings of a depth camera.

use std::f64::consts::{FRAC_PI_2, PI};

use serde::{Deserialize, Serialize};

use super::Mounting;
use crate::SettingsError;

/// Maximum number of pixels of an image.
const PIXELS_MAX: usize = 1 << 22;

/// A depth camera and its mounting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DepthCameraSettings {
    /// Image width, pixels.
    pub width: usize,
    /// Image height, pixels.
    pub height: usize,
    /// Horizontal field of view, rad.
    pub horizontal_view_rad: f64,
    /// Period of images, s.
    pub period_s: f64,
    /// Minimum depth, m; nearer pixels read 0.
    pub range_min_m: f64,
    /// Maximum depth, m; farther pixels read 0.
    pub range_max_m: f64,
    /// Standard deviation of depth at the camera, m: `a` in `a + b z²`.
    pub noise_a_m: f64,
    /// Its growth with the square of depth, 1/m: `b`.
    pub noise_b_per_m: f64,
    /// Disparity resolution, pixels; 0 for continuous depth.
    pub disparity_step_px: f64,
    /// Distance between projector and camera, or between both cameras, m.
    pub baseline_m: f64,
    /// Minimum difference of depth between neighbours at an edge, m.
    pub edge_m: f64,
    /// Share of pixels at edges that read a mixture of both sides, 0 to 1.
    pub edge_mix_share: f64,
    /// Share of pixels that randomly read 0, 0 to 1.
    pub dropout_share: f64,
    /// Maximum angle of incidence from the surface normal, rad; pixels beyond it read 0.
    pub grazing_max_rad: f64,
    /// Mounting of the camera's body, x in the direction of view. The frame of the images is
    /// [`Mounting::optical_pose`].
    pub mounting: Mounting,
}

impl Default for DepthCameraSettings {
    fn default() -> Self {
        Self {
            width: 160,
            height: 120,
            horizontal_view_rad: 60.0_f64.to_radians(),
            period_s: 1.0 / 15.0,
            range_min_m: 0.35,
            range_max_m: 5.0,
            noise_a_m: 0.001,
            noise_b_per_m: 0.002,
            disparity_step_px: 0.0,
            baseline_m: 0.075,
            edge_m: 0.1,
            edge_mix_share: 0.5,
            dropout_share: 0.005,
            grazing_max_rad: 80.0_f64.to_radians(),
            mounting: Mounting {
                z_m: 1.2,
                pitch_rad: 35.0_f64.to_radians(),
                ..Mounting::default()
            },
        }
    }
}

impl DepthCameraSettings {
    /// Rejects values out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "depth_camera";
        for (field, pixels) in [("width", self.width), ("height", self.height)] {
            let allowed = (2..=4096).contains(&pixels);
            SettingsError::ensure(allowed, section, field, &pixels, "2 to 4096")?;
        }
        SettingsError::ensure(
            self.width * self.height <= PIXELS_MAX,
            section,
            "width times height",
            &(self.width * self.height),
            "at most 4194304 pixels",
        )?;
        SettingsError::ensure(
            self.horizontal_view_rad > 0.01 && self.horizontal_view_rad < 0.95 * PI,
            section,
            "horizontal_view_rad",
            &self.horizontal_view_rad,
            "above 0.01, below 0.95 pi",
        )?;
        SettingsError::ensure_within(section, &[("period_s", self.period_s, 0.001..=10.0)])?;
        SettingsError::ensure_within(
            section,
            &[
                ("range_min_m", self.range_min_m, 0.0..=65.0),
                ("noise_a_m", self.noise_a_m, 0.0..=10.0),
                ("noise_b_per_m", self.noise_b_per_m, 0.0..=10.0),
                ("disparity_step_px", self.disparity_step_px, 0.0..=100.0),
                ("baseline_m", self.baseline_m, 0.0..=10.0),
                ("edge_m", self.edge_m, 0.0..=100.0),
            ],
        )?;
        SettingsError::ensure(
            self.disparity_step_px == 0.0 || self.baseline_m > 0.0,
            section,
            "baseline_m",
            &self.baseline_m,
            "above 0 where disparity has steps",
        )?;
        SettingsError::ensure(
            self.range_max_m > self.range_min_m && self.range_max_m <= 65.0,
            section,
            "range_max_m",
            &self.range_max_m,
            "above range_min_m, up to 65 m, the most that 16 bits of millimetres hold",
        )?;
        for (field, share) in [
            ("edge_mix_share", self.edge_mix_share),
            ("dropout_share", self.dropout_share),
        ] {
            let allowed = (0.0..=1.0).contains(&share);
            SettingsError::ensure(allowed, section, field, &share, "0 to 1")?;
        }
        SettingsError::ensure(
            self.grazing_max_rad > 0.0 && self.grazing_max_rad <= FRAC_PI_2,
            section,
            "grazing_max_rad",
            &self.grazing_max_rad,
            "above 0, up to pi/2",
        )?;
        self.mounting.validate(section)
    }
}
