//! Messages of a simulated robot.

use launch::SimulatedRobot;
use perception::recording::messages::{
    Header, LaserScanMessage, OdometryMessage, PathMessage, Pose, PoseStamped, TransformStamped,
    Transforms,
};
use perception::{Pose2, Stamp};

pub fn header(time_s: f64, frame: &str) -> Header {
    Header {
        stamp: Stamp::from_secs(time_s).into(),
        frame_id: frame.to_owned(),
    }
}

pub fn link(now_s: f64, parent: &str, child: &str, pose: Pose2) -> Transforms {
    Transforms {
        transforms: vec![TransformStamped {
            header: header(now_s, parent),
            child_frame_id: child.to_owned(),
            transform: Pose::from(pose),
        }],
    }
}

pub fn odometry(robot: &SimulatedRobot, now_s: f64) -> OdometryMessage {
    let odometry = robot.odometry();
    OdometryMessage {
        header: header(now_s, "odom"),
        child_frame_id: "base_link".to_owned(),
        pose: Pose::from(odometry.odom_from_base),
        pose_covariance: [[0.0; 6]; 6],
        twist: odometry.velocity.into(),
        twist_covariance: [[0.0; 6]; 6],
    }
}

pub fn scan(robot: &mut SimulatedRobot, now_s: f64) -> LaserScanMessage {
    LaserScanMessage::new(header(now_s, "laser"), &robot.scan())
}

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

/// The straight way to a place.
pub fn straight(to: Pose2) -> Vec<Pose2> {
    let share = |step: i32| f64::from(step) / 40.0;
    (0..=40)
        .map(|step| Pose2::new(share(step) * to.x, share(step) * to.y, to.yaw))
        .collect()
}
