//! ROS 2 messages, with fields in the order of their definitions.
#![allow(missing_docs)] // fields mean what the ROS definitions of the same names say

mod geometry;
mod navigation;
mod sensor;
mod spatial;

pub use geometry::{
    Covariance, Pose, PoseError, PoseStamped, Quaternion, RosTwist, TransformStamped, Transforms,
    TwistStamped, Vector3,
};
pub use navigation::{OdometryMessage, PathMessage};
pub use sensor::{
    CameraInfo, ImageMessage, LaserScanMessage, PointCloud2Message, RegionOfInterest,
};
pub use spatial::CameraInfoError;

use serde::{Deserialize, Serialize};

use perception::Stamp;

/// `builtin_interfaces/msg/Time`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Time {
    pub sec: i32,
    pub nanosec: u32,
}

/// `std_msgs/msg/Header`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Header {
    pub stamp: Time,
    pub frame_id: String,
}

impl From<Stamp> for Time {
    /// Converts a stamp. Stamps beyond 2038 do not fit into the message: writers reject them first.
    fn from(stamp: Stamp) -> Self {
        Self {
            sec: stamp.0.div_euclid(1_000_000_000) as i32,
            nanosec: stamp.0.rem_euclid(1_000_000_000) as u32,
        }
    }
}

impl From<Time> for Stamp {
    fn from(time: Time) -> Self {
        Self(i64::from(time.sec) * 1_000_000_000 + i64::from(time.nanosec))
    }
}
