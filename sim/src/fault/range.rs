//! Faults of range sensors.
//!
//! Each fault is a function from direction and range of a beam to a reading. A point of a cloud
//! moves along its beam, and is removed if the beam has no return; a pixel of a depth image then
//! reads 0.

use std::collections::VecDeque;

use nalgebra::Vector3;
use perception::{DepthPixels, PointCloud, Pose3, SensorEvent, wrap_angle};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::kind::{Fault, InvalidReading, SensorScope};
use super::plan::{FaultPlan, ScheduledFault};

/// Maximum range of cloud points and depth pixels, m: their messages do not contain it.
const RANGE_MAX_M: f64 = 30.0;

/// Past messages of one sensor.
#[derive(Debug, Default)]
struct Memory {
    /// Times of arrival, s, and messages, oldest first.
    past: VecDeque<(f64, SensorEvent)>,
    frozen: Option<SensorEvent>,
}

/// State of the faults of range sensors.
#[derive(Debug)]
pub(super) struct RangeFaults {
    rng: ChaCha8Rng,
    /// Maximum age of a message to be repeated, s; none without such a fault.
    keeps_s: Option<f64>,
    memory: Vec<Memory>,
}

impl RangeFaults {
    pub fn new(plan: &FaultPlan, seed: u64) -> Self {
        let ages = plan
            .faults
            .iter()
            .filter_map(|scheduled| match scheduled.fault {
                Fault::ScanFrozen => Some(0.0),
                Fault::ScanStale { age_s } => Some(age_s),
                _ => None,
            });
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            keeps_s: ages.reduce(f64::max),
            memory: Vec::new(),
        }
    }

    /// Distorts a message measured at a time, s.
    pub fn distort(&mut self, plan: &FaultPlan, t_s: f64, event: &mut SensorEvent) {
        let original = self.keeps_s.map(|_| event.clone());
        let slot = self.slot_of(event);
        for scheduled in &plan.faults {
            let is_active = scheduled.is_active(t_s) && concerns(scheduled, event);
            match scheduled.fault {
                Fault::ScanFrozen => {
                    let memory = &mut self.memory[slot];
                    if is_active {
                        let last = memory.past.back().map(|(_, last)| last);
                        let frozen = memory
                            .frozen
                            .get_or_insert_with(|| last.unwrap_or(event).clone());
                        event.clone_from(frozen);
                    } else {
                        memory.frozen = None;
                    }
                }
                Fault::ScanStale { age_s } if is_active => {
                    let past = &self.memory[slot].past;
                    let newest = past
                        .iter()
                        .rev()
                        .find(|(then_s, _)| *then_s <= t_s - age_s + 1e-9);
                    if let Some((_, old)) = newest.or(past.front()) {
                        event.clone_from(old);
                    }
                }
                _ if is_active => {
                    let rng = &mut self.rng;
                    read_all(event, |azimuth, range, range_max| {
                        reading(&scheduled.fault, rng, azimuth, range, range_max)
                    });
                }
                _ => {}
            }
        }
        if let (Some(original), Some(keeps_s)) = (original, self.keeps_s) {
            let past = &mut self.memory[slot].past;
            past.push_back((t_s, original));
            // keeps the newest message that is old enough
            while past
                .get(1)
                .is_some_and(|(then_s, _)| *then_s <= t_s - keeps_s)
            {
                past.pop_front();
            }
        }
    }

    /// Memory of the sensor of a message.
    fn slot_of(&mut self, event: &SensorEvent) -> usize {
        if self.keeps_s.is_none() {
            self.memory.resize_with(1, Memory::default);
            return 0;
        }
        let is_of = |memory: &Memory| {
            memory
                .past
                .front()
                .is_some_and(|(_, other)| is_same_sensor(event, other))
        };
        self.memory.iter().position(is_of).unwrap_or_else(|| {
            self.memory.push(Memory::default());
            self.memory.len() - 1
        })
    }
}

/// True if a fault of range sensors affects the sensor of a message.
pub(super) fn concerns(scheduled: &ScheduledFault, event: &SensorEvent) -> bool {
    scheduled.fault.is_of_range_sensors()
        && match event {
            SensorEvent::Odometry(_) => false,
            SensorEvent::Scan { .. } => true,
            SensorEvent::Cloud { .. } | SensorEvent::Depth { .. } => {
                scheduled.sensors == SensorScope::All
            }
        }
}

/// True if both messages are of the same sensor.
pub(super) fn is_same_sensor(one: &SensorEvent, other: &SensorEvent) -> bool {
    match (one, other) {
        (SensorEvent::Odometry(_), SensorEvent::Odometry(_))
        | (SensorEvent::Scan { .. }, SensorEvent::Scan { .. }) => true,
        (
            SensorEvent::Cloud {
                base_from_lidar: one,
                ..
            },
            SensorEvent::Cloud {
                base_from_lidar: other,
                ..
            },
        )
        | (
            SensorEvent::Depth {
                base_from_camera: one,
                ..
            },
            SensorEvent::Depth {
                base_from_camera: other,
                ..
            },
        ) => one == other,
        _ => false,
    }
}

/// The reading of a beam of true range `range`, m, in a direction of the base frame, rad.
fn reading(fault: &Fault, rng: &mut ChaCha8Rng, azimuth: f64, range: f32, range_max: f64) -> f32 {
    match *fault {
        Fault::ScanDropout { share } if rng.random::<f64>() < share => f32::NAN,
        Fault::ScanInvalid { reading } => invalid(reading, range_max),
        Fault::ScanConstant { range_m } => range_m as f32,
        Fault::ScanSector {
            centre_rad,
            width_rad,
            reading,
        } if wrap_angle(azimuth - centre_rad).abs() <= 0.5 * width_rad => {
            invalid(reading, range_max)
        }
        Fault::ScanNoise { deviation_m } => {
            let noise: f64 = StandardNormal.sample(rng);
            range + (deviation_m * noise) as f32
        }
        Fault::ScanPhantoms {
            share,
            range_m: [nearest, farthest],
        } if rng.random::<f64>() < share => {
            let phantom = nearest + (farthest - nearest) * rng.random::<f64>();
            // a lost beam may have a phantom return
            range.min(phantom as f32)
        }
        _ => range,
    }
}

fn invalid(reading: InvalidReading, range_max: f64) -> f32 {
    match reading {
        InvalidReading::Nan => f32::NAN,
        InvalidReading::Zero => 0.0,
        InvalidReading::Negative => -1.0,
        InvalidReading::Infinity => f32::INFINITY,
        InvalidReading::RangeMax => range_max as f32,
    }
}

/// Replaces every reading of a message by that of `read`, a function of the direction in the base
/// frame, rad, the range and the maximum range, m.
fn read_all(event: &mut SensorEvent, mut read: impl FnMut(f64, f32, f64) -> f32) {
    match event {
        SensorEvent::Odometry(_) => {}
        SensorEvent::Scan {
            base_from_lidar,
            scan,
        } => {
            for (beam, range) in scan.ranges.iter_mut().enumerate() {
                let angle = scan.angle_min + scan.angle_increment * beam as f64;
                *range = read(base_from_lidar.yaw + angle, *range, scan.range_max);
            }
        }
        SensorEvent::Cloud {
            base_from_lidar,
            cloud,
        } => read_cloud(base_from_lidar, cloud, read),
        SensorEvent::Depth {
            base_from_camera,
            camera,
            image,
        } => {
            let azimuth = |pixel: usize| {
                let (column, row) = (pixel % camera.width, pixel / camera.width);
                let [x, y] = camera
                    .direction(column as f64, row as f64)
                    .unwrap_or_default();
                let along = *base_from_camera * Vector3::new(x, y, 1.0);
                along.y.atan2(along.x)
            };
            match &mut image.pixels {
                DepthPixels::Millimetres(pixels) => {
                    for (pixel, depth) in pixels.iter_mut().enumerate() {
                        let range = if *depth == 0 {
                            f32::NAN
                        } else {
                            f32::from(*depth) * 1e-3
                        };
                        let range = read(azimuth(pixel), range, RANGE_MAX_M);
                        let is_some = range.is_finite() && range > 0.0;
                        *depth = if is_some { (range * 1e3) as u16 } else { 0 };
                    }
                }
                DepthPixels::Metres(pixels) => {
                    for (pixel, depth) in pixels.iter_mut().enumerate() {
                        *depth = read(azimuth(pixel), *depth, RANGE_MAX_M);
                    }
                }
            }
        }
    }
}

fn read_cloud(
    base_from_lidar: &Pose3,
    cloud: &mut PointCloud,
    mut read: impl FnMut(f64, f32, f64) -> f32,
) {
    let mut kept = 0;
    for index in 0..cloud.points.len() {
        let mut point = cloud.points[index];
        let place = Vector3::from(point.position.map(f64::from));
        let along = base_from_lidar * place;
        let range_m = place.norm();
        let found = read(along.y.atan2(along.x), range_m as f32, RANGE_MAX_M);
        if !found.is_finite() || range_m <= 0.0 {
            continue;
        }
        let scale = f64::from(found) / range_m;
        point.position = (place * scale).map(|at| at as f32).into();
        cloud.points[kept] = point;
        if let Some(ring) = cloud.rings.get(index).copied() {
            cloud.rings[kept] = ring;
        }
        kept += 1;
    }
    cloud.points.truncate(kept);
    cloud.rings.truncate(kept);
}
