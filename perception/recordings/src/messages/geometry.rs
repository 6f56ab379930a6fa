//! Messages of `geometry_msgs` and `tf2_msgs`, and their conversion to poses and velocities.

use nalgebra::{Translation3, UnitQuaternion};
use serde::{Deserialize, Serialize};

use super::Header;
use perception::{Pose2, Pose3, Twist};

/// Minimum norm of a quaternion that can be normalised.
const LENGTH_MIN: f64 = 1e-6;

/// Maximum distance of a position from the origin, m.
const FAR_M: f64 = 1e6;
/// Tolerance of the norm of a quaternion.
const UNIT_TOLERANCE: f64 = 0.01;

/// Reason why a pose or a velocity of a message is invalid.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PoseError {
    /// A number is NaN or infinite.
    #[error("{what} is not finite")]
    NotFinite {
        /// Quantity that is not finite.
        what: &'static str,
    },
    /// The position is out of bounds.
    #[error("a pose is farther than {FAR_M} m")]
    Far,
    /// The quaternion is not a rotation.
    #[error("a quaternion of length {length}: expected 1")]
    Rotation {
        /// Norm of the quaternion.
        length: f64,
    },
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

/// Rows of a 6 by 6 covariance.
pub type Covariance = [[f64; 6]; 6];

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

impl From<Pose3> for Pose {
    fn from(pose: Pose3) -> Self {
        let (place, turn) = (pose.translation, pose.rotation);
        Self {
            position: Vector3 {
                x: place.x,
                y: place.y,
                z: place.z,
            },
            orientation: Quaternion {
                x: turn.i,
                y: turn.j,
                z: turn.k,
                w: turn.w,
            },
        }
    }
}

impl Pose {
    /// Transform, if its numbers are finite, its position is within 1000 km and the norm of its
    /// quaternion is 1 to within 0.01, as tf2 requires. Maps, replays and the node all read poses
    /// through this function.
    pub fn checked(&self) -> Result<Pose3, PoseError> {
        let (p, q) = (self.position, self.orientation);
        let is_finite = [p.x, p.y, p.z, q.x, q.y, q.z, q.w]
            .iter()
            .all(|value| value.is_finite());
        if !is_finite {
            return Err(PoseError::NotFinite { what: "a pose" });
        }
        if [p.x, p.y, p.z].iter().any(|value| value.abs() > FAR_M) {
            return Err(PoseError::Far);
        }
        let length = nalgebra::Quaternion::new(q.w, q.x, q.y, q.z).norm();
        let is_unit = (length - 1.0).abs() <= UNIT_TOLERANCE;
        self.to_pose3()
            .filter(|_| is_unit)
            .ok_or(PoseError::Rotation { length })
    }

    /// Transform, if its numbers are finite and the norm of its quaternion is not zero; the
    /// quaternion is normalised.
    pub fn to_pose3(&self) -> Option<Pose3> {
        let (p, q) = (self.position, self.orientation);
        let quaternion = nalgebra::Quaternion::new(q.w, q.x, q.y, q.z);
        let finite = [p.x, p.y, p.z, q.x, q.y, q.z, q.w]
            .iter()
            .all(|value| value.is_finite());
        (finite && quaternion.norm() > LENGTH_MIN).then(|| {
            Pose3::from_parts(
                Translation3::new(p.x, p.y, p.z),
                UnitQuaternion::new_normalize(quaternion),
            )
        })
    }
}
