//! Duration of mapping by input size, on one thread: LiDAR sweeps, depth images, distance field.
//!
//! A robot drives back and forth in a furnished room. Its sensor data are simulated first; then
//! each message is given to the mapper, which integrates the previous one.

use std::f64::consts::PI;
use std::time::{Duration, Instant};

use perception::{
    DepthImage, DistanceField, GridFrame, Mapper, MapperSettings, Odometry, PointCloud, Pose2,
    SensorError, SensorEvent, Snapshot, Stamp, Stamped, Twist, Vector2, VolumeSettings,
};
use serde::Serialize;
use sim::{
    DepthCamera, DepthCameraSettings, RingLidar, RingLidarSettings, Scenario, ScenarioError,
    SettingsError, Situation,
};

use crate::bench::power_law::exponent;

/// Number of sensor poses, 0.1 s apart.
const POSES: usize = 12;
/// Motion of the robot.
const SPEED: Twist = Twist::new(0.4, 0.3);
/// Warm-up messages, which are not timed.
const WARM_UP: usize = 2 * POSES;
/// Rings of the LiDAR.
const RINGS: usize = 64;
/// Cells per side of the distance field.
const FIELD_SIDE: usize = 200;
/// Maximum distance of the field, m.
const FIELD_MAX_M: f64 = 3.0;

/// Reasons why the benchmark cannot run.
#[derive(Debug, thiserror::Error)]
pub enum MappingSpeedError {
    /// The room cannot be generated.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Invalid size of a sensor or map.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The mapper rejected a simulated message.
    #[error(transparent)]
    Sensor(#[from] SensorError),
    /// The scenario does not exist.
    #[error("there is no scenario named {0}")]
    Unknown(String),
}

/// Settings of the benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct MappingSpeedTrial {
    /// Seed of the room.
    pub seed: u64,
    /// Rays of a sweep, ascending; multiples of 64.
    pub sweeps: Vec<usize>,
    /// Image widths, ascending, pixels; the height is three quarters of the width.
    pub images: Vec<usize>,
    /// Number of messages per size.
    pub repetitions: usize,
}

/// Durations for one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MappingTime {
    /// Number of points, pixels or cells.
    pub items: usize,
    /// Number of timed messages.
    pub repetitions: usize,
    /// Median, ms.
    pub ms_p50: f64,
    /// Minimum, ms.
    pub ms_best: f64,
    /// Median duration of a message with grid snapshot and distance field, ms; none for the
    /// distance field alone.
    pub to_snapshot_ms_p50: Option<f64>,
}

/// Durations for one sensor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MappingSeries {
    /// Kind of message.
    pub sensor: &'static str,
    /// Unit of size.
    pub unit: &'static str,
    /// Results by size, ascending.
    pub times: Vec<MappingTime>,
    /// Fitted exponent `p` of `median ∝ items^p`; none for a single size.
    pub slope: Option<f64>,
}

/// Results, and data for timing other implementations.
#[derive(Debug, Clone)]
pub struct MappingSpeed {
    /// Sweeps, then images.
    pub series: Vec<MappingSeries>,
    /// Distance field of a square window around the robot.
    pub distances: MappingTime,
    /// The largest sweep.
    pub cloud: PointCloud,
    /// The window: true for occupied cells, `[side, side]`.
    pub occupied: Vec<bool>,
}

impl MappingSpeedTrial {
    /// Times all sizes.
    pub fn measure(&self) -> Result<MappingSpeed, MappingSpeedError> {
        let scenario =
            Scenario::named("rooms").ok_or_else(|| MappingSpeedError::Unknown("rooms".into()))?;
        let room = scenario.situation(self.seed)?;
        let mut cloud = PointCloud::default();
        let mut snapshot = Snapshot::default();
        let mut sweeps = Vec::new();
        for &rays in &self.sweeps {
            let events = see_sweeps(&room, rays)?;
            if let Some(SensorEvent::Cloud { cloud: last, .. }) = events.first() {
                cloud.clone_from(last);
            }
            let items = |event: &SensorEvent| match event {
                SensorEvent::Cloud { cloud, .. } => cloud.points.len(),
                _ => 0,
            };
            sweeps.push(self.time(&room, &events, items, &mut snapshot)?);
        }
        let (distances, occupied) = self.time_distances(&snapshot);
        let mut images = Vec::new();
        for &width in &self.images {
            let events = see_images(&room, width)?;
            let items = |event: &SensorEvent| match event {
                SensorEvent::Depth { image, .. } => image.pixels.len(),
                _ => 0,
            };
            images.push(self.time(&room, &events, items, &mut snapshot)?);
        }
        Ok(MappingSpeed {
            series: vec![
                MappingSeries::of("LiDAR sweep", "points", sweeps),
                MappingSeries::of("depth image", "pixels", images),
            ],
            distances,
            cloud,
            occupied,
        })
    }

    /// Times messages, without and with a snapshot after each.
    fn time(
        &self,
        room: &Situation,
        events: &[SensorEvent],
        items: impl Fn(&SensorEvent) -> usize,
        snapshot: &mut Snapshot,
    ) -> Result<MappingTime, MappingSpeedError> {
        let alone = self.drive(room, events, Mapper::observe)?;
        let with_snapshot = self.drive(room, events, |mapper, event| {
            mapper.observe(event)?;
            mapper.refresh(snapshot);
            Ok(())
        })?;
        let mean = events.iter().map(items).sum::<usize>() / events.len().max(1);
        let mut time = MappingTime::of(mean, alone);
        time.to_snapshot_ms_p50 = Some(MappingTime::of(mean, with_snapshot).ms_p50);
        Ok(time)
    }

    /// Drives back and forth with the sensor data of each pose.
    fn drive(
        &self,
        room: &Situation,
        events: &[SensorEvent],
        mut map: impl FnMut(&mut Mapper, &Stamped<SensorEvent>) -> Result<(), SensorError>,
    ) -> Result<Vec<Duration>, MappingSpeedError> {
        let mut mapper = Mapper::new(MapperSettings {
            volume: VolumeSettings {
                enabled: true,
                ..VolumeSettings::default()
            },
            ..MapperSettings::default()
        })?;
        // back and forth, so that the pose is continuous
        let there_and_back: Vec<usize> = (0..POSES).chain((1..POSES - 1).rev()).collect();
        let mut calls = Vec::with_capacity(self.repetitions);
        for tick in 0..WARM_UP + self.repetitions {
            let index = there_and_back[tick % there_and_back.len()];
            let stamp = Stamp(tick as i64 * 200_000_000);
            // the robot is at rest during a measurement
            for later in [0, 100_000_000] {
                mapper.observe(&Stamped {
                    stamp: Stamp(stamp.0 + later),
                    value: SensorEvent::Odometry(Odometry::level(pose(room, index), SPEED)),
                })?;
            }
            let value = events[index].clone();
            let event = Stamped { stamp, value };
            let begun = Instant::now();
            map(&mut mapper, &event)?;
            let took = begun.elapsed();
            if tick >= WARM_UP {
                calls.push(took);
            }
        }
        Ok(calls)
    }

    fn time_distances(&self, snapshot: &Snapshot) -> (MappingTime, Vec<bool>) {
        let frame = *snapshot.grid.frame();
        let side = FIELD_SIDE.min(frame.width).min(frame.height);
        let corner = [frame.width, frame.height].map(|count| (count - side) / 2);
        let window = GridFrame {
            origin: frame.origin
                + Vector2::new(corner[0] as f64, corner[1] as f64) * frame.resolution_m,
            width: side,
            height: side,
            ..frame
        };
        let mut field = DistanceField::new(FIELD_MAX_M);
        field.update_window(&snapshot.grid, window);
        let calls = (0..self.repetitions)
            .map(|_| {
                let begun = Instant::now();
                field.update_window(&snapshot.grid, window);
                begun.elapsed()
            })
            .collect();
        let occupied = (0..side * side)
            .map(|index| {
                let (column, row) = (corner[0] + index % side, corner[1] + index / side);
                snapshot.grid.cell(column, row) == perception::Cell::Occupied
            })
            .collect();
        (MappingTime::of(side * side, calls), occupied)
    }
}

/// The robot's `index`-th pose.
fn pose(room: &Situation, index: usize) -> Pose2 {
    room.start * Pose2::exp(SPEED, 0.1 * index as f64)
}

fn see_sweeps(room: &Situation, rays: usize) -> Result<Vec<SensorEvent>, SettingsError> {
    let settings = RingLidarSettings {
        rings: RINGS,
        elevation_min_rad: -25.0 * PI / 180.0,
        azimuths: rays / RINGS,
        sweep_s: 0.1,
        dropout_share: 0.0,
        ..RingLidarSettings::default()
    };
    let base_from_lidar = settings.mounting.pose();
    let mut lidar = RingLidar::new(settings, 1)?;
    let sweeps = (0..POSES).map(|index| {
        let mut cloud = PointCloud::default();
        lidar.sweep(&room.world, |_| pose(room, index), &mut cloud);
        SensorEvent::Cloud {
            base_from_lidar,
            cloud,
        }
    });
    Ok(sweeps.collect())
}

fn see_images(room: &Situation, width: usize) -> Result<Vec<SensorEvent>, SettingsError> {
    let settings = DepthCameraSettings {
        width,
        height: width * 3 / 4,
        ..DepthCameraSettings::default()
    };
    let base_from_camera = settings.mounting.optical_pose();
    let mut sensor = DepthCamera::new(settings, 1)?;
    let camera = *sensor.camera();
    let images = (0..POSES).map(|index| {
        let mut image = DepthImage::default();
        sensor.expose(&room.world, pose(room, index), &mut image);
        SensorEvent::Depth {
            base_from_camera,
            camera,
            image,
        }
    });
    Ok(images.collect())
}

impl MappingTime {
    fn of(items: usize, mut calls: Vec<Duration>) -> Self {
        calls.sort();
        let ms = |index: usize| {
            let call = calls.get(index);
            call.map_or(0.0, |call| call.as_secs_f64() * 1e3)
        };
        Self {
            items,
            repetitions: calls.len(),
            ms_p50: ms(calls.len() / 2),
            ms_best: ms(0),
            to_snapshot_ms_p50: None,
        }
    }
}

impl MappingSeries {
    fn of(sensor: &'static str, unit: &'static str, times: Vec<MappingTime>) -> Self {
        let points = times.iter().map(|time| (time.items as f64, time.ms_p50));
        Self {
            sensor,
            unit,
            slope: exponent(points),
            times,
        }
    }
}
