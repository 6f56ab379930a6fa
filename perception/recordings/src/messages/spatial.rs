//! Conversion of point clouds, depth images and cameras to messages, and back.

use std::ops::RangeInclusive;

use super::{CameraInfo, Header, ImageMessage, PointCloud2Message};
use perception::{
    DepthImage, DepthPixels, Distortion, PinholeCamera, PointCloud, PointCloud2, PointField,
    RawDepth, SensorError, Stamp,
};

/// Data type codes of `sensor_msgs/PointField`.
const UINT16: u8 = 4;
const FLOAT32: u8 = 7;

/// Valid focal lengths of cameras, pixels.
const FOCAL_PX: RangeInclusive<f64> = 0.1..=1e6;
/// Maximum side of an image, pixels.
const SIDE_MAX: u32 = 16_384;

/// Invalid `CameraInfo`: not a pinhole camera with plumb-bob distortion.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field} is {found}: expected {expected}")]
pub struct CameraInfoError {
    /// Name of the field.
    pub field: &'static str,
    /// Value found.
    pub found: String,
    /// Values expected.
    pub expected: &'static str,
}

impl PointCloud2Message {
    /// Creates the message of a point cloud: x, y, z (m), time (s), and ring if available.
    pub fn new(header: Header, cloud: &PointCloud) -> Self {
        let has_rings = cloud.rings.len() == cloud.points.len() && !cloud.rings.is_empty();
        let mut fields: Vec<PointField> = ["x", "y", "z", "time"]
            .into_iter()
            .zip([0, 4, 8, 12])
            .map(|(name, offset)| field(name, offset, FLOAT32))
            .collect();
        if has_rings {
            fields.push(field("ring", 16, UINT16));
        }
        let point_step = if has_rings { 18 } else { 16 };
        let mut data = Vec::with_capacity(cloud.points.len() * point_step);
        for (index, point) in cloud.points.iter().enumerate() {
            for number in point.position.iter().chain([&point.time_s]) {
                data.extend(number.to_le_bytes());
            }
            if has_rings {
                data.extend(cloud.rings[index].to_le_bytes());
            }
        }
        let width = cloud.points.len() as u32;
        Self {
            header,
            height: 1,
            width,
            fields,
            is_bigendian: false,
            point_step: point_step as u32,
            row_step: width * point_step as u32,
            data,
            is_dense: true,
        }
    }

    /// Decodes the point cloud of a message with any layout.
    pub fn cloud(&self) -> Result<PointCloud, SensorError> {
        let mut cloud = PointCloud::default();
        let raw = PointCloud2 {
            height: self.height,
            width: self.width,
            fields: &self.fields,
            is_bigendian: self.is_bigendian,
            point_step: self.point_step,
            row_step: self.row_step,
            data: &self.data,
        };
        raw.decode_into(Stamp::from(self.header.stamp), &mut cloud)?;
        Ok(cloud)
    }
}

fn field(name: &str, offset: u32, datatype: u8) -> PointField {
    PointField {
        name: name.to_owned(),
        offset,
        datatype,
        count: 1,
    }
}

impl ImageMessage {
    /// Creates the message of a depth image.
    pub fn of_depth(header: Header, image: &DepthImage) -> Self {
        let (encoding, pixel, data): (_, _, Vec<u8>) = match &image.pixels {
            DepthPixels::Millimetres(pixels) => (
                "16UC1",
                2,
                pixels
                    .iter()
                    .flat_map(|pixel| pixel.to_le_bytes())
                    .collect(),
            ),
            DepthPixels::Metres(pixels) => (
                "32FC1",
                4,
                pixels
                    .iter()
                    .flat_map(|pixel| pixel.to_le_bytes())
                    .collect(),
            ),
        };
        Self {
            header,
            height: image.height as u32,
            width: image.width as u32,
            encoding: encoding.to_owned(),
            is_bigendian: 0,
            step: (image.width * pixel) as u32,
            data,
        }
    }

    /// Decodes the depth image of a message.
    pub fn depth(&self) -> Result<DepthImage, SensorError> {
        let mut image = DepthImage {
            width: 0,
            height: 0,
            pixels: DepthPixels::Millimetres(Vec::new()),
        };
        let raw = RawDepth {
            height: self.height,
            width: self.width,
            encoding: &self.encoding,
            is_bigendian: self.is_bigendian != 0,
            step: self.step,
            data: &self.data,
        };
        raw.decode_into(&mut image)?;
        Ok(image)
    }
}

impl CameraInfo {
    /// Creates the message of a camera.
    pub fn new(header: Header, camera: &PinholeCamera) -> Self {
        let PinholeCamera { fx, fy, cx, cy, .. } = *camera;
        let Distortion { k1, k2, p1, p2, k3 } = camera.distortion;
        Self {
            header,
            height: camera.height as u32,
            width: camera.width as u32,
            distortion_model: "plumb_bob".to_owned(),
            d: vec![k1, k2, p1, p2, k3],
            k: [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
            r: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            p: [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
            ..Self::default()
        }
    }

    /// Camera of a message: full image, no binning.
    pub fn camera(&self) -> Result<PinholeCamera, CameraInfoError> {
        let refused = |field, found: String, expected| {
            Err(CameraInfoError {
                field,
                found,
                expected,
            })
        };
        let [fx, skew, cx, _, fy, cy, ..] = self.k;
        let focal = FOCAL_PX.contains(&fx) && FOCAL_PX.contains(&fy);
        let centred = cx.abs() <= *FOCAL_PX.end() && cy.abs() <= *FOCAL_PX.end();
        if !(focal && skew == 0.0 && centred) {
            let expected = "fx 0 cx, 0 fy cy, 0 0 1 with fx and fy from 0.1 to 1e6 pixels";
            return refused("k", format!("{:?}", self.k), expected);
        }
        if [self.width, self.height]
            .iter()
            .any(|side| *side > SIDE_MAX)
        {
            let found = format!("{} x {} pixels", self.width, self.height);
            return refused("width and height", found, "at most 16384 each");
        }
        if self.binning_x > 1 || self.binning_y > 1 {
            let found = format!("{} x {}", self.binning_x, self.binning_y);
            return refused("binning", found, "none");
        }
        let flat = self.d.iter().all(|&value| value == 0.0);
        let distortion = match self.d.as_slice() {
            _ if flat => Distortion::default(),
            &[k1, k2, p1, p2, k3]
                if self.distortion_model == "plumb_bob" && self.d.iter().all(|d| d.is_finite()) =>
            {
                Distortion { k1, k2, p1, p2, k3 }
            }
            _ => {
                let found = format!("{:?} of {}", self.d, self.distortion_model);
                return refused("d", found, "five finite numbers of plumb_bob, or zeros");
            }
        };
        Ok(PinholeCamera {
            width: self.width as usize,
            height: self.height as usize,
            fx,
            fy,
            cx,
            cy,
            distortion,
        })
    }
}
