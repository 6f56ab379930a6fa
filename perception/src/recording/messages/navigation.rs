//! `nav_msgs`.

use serde::{Deserialize, Serialize};

use super::{Covariance, Header, Pose, PoseStamped, RosTwist};

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

/// `nav_msgs/msg/Path`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PathMessage {
    pub header: Header,
    pub poses: Vec<PoseStamped>,
}
