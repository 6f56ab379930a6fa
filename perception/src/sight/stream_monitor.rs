//! Plausibility checks of point clouds and depth images.

use std::cmp::{Ordering, Reverse};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{SensorFault, SensorState};
use crate::{CloudPoint, DepthImage, DepthPixels, Point3, Pose2, Pose3, Stamp};

/// Minimum share of the pixels of a depth image that must hold a distance.
const PIXELS_SHARE_MIN: f64 = 0.01;
/// Stride of the points or pixels that enter the digest of a message.
const SAMPLED: usize = 7;
/// Robot motion after which the content must have changed, m and rad.
const FROZEN_M: f64 = 0.02;
const FROZEN_RAD: f64 = 0.02;

/// Maximum number of distinct sensors of a kind; beyond it the one silent for longest is dropped.
const SENSORS_MAX: usize = 4;
/// Mountings that differ by less than this belong to one sensor, m at the tips of its axes.
const SAME_M: f64 = 0.1;
/// Age at which a sensor that never alternated with another is dropped, s: it was a transient error
/// of the mounting.
const PASSING_S: f64 = 1.0;

/// Checks the messages of one kind of sensor, each sensor separately, so that a working sensor does
/// not mask a blind one. Sensors are distinguished by their mounting.
#[derive(Debug, Clone, Default)]
pub(crate) struct StreamMonitor {
    sensors: Vec<Sensor>,
}

#[derive(Debug, Clone)]
struct Sensor {
    mounting: Pose3,
    state: SensorState,
    /// Digest of the latest content, and the pose of the robot when it first arrived.
    content: Option<(u64, Pose2)>,
    /// Another sensor has sent a message after the last one of this sensor.
    others_since: bool,
    /// The sensor has sent two messages with one of another sensor in between.
    alternates: bool,
}

impl StreamMonitor {
    pub(crate) fn forget(&mut self) {
        self.sensors.clear();
    }

    /// Checks a sweep taken at `base` by a scanner at `mounting`.
    pub(crate) fn judge_cloud(
        &mut self,
        stamp: Stamp,
        mounting: &Pose3,
        base: Pose2,
        points: &[CloudPoint],
    ) -> Option<SensorFault> {
        let sensor = self.sensor(stamp, mounting);
        let mut digest = DefaultHasher::new();
        for point in points.iter().step_by(SAMPLED) {
            point.position.map(f32::to_bits).hash(&mut digest);
        }
        let fault = if points.is_empty() {
            Some(invalid(0.0))
        } else {
            sensor.frozen(base, digest.finish())
        };
        sensor.state.note(stamp, fault, fault.is_none());
        fault
    }

    /// Checks a depth image taken at `base` by a camera at `mounting`.
    pub(crate) fn judge_depth(
        &mut self,
        stamp: Stamp,
        mounting: &Pose3,
        base: Pose2,
        image: &DepthImage,
    ) -> Option<SensorFault> {
        let sensor = self.sensor(stamp, mounting);
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
        let fault = if share < PIXELS_SHARE_MIN {
            Some(invalid(share))
        } else {
            sensor.frozen(base, digest.finish())
        };
        sensor.state.note(stamp, fault, fault.is_none());
        fault
    }

    /// State of the sensor whose last accepted message is the oldest; among equals, one with a
    /// fault.
    pub(crate) fn worst(&self) -> SensorState {
        let place = |sensor: &Sensor| sensor.mounting.translation.vector;
        let worst = self.sensors.iter().min_by(|one, other| {
            let key = |sensor: &Sensor| (sensor.state.accepted, sensor.state.fault.is_none());
            let by_place = || {
                let (one, other) = (place(one), place(other));
                let pairs = one.iter().zip(other.iter());
                pairs.fold(Ordering::Equal, |so_far, (a, b)| {
                    so_far.then(a.total_cmp(b))
                })
            };
            key(one).cmp(&key(other)).then_with(by_place)
        });
        worst.map_or_else(SensorState::default, |sensor| sensor.state)
    }

    /// Sensor at a mounting; a new one is added if there was none.
    fn sensor(&mut self, stamp: Stamp, mounting: &Pose3) -> &mut Sensor {
        let latest = self.sensors.iter().map(|sensor| sensor.state.arrived).max();
        self.sensors.retain(|sensor| {
            let age_s = sensor.state.arrived.map(|then| stamp.secs_since(then));
            sensor.alternates
                || Some(sensor.state.arrived) == latest
                || age_s.is_some_and(|age_s| age_s.abs() <= PASSING_S)
        });
        let tips = [Point3::new(1.0, 0.0, 0.0), Point3::new(0.0, 1.0, 0.0)];
        let is_same = |sensor: &Sensor| {
            let differs = |tip: &Point3| (sensor.mounting * tip - mounting * tip).norm() > SAME_M;
            !tips.iter().any(differs)
        };
        let place = self.sensors.iter().position(is_same).unwrap_or_else(|| {
            if self.sensors.len() == SENSORS_MAX {
                self.sensors
                    .sort_unstable_by_key(|sensor| Reverse(sensor.state.arrived));
                self.sensors.pop();
            }
            self.sensors.reserve(SENSORS_MAX);
            self.sensors.push(Sensor {
                mounting: *mounting,
                state: SensorState::default(),
                content: None,
                others_since: false,
                alternates: false,
            });
            self.sensors.len() - 1
        });
        for (other, sensor) in self.sensors.iter_mut().enumerate() {
            sensor.others_since |= other != place;
        }
        let sensor = &mut self.sensors[place];
        sensor.mounting = *mounting; // it may pan
        sensor.alternates |= sensor.state.arrived.is_some() && sensor.others_since;
        sensor.others_since = false;
        sensor
    }
}

impl Sensor {
    fn frozen(&mut self, base: Pose2, digest: u64) -> Option<SensorFault> {
        let Some((_, first)) = self.content.filter(|(known, _)| *known == digest) else {
            self.content = Some((digest, base));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f32) -> [CloudPoint; 1] {
        [CloudPoint {
            position: [x, 0.0, 0.0],
            time_s: 0.0,
        }]
    }

    #[test]
    fn a_frozen_sensor_is_found_beside_a_working_one_in_either_order() {
        let (left, right) = (
            Pose3::translation(0.0, 0.2, 0.5),
            Pose3::translation(0.0, -0.2, 0.5),
        );
        for order in [[left, right], [right, left]] {
            let mut monitor = StreamMonitor::default();
            for tick in 0..20_u8 {
                let stamp = Stamp::from_secs(0.1 * f64::from(tick));
                let base = Pose2::new(0.05 * f64::from(tick), 0.0, 0.0);
                for mounting in &order {
                    let content = if *mounting == left {
                        tick.min(10)
                    } else {
                        tick
                    };
                    monitor.judge_cloud(stamp, mounting, base, &point(f32::from(content)));
                }
            }
            let worst = monitor.worst();
            assert!(matches!(worst.fault, Some(SensorFault::Frozen { .. })));
            assert_eq!(worst.accepted, Some(Stamp::from_secs(1.0)));
        }
    }

    #[test]
    fn a_mounting_that_was_wrong_for_a_while_is_no_sensor_that_fell_silent() {
        let (right, wrong) = (Pose3::identity(), Pose3::translation(1.0, 0.0, 0.0));
        let mut monitor = StreamMonitor::default();
        for tick in 0..60_u8 {
            let stamp = Stamp::from_secs(0.1 * f64::from(tick));
            let is_wrong = (20..40).contains(&tick);
            let mounting = if is_wrong { &wrong } else { &right };
            let content = point(f32::from(tick));
            monitor.judge_cloud(stamp, mounting, Pose2::IDENTITY, &content);
        }
        assert_eq!(monitor.worst().accepted, Some(Stamp::from_secs(5.9)));
    }
}
