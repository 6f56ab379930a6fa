//! Messages of `nav_msgs`.

use serde::{Deserialize, Serialize};

use super::{Covariance, Header, Pose, PoseError, PoseStamped, RosTwist};
use perception::{Pose3, Twist};

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

impl OdometryMessage {
    /// Pose and velocity, if they are valid.
    pub fn checked(&self) -> Result<(Pose3, Twist), PoseError> {
        let pose = self.pose.checked()?;
        let velocity = Twist::from(self.twist);
        if !velocity.is_finite() {
            let what = "the velocity";
            return Err(PoseError::NotFinite { what });
        }
        Ok((pose, velocity))
    }
}
