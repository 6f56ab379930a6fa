//! MCAP to a demonstration.

use perception::Pose2;
use serde::{Deserialize, Serialize};

use super::container::{Container, Role};
use super::translate::Translation;
use super::{Demonstration, DemonstrationError};

/// Where in a recording to look for what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadSettings {
    /// Topic of the scans.
    pub scan: String,
    /// Topic of the odometry.
    pub odometry: String,
    /// Topic of the commands; without commands every odometry message counts as a tick.
    pub command: String,
    /// Topic of the goal; without one the end of the drive was the goal.
    pub goal: String,
    /// Topic of an expert's plans.
    pub plan: String,
    /// Mounting of the scanner, x (m), y (m), yaw (rad), for recordings that do not tell.
    pub base_from_lidar: Option<Pose2>,
    /// Distance to the goal that counted as arrival, for recordings that do not tell, m.
    pub goal_tolerance_m: f64,
}

impl Default for ReadSettings {
    fn default() -> Self {
        Self {
            scan: "/scan".to_owned(),
            odometry: "/odom".to_owned(),
            command: "/cmd_vel".to_owned(),
            goal: "/goal_pose".to_owned(),
            plan: "/expert/plan".to_owned(),
            base_from_lidar: None,
            goal_tolerance_m: 0.3,
        }
    }
}

impl Demonstration {
    /// Reads a whole MCAP file.
    pub fn read(bytes: &[u8], settings: &ReadSettings) -> Result<Self, DemonstrationError> {
        let container = Container::unpack(bytes, settings)?;
        let mut translation = Translation::new(settings, &container.about);
        // mountings hold for the whole recording, whenever they were told
        for raw in &container.raws {
            if raw.role == Role::Transforms && raw.channel.topic == "/tf_static" {
                translation.transforms(raw)?;
            }
        }
        for raw in &container.raws {
            translation.message(raw)?;
        }
        translation.finish()
    }
}
