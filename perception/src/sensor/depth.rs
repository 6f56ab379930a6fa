//! Depth images and the pinhole camera model.

use serde::{Deserialize, Serialize};

use super::SensorError;

/// Radial and tangential distortion (Brown 1966), in the order of ROS's `plumb_bob`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Distortion {
    /// Radial coefficient of the second power.
    pub k1: f64,
    /// Radial coefficient of the fourth power.
    pub k2: f64,
    /// First tangential coefficient.
    pub p1: f64,
    /// Second tangential coefficient.
    pub p2: f64,
    /// Radial coefficient of the sixth power.
    pub k3: f64,
}

/// Pinhole camera. Its optical frame has z forward, x right and y down (REP-103).
///
/// ```text
/// u = fx x/z + cx,   v = fy y/z + cy,   pixel (0, 0) is the centre of the upper left one
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinholeCamera {
    /// Pixels in a row.
    pub width: usize,
    /// Pixels in a column.
    pub height: usize,
    /// Focal length along a row, pixels.
    pub fx: f64,
    /// Focal length along a column, pixels.
    pub fy: f64,
    /// Column of the principal point, pixels.
    pub cx: f64,
    /// Row of the principal point, pixels.
    pub cy: f64,
    /// Lens distortion; all zero for rectified images.
    #[serde(default)]
    pub distortion: Distortion,
}

/// Depth of every pixel along the optical axis, `[height, width]`, row-major (REP-118).
#[derive(Debug, Clone, PartialEq)]
pub enum DepthPixels {
    /// `16UC1`: millimetres; 0 is no measurement.
    Millimetres(Vec<u16>),
    /// `32FC1`: metres; NaN is no measurement, infinity is no obstacle within range.
    Metres(Vec<f32>),
}

impl Default for DepthPixels {
    fn default() -> Self {
        Self::Millimetres(Vec::new())
    }
}

/// Depth image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DepthImage {
    /// Pixels in a row.
    pub width: usize,
    /// Pixels in a column.
    pub height: usize,
    /// Depth of the pixels.
    pub pixels: DepthPixels,
}

impl DepthPixels {
    /// Number of pixels.
    pub fn len(&self) -> usize {
        match self {
            Self::Millimetres(pixels) => pixels.len(),
            Self::Metres(pixels) => pixels.len(),
        }
    }

    /// True if there are no pixels.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl DepthImage {
    /// Rejects an image whose size differs from that of its camera or from the number of its
    /// pixels.
    pub fn validate(&self, camera: &PinholeCamera) -> Result<(), SensorError> {
        let sizes = [
            ("width of a depth image", self.width, camera.width),
            ("height of a depth image", self.height, camera.height),
            (
                "pixels of a depth image",
                self.pixels.len(),
                self.width * self.height,
            ),
        ];
        for (what, found, expected) in sizes {
            if found != expected {
                return Err(SensorError::Size {
                    what,
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }
}
