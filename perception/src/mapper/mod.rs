//! Mapper: turns sensor messages into one consistent rolling map around the robot.
//!
//! ```text
//! Odometry ─▶ history ─┬─▶ window rolls with the robot
//! LaserScan ─▶ beams ──┼─▶ hits mark, misses clear ─▶ planar layer ─┐
//! PointCloud,          │                                            ├─▶ Snapshot { grid, field }
//! DepthImage ─▶ points ┴─▶ VolumeGrid ─▶ classes of its columns ────┘
//! ```
//!
//! Without a volume the grid is the planar layer itself.

mod belief;
mod counts;
mod distances;
mod fusion;
mod settings;

pub use counts::{MapperCounts, SensorCounts};
pub use settings::MapperSettings;

use std::time::Duration;

use belief::Belief;
use fusion::Fusion;

use crate::grid::{MotionTracker, SurfaceLayer};
use crate::history::{NoPose, OdometryHistory, Standing};
use crate::tracking::Tracker;
use crate::{
    DistanceField, GridFrame, LaserScan, OccupancyGrid, Odometry, Point2, Pose2, Ray,
    ScanIntegrator, SensorError, SensorEvent, SettingsError, Snapshot, Stamp, Stamped, Vector2,
    VolumeGrid,
};

/// Maximum distance of odometry from its origin, m; beyond it the message is rejected.
const FAR_M: f64 = 1e7;
/// The window moves in steps of this many cells, so that it rarely moves.
const ROLL_CELLS: i64 = 8;
/// Capacity for cells of moving objects.
const MOVING_CELLS: usize = 4096;

/// Maintains a rolling map around the robot.
#[derive(Debug, Clone)]
pub struct Mapper {
    settings: MapperSettings,
    history: OdometryHistory,
    grid: OccupancyGrid,
    integrator: ScanIntegrator,
    /// Sub-cell offsets of the endpoints of planar scans.
    surfaces: SurfaceLayer,
    /// Stamp of the latest planar scan.
    scan_stamp: Option<Stamp>,
    /// Stamp of the latest message of any sensor except odometry.
    seen_stamp: Option<Stamp>,
    rays: Vec<Ray>,
    fusion: Option<Fusion>,
    motion: Option<MotionTracker>,
    tracker: Option<Tracker>,
    field: DistanceField,
    /// Distance field without moving objects; stale while there are none.
    field_at_rest: DistanceField,
    /// Cells of the grid that belong to moving objects.
    moving_cells: Vec<u32>,
    is_stale: bool,
    counts: MapperCounts,
    belief: Belief,
}

impl Mapper {
    /// Creates an empty map.
    pub fn new(settings: MapperSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        let side = (settings.size_m / settings.resolution_m).round() as usize;
        let frame = GridFrame {
            origin: Point2::origin(),
            resolution_m: settings.resolution_m,
            width: side,
            height: side,
        };
        let mut mapper = Self {
            history: OdometryHistory::new(settings.odometry_history),
            grid: OccupancyGrid::unknown(frame, settings.evidence),
            integrator: ScanIntegrator::default(),
            surfaces: SurfaceLayer::new(frame.len()),
            scan_stamp: None,
            seen_stamp: None,
            rays: Vec::new(),
            fusion: if settings.volume.enabled {
                Some(Fusion::new(settings.volume, frame, &settings)?)
            } else {
                None
            },
            motion: (settings.motion.enabled).then(|| MotionTracker::new(settings.motion, frame)),
            tracker: (settings.tracking.enabled).then(|| Tracker::new(settings.tracking, frame)),
            field: DistanceField::new(settings.field_max_m),
            field_at_rest: DistanceField::new(settings.field_max_m),
            moving_cells: Vec::with_capacity(MOVING_CELLS),
            is_stale: true,
            counts: MapperCounts::default(),
            belief: Belief::default(),
            settings,
        };
        mapper.reset();
        Ok(mapper)
    }

    /// Clears the map, the odometry and the sensor states.
    pub fn reset(&mut self) {
        self.forget_map();
        self.follow(Point2::origin());
        self.counts = MapperCounts::default();
        self.belief.forget();
    }

    /// Clears observations and odometry but keeps the states of the sensors.
    fn forget_map(&mut self) {
        self.history.clear();
        self.grid.forget();
        self.surfaces.forget();
        self.scan_stamp = None;
        self.seen_stamp = None;
        if let Some(fusion) = &mut self.fusion {
            fusion.forget();
        }
        if let Some(motion) = &mut self.motion {
            motion.forget();
        }
        if let Some(tracker) = &mut self.tracker {
            tracker.forget();
        }
        self.is_stale = true;
    }

    /// Message counters since the last reset.
    pub fn counts(&self) -> &MapperCounts {
        &self.counts
    }

    /// Columns of the volume as of the last refresh; `None` if the settings disable the volume.
    pub fn volume(&self) -> Option<&VolumeGrid> {
        self.fusion.as_ref().map(Fusion::volume)
    }

    /// Processes one message. Odometry must arrive in order; messages of other sensors may be
    /// slightly older or newer, and out of order.
    pub fn observe(&mut self, event: &Stamped<SensorEvent>) -> Result<(), SensorError> {
        let stamp = event.stamp;
        let outcome = match &event.value {
            SensorEvent::Odometry(odometry) => self.observe_odometry(stamp, odometry),
            SensorEvent::Scan {
                base_from_lidar,
                scan,
            } => self.observe_scan(stamp, *base_from_lidar, scan),
            SensorEvent::Cloud {
                base_from_lidar,
                cloud,
            } => self.observe_cloud(stamp, base_from_lidar, cloud),
            SensorEvent::Depth {
                base_from_camera,
                camera,
                image,
            } => self.observe_depth(stamp, base_from_camera, camera, image),
        };
        let counts = match &event.value {
            SensorEvent::Odometry(_) => &mut self.counts.odometry,
            SensorEvent::Scan { .. } => &mut self.counts.scan,
            SensorEvent::Cloud { .. } => &mut self.counts.cloud,
            SensorEvent::Depth { .. } => &mut self.counts.depth,
        };
        if outcome.is_err() {
            counts.refused += 1;
            return outcome.map(|_| ());
        }
        let is_used = outcome.as_ref().is_ok_and(|is_used| *is_used);
        counts.used += u64::from(is_used);
        counts.implausible += u64::from(!is_used);
        if is_used && !matches!(event.value, SensorEvent::Odometry(_)) {
            counts.late += u64::from(self.seen_stamp.is_some_and(|seen| stamp < seen));
            self.seen_stamp = self.seen_stamp.max(Some(stamp));
            self.is_stale = true;
        }
        outcome.map(|_| ())
    }

    fn observe_odometry(&mut self, stamp: Stamp, odometry: &Odometry) -> Result<bool, SensorError> {
        if !odometry.odom_from_base.is_finite() {
            return Err(SensorError::NotFinite {
                what: "odometry pose",
            });
        }
        if !odometry.stance.is_finite() {
            return Err(SensorError::NotFinite {
                what: "odometry height and tilt",
            });
        }
        if !odometry.velocity.is_finite() {
            return Err(SensorError::NotFinite {
                what: "odometry velocity",
            });
        }
        let height_m = odometry.stance.height_m.abs();
        let distance_m = odometry
            .odom_from_base
            .position()
            .coords
            .amax()
            .max(height_m);
        if distance_m > FAR_M {
            return Err(SensorError::TooFar {
                what: "odometry pose",
                distance_m,
                limit_m: FAR_M,
            });
        }
        if let Some(last) = self.history.latest()
            && stamp <= last.stamp
        {
            return Err(SensorError::OutOfOrder {
                stamp_s: stamp.as_secs(),
                last_s: last.stamp.as_secs(),
            });
        }
        if self.belief.judge_odometry(stamp, odometry) {
            self.forget_map();
        }
        self.history.push(Stamped {
            stamp,
            value: *odometry,
        });
        Ok(true)
    }

    fn observe_scan(
        &mut self,
        stamp: Stamp,
        base_from_lidar: Pose2,
        scan: &LaserScan,
    ) -> Result<bool, SensorError> {
        scan.validate()?;
        if !base_from_lidar.is_finite() {
            return Err(SensorError::NotFinite {
                what: "pose of the lidar",
            });
        }
        self.place_rays(stamp, base_from_lidar, scan)?;
        let base = self.pose_at(stamp)?;
        if !self.believes_scan(stamp, base, base_from_lidar, scan) {
            return Ok(false);
        }
        self.follow(base.position());
        if let Some(last) = self.scan_stamp
            && self.settings.half_life_s > 0.0
        {
            let elapsed = stamp.secs_since(last).max(0.0);
            self.grid
                .fade((-elapsed / self.settings.half_life_s).exp2() as f32);
        }
        if let Some(tracker) = &mut self.tracker {
            tracker.observe(stamp, &self.grid, &self.rays);
        }
        self.integrator.integrate(&mut self.grid, &self.rays);
        self.tell_volume(stamp);
        self.note_surfaces();
        if self.seen_stamp.is_none() {
            self.free_footprint(base);
        }
        self.scan_stamp = self.scan_stamp.max(Some(stamp));
        Ok(true)
    }

    /// Creates a ray for each beam that carries information, from the pose at the time of the beam.
    fn place_rays(
        &mut self,
        stamp: Stamp,
        base_from_lidar: Pose2,
        scan: &LaserScan,
    ) -> Result<(), SensorError> {
        self.rays.clear();
        self.belief.reach_m.clear();
        let mut base = self.standing_at(stamp)?;
        let mut lidar = base.planar * base_from_lidar;
        for index in 0..scan.ranges.len() {
            if scan.time_increment != 0.0 {
                let later = Duration::from_secs_f64(scan.time_increment * index as f64);
                base = self.standing_at(stamp + later)?;
                lidar = base.planar * base_from_lidar;
            }
            let rise = base.stance.rise(base_from_lidar.yaw + scan.angle(index));
            let level_m = self.settings.scan_tilt_max_m / rise.abs();
            let reach_m = self.settings.range_m.min(level_m);
            let ray = scan.ray(index, lidar, reach_m);
            let seen_m = ray.map_or(-1.0, |ray| (ray.end - ray.origin).norm() as f32);
            self.belief.reach_m.push(seen_m);
            self.rays.extend(ray);
        }
        Ok(())
    }

    fn free_footprint(&mut self, base: Pose2) {
        let frame = *self.grid.frame();
        let middle = base * Point2::from(self.settings.footprint_centre_m);
        let radius = self.settings.footprint_radius_m;
        let (left, bottom) = frame.signed_cell(middle - Vector2::repeat(radius));
        let (right, top) = frame.signed_cell(middle + Vector2::repeat(radius));
        for row in bottom.max(0)..=top.min(frame.height as i64 - 1) {
            for column in left.max(0)..=right.min(frame.width as i64 - 1) {
                let (column, row) = (column as usize, row as usize);
                if (frame.centre_of(column, row) - middle).norm() <= radius {
                    self.grid.declare_free(frame.index(column, row));
                }
            }
        }
    }

    /// Moves the window so that `base` is near its centre. The window stays aligned to multiples of
    /// the cell size.
    fn follow(&mut self, base: Point2) {
        let frame = self.grid.frame();
        let (column, row) = frame.signed_cell(base);
        // a volume moves by whole patches of floor
        let side = if self.fusion.is_some() { ROLL_CELLS } else { 1 };
        let steps = |cell: i64, count: usize| {
            let off = cell - count as i64 / 2;
            if off.abs() > ROLL_CELLS {
                off / side * side
            } else {
                0
            }
        };
        let (columns, rows) = (steps(column, frame.width), steps(row, frame.height));
        if columns != 0 || rows != 0 {
            self.grid.roll(columns, rows);
            self.surfaces.roll(self.grid.frame().width, columns, rows);
            if let Some(fusion) = &mut self.fusion {
                fusion.roll(columns, rows, base);
            }
        }
    }

    fn pose_at(&self, stamp: Stamp) -> Result<Pose2, SensorError> {
        self.standing_at(stamp).map(|base| base.planar)
    }

    fn standing_at(&self, stamp: Stamp) -> Result<Standing, SensorError> {
        let stamp_s = stamp.as_secs();
        self.history
            .at(stamp, self.settings.extrapolate_s)
            .map_err(|error| match error {
                NoPose::Empty => SensorError::NoOdometry { stamp_s },
                NoPose::TooOld => SensorError::TooOld { stamp_s },
                NoPose::TooNew => SensorError::TooNew {
                    stamp_s,
                    last_s: self
                        .history
                        .latest()
                        .map_or(f64::NAN, |last| last.stamp.as_secs()),
                },
            })
    }

    /// Updates a snapshot and keeps its allocated memory. Without odometry it remains unchanged.
    pub fn refresh(&mut self, snapshot: &mut Snapshot) {
        let Some(latest) = self.history.latest() else {
            return;
        };
        snapshot.stamp = latest.stamp;
        snapshot.odom_from_base = latest.value.odom_from_base;
        snapshot.velocity = latest.value.velocity;
        let base = latest.value.odom_from_base.position();
        let is_stale = std::mem::replace(&mut self.is_stale, false);
        if is_stale && let Some(fusion) = &mut self.fusion {
            fusion.update(&self.grid, base, &latest.value.stance);
        }
        if is_stale {
            self.measure(base);
        }
        let grid = self.fusion.as_ref().map_or(&self.grid, Fusion::grid);
        if is_stale && let (Some(motion), Some(seen)) = (&mut self.motion, self.seen_stamp) {
            motion.update(grid, seen);
        }
        if is_stale || snapshot.scan_stamp != self.seen_stamp || snapshot.grid.frame().is_empty() {
            snapshot.grid.copy_from(grid);
            snapshot.field.copy_from(&self.field);
            self.tell_field_at_rest(snapshot);
            if let Some(motion) = &self.motion {
                snapshot.motion.copy_from(motion.layer());
            }
        }
        if let Some(tracker) = &self.tracker {
            tracker.tell(snapshot.stamp, snapshot);
        }
        self.tell_belief(snapshot);
        snapshot.scan_stamp = self.seen_stamp;
    }
}
