//! ROS 2 messages, field for field in the order of their definitions.

use perception::{Pose2, Stamp, Twist};
use serde::{Deserialize, Serialize};

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

/// `geometry_msgs/msg/Vector3` and `Point`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Vector3 {
    pub x: f64,
    pub y: f64,
    pub z: f64,
}

/// `geometry_msgs/msg/Quaternion`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quaternion {
    pub x: f64,
    pub y: f64,
    pub z: f64,
    pub w: f64,
}

/// `geometry_msgs/msg/Pose`, and `Transform`, which has the same fields.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    pub position: Vector3,
    pub orientation: Quaternion,
}

/// `geometry_msgs/msg/Twist`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct RosTwist {
    pub linear: Vector3,
    pub angular: Vector3,
}

/// `sensor_msgs/msg/LaserScan`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaserScanMessage {
    pub header: Header,
    pub angle_min: f32,
    pub angle_max: f32,
    pub angle_increment: f32,
    pub time_increment: f32,
    pub scan_time: f32,
    pub range_min: f32,
    pub range_max: f32,
    pub ranges: Vec<f32>,
    pub intensities: Vec<f32>,
}

/// Rows of a 6 by 6 covariance.
pub type Covariance = [[f64; 6]; 6];

/// `nav_msgs/msg/Odometry`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OdometryMessage {
    pub header: Header,
    pub child_frame_id: String,
    pub pose: Pose,
    pub pose_covariance: Covariance,
    pub twist: RosTwist,
    pub twist_covariance: Covariance,
}

/// `geometry_msgs/msg/TwistStamped`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TwistStamped {
    pub header: Header,
    pub twist: RosTwist,
}

/// `geometry_msgs/msg/PoseStamped`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoseStamped {
    pub header: Header,
    pub pose: Pose,
}

/// `geometry_msgs/msg/TransformStamped`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformStamped {
    pub header: Header,
    pub child_frame_id: String,
    pub transform: Pose,
}

/// `tf2_msgs/msg/TFMessage`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Transforms {
    pub transforms: Vec<TransformStamped>,
}

/// `performer_mpc_msgs/msg/Plan`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PlanMessage {
    pub stamp: Time,
    pub dt: f64,
    pub states: Vec<f64>,
    pub inputs: Vec<f64>,
}

impl From<Stamp> for Time {
    /// Stamps before the epoch or beyond 2038 do not fit; the writer refuses them first.
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

impl From<Pose2> for Pose {
    fn from(pose: Pose2) -> Self {
        let (sin, cos) = (0.5 * pose.yaw).sin_cos();
        Self {
            position: Vector3 {
                x: pose.x,
                y: pose.y,
                z: 0.0,
            },
            orientation: Quaternion {
                x: 0.0,
                y: 0.0,
                z: sin,
                w: cos,
            },
        }
    }
}

impl From<Twist> for RosTwist {
    fn from(twist: Twist) -> Self {
        let mut message = Self::default();
        message.linear.x = twist.linear;
        message.angular.z = twist.angular;
        message
    }
}

impl From<RosTwist> for Twist {
    fn from(twist: RosTwist) -> Self {
        Self::new(twist.linear.x, twist.angular.z)
    }
}
