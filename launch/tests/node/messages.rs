//! Messages of a simulated robot.

use launch::SimulatedRobot;
use perception::{Pose2, Stamp};
use recordings::messages::{
    Header, LaserScanMessage, OdometryMessage, Pose, TransformStamped, Transforms,
};

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
