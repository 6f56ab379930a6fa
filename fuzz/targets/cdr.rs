//! CDR messages, and the sensor data that they become. The first byte chooses the type.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perception::{LaserScan, Point2, Pose2};
use recordings::cdr::decode;
use recordings::messages::{
    CameraInfo, ImageMessage, LaserScanMessage, OdometryMessage, PathMessage, PointCloud2Message,
    Transforms, TwistStamped,
};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind % 8 {
        0 => {
            if let Ok(message) = decode::<LaserScanMessage>("/scan", 0, bytes) {
                let scan = LaserScan::from(message);
                if scan.validate().is_ok() {
                    for beam in 0..scan.ranges.len() {
                        let ray = scan.ray(beam, Pose2::IDENTITY, 10.0);
                        assert!(ray.is_none_or(|ray| is_near(ray.end)));
                    }
                }
            }
        }
        1 => {
            if let Ok(message) = decode::<PointCloud2Message>("/points", 0, bytes) {
                let _ = message.cloud();
            }
        }
        2 => {
            if let Ok(message) = decode::<ImageMessage>("/depth", 0, bytes) {
                let _ = message.depth();
            }
        }
        3 => {
            if let Ok(message) = decode::<CameraInfo>("/camera_info", 0, bytes) {
                let _ = message.camera();
            }
        }
        4 => drop(decode::<OdometryMessage>("/odom", 0, bytes)),
        5 => drop(decode::<Transforms>("/tf", 0, bytes)),
        6 => drop(decode::<PathMessage>("/plan", 0, bytes)),
        _ => drop(decode::<TwistStamped>("/cmd_vel", 0, bytes)),
    }
});

fn is_near(end: Point2) -> bool {
    end.coords.norm() <= 10.0 + 1e-6
}
