//! Paths as messages.

use perception::Pose2;
use recordings::messages::{PathMessage, Pose, PoseStamped};

use super::messages::header;

/// A path along some poses.
pub fn path(way: &[Pose2], now_s: f64, frame: &str) -> PathMessage {
    let poses = way.iter().map(|&pose| PoseStamped {
        header: header(now_s, frame),
        pose: Pose::from(pose),
    });
    PathMessage {
        header: header(now_s, frame),
        poses: poses.collect(),
    }
}
