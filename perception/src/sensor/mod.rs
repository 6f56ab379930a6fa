//! What sensors say, spelled as rays.

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

/// One message of a sensor.
#[derive(Debug, Clone)]
pub enum SensorEvent {
    /// A planar scan; its stamp is the time of the first beam.
    Scan {
        /// Mounting of the sensor.
        base_from_lidar: Pose2,
        /// The scan.
        scan: LaserScan,
    },
    /// A sweep of a LiDAR with several rings; its stamp is the time that its points count from.
    Cloud {
        /// Mounting of the sensor.
        base_from_lidar: Pose3,
        /// The returns.
        cloud: PointCloud,
    },
    /// A depth image; its stamp is the time of exposure.
    Depth {
        /// Mounting of the camera's optical frame.
        base_from_camera: Pose3,
        /// What took it.
        camera: PinholeCamera,
        /// The image.
        image: DepthImage,
    },
    /// Pose in the odometry frame and body velocity.
    Odometry(Odometry),
}
