//! Whether clouds and depth images can be believed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::SensorFault;
use crate::{CloudPoint, DepthImage, DepthPixels, Pose2};

/// Share of the pixels of a depth image that must hold a distance.
const PIXELS_SHARE_MIN: f64 = 0.01;
/// Every so many points or pixels make the digest of a message.
const SAMPLED: usize = 7;
/// Motion that must show in the content, m and rad.
const FROZEN_M: f64 = 0.02;
const FROZEN_RAD: f64 = 0.02;

/// Judges the messages of one kind of sensor.
#[derive(Debug, Clone, Default)]
pub(crate) struct StreamMonitor {
    /// Digests of the latest contents, one a sensor of the kind, and where the robot was when each
    /// first came.
    contents: Vec<(u64, Pose2)>,
}

/// Sensors of a kind whose contents are remembered.
const SENSORS: usize = 8;

impl StreamMonitor {
    pub(crate) fn forget(&mut self) {
        self.contents.clear();
    }

    /// Judges a sweep taken at `base`.
    pub(crate) fn judge_cloud(
        &mut self,
        base: Pose2,
        points: &[CloudPoint],
    ) -> Option<SensorFault> {
        if points.is_empty() {
            return Some(invalid(0.0));
        }
        let mut digest = DefaultHasher::new();
        for point in points.iter().step_by(SAMPLED) {
            point.position.map(f32::to_bits).hash(&mut digest);
        }
        self.frozen(base, digest.finish())
    }

    /// Judges a depth image taken at `base`.
    pub(crate) fn judge_depth(&mut self, base: Pose2, image: &DepthImage) -> Option<SensorFault> {
        let mut digest = DefaultHasher::new();
        let (valid, count) = match &image.pixels {
            DepthPixels::Millimetres(pixels) => {
                for pixel in pixels.iter().step_by(SAMPLED) {
                    pixel.hash(&mut digest);
                }
                (pixels.iter().filter(|p| **p > 0).count(), pixels.len())
            }
            DepthPixels::Metres(pixels) => {
                for pixel in pixels.iter().step_by(SAMPLED) {
                    pixel.to_bits().hash(&mut digest);
                }
                let valid = |p: &&f32| p.is_finite() && **p > 0.0;
                (pixels.iter().filter(valid).count(), pixels.len())
            }
        };
        let share = valid as f64 / count.max(1) as f64;
        if share < PIXELS_SHARE_MIN {
            return Some(invalid(share));
        }
        self.frozen(base, digest.finish())
    }

    fn frozen(&mut self, base: Pose2, digest: u64) -> Option<SensorFault> {
        let Some((_, first)) = self.contents.iter().find(|(known, _)| *known == digest) else {
            if self.contents.len() == SENSORS {
                self.contents.remove(0);
            }
            self.contents.reserve(SENSORS);
            self.contents.push((digest, base));
            return None;
        };
        let moved = first.inverse() * base;
        let (moved_m, turned_rad) = (moved.position().coords.norm(), moved.yaw.abs());
        (moved_m > FROZEN_M || turned_rad > FROZEN_RAD).then_some(SensorFault::Frozen {
            moved_m,
            turned_rad,
        })
    }
}

fn invalid(share: f64) -> SensorFault {
    SensorFault::Invalid {
        share,
        expected: PIXELS_SHARE_MIN,
    }
}
