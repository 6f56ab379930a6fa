//! Files of camera poses: a pose a line, or a log of Open3D. Poses are finite, with rotations.
#![no_main]

use std::path::Path;

use launch::mapping::{Tracking, parse_poses};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for name in ["groundtruth.txt", "trajectory.log"] {
        for pose in parse_poses(Path::new(name), text).unwrap_or_default() {
            assert!(pose.stamp.is_none_or(f64::is_finite));
            if let Tracking::At(pose) = pose.tracking {
                assert!(
                    pose.translation
                        .vector
                        .iter()
                        .all(|value| value.is_finite())
                );
                assert!((pose.rotation.quaternion().norm() - 1.0).abs() < 1e-6);
            }
        }
    }
});
