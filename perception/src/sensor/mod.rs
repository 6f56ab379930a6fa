//! Sensor messages, and their conversion to rays and points.

mod camera_rays;
mod cloud;
mod depth;
mod error;
mod laser;
mod mounting;
mod odometry;
mod point_cloud2;
mod raw_depth;
mod ray;
mod scan_filter;

pub use cloud::{CloudPoint, PointCloud};
pub use depth::{DepthImage, DepthPixels, Distortion, PinholeCamera};
pub use error::SensorError;
pub use laser::{Beam, LaserScan};
pub use mounting::{mounting, planar};
pub use odometry::Odometry;
pub use point_cloud2::{PointCloud2, PointField};
pub use raw_depth::RawDepth;
pub use ray::{Ray, Return};
pub use scan_filter::{ScanFilter, ScanFilterSettings};

pub(crate) use camera_rays::CameraRays;

use crate::{Pose2, Pose3};

/// Message of one sensor.
#[derive(Debug, Clone)]
pub enum SensorEvent {
    /// Planar scan; its stamp is the time of the first beam.
    Scan {
        /// Mounting pose of the sensor.
        base_from_lidar: Pose2,
        /// The scan.
        scan: LaserScan,
    },
    /// Sweep of a multi-ring LiDAR; its stamp is the reference of the times of its points.
    Cloud {
        /// Mounting pose of the sensor.
        base_from_lidar: Pose3,
        /// The point cloud.
        cloud: PointCloud,
    },
    /// Depth image; its stamp is the time of exposure.
    Depth {
        /// Mounting pose of the camera's optical frame.
        base_from_camera: Pose3,
        /// Camera that took the image.
        camera: PinholeCamera,
        /// The image.
        image: DepthImage,
    },
    /// Pose in the odometry frame and body velocity.
    Odometry(Odometry),
}
