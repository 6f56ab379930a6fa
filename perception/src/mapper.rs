//! Sensor events in, one consistent view of the surroundings out.
//!
//! ```text
//! Odometry ─▶ history ─┬─▶ window rolls with the robot
//! LaserScan ─▶ beams ──┴─▶ hits mark, sight clears ─▶ Snapshot { grid, field }
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::history::{NoPose, OdometryHistory};
use crate::{
    DistanceField, GridFrame, LaserScan, LogOdds, OccupancyGrid, Odometry, Point2, Pose2, Ray,
    ScanIntegrator, SensorError, SensorEvent, SettingsError, Snapshot, Stamp, Stamped, Vector2,
};

/// Odometry farther from its origin is refused, m.
const FAR_M: f64 = 1e7;
/// The window moves in steps of this many cells, so that it rarely moves.
const ROLL_CELLS: i64 = 8;

/// How the map is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapperSettings {
    /// Side of a cell, m.
    pub resolution_m: f64,
    /// Side of the square window about the robot, m.
    pub size_m: f64,
    /// Side of the square about the robot in which distances are computed, m.
    pub field_size_m: f64,
    /// Distances are capped here, m.
    pub field_max_m: f64,
    /// Beams clear and mark up to this range, m.
    pub range_m: f64,
    /// At the first scan, unknown cells this near the base's origin are free: the robot has come
    /// to stand there, m. From then on only sight makes cells free.
    pub footprint_radius_m: f64,
    /// Time in which evidence halves, s; 0 keeps it.
    pub half_life_s: f64,
    /// A beam this much later than the last odometry is still placed, at the last velocity, s.
    pub extrapolate_s: f64,
    /// Odometry messages kept to place beams with.
    pub odometry_history: usize,
    /// How evidence adds up.
    pub evidence: LogOdds,
}

impl Default for MapperSettings {
    fn default() -> Self {
        Self {
            resolution_m: 0.05,
            size_m: 20.0,
            field_size_m: 12.0,
            field_max_m: 3.0,
            range_m: 15.0,
            footprint_radius_m: 0.35,
            half_life_s: 0.0,
            extrapolate_s: 0.1,
            odometry_history: 256,
            evidence: LogOdds::default(),
        }
    }
}

impl MapperSettings {
    /// Refuses what makes no map.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mapper";
        SettingsError::ensure_positive(
            section,
            &[
                ("resolution_m", self.resolution_m),
                ("size_m", self.size_m),
                ("field_size_m", self.field_size_m),
                ("field_max_m", self.field_max_m),
                ("range_m", self.range_m),
            ],
        )?;
        SettingsError::ensure_not_negative(
            section,
            &[
                ("footprint_radius_m", self.footprint_radius_m),
                ("half_life_s", self.half_life_s),
                ("extrapolate_s", self.extrapolate_s),
            ],
        )?;
        let cells = self.size_m / self.resolution_m;
        let expected = "32 to 4096 cells of resolution_m";
        SettingsError::ensure(
            (32.0..=4096.0).contains(&cells),
            section,
            "size_m",
            &self.size_m,
            expected,
        )?;
        SettingsError::ensure(
            self.field_size_m <= self.size_m && self.field_size_m >= 2.0 * self.resolution_m,
            section,
            "field_size_m",
            &self.field_size_m,
            "two cells or more, and at most size_m",
        )?;
        SettingsError::ensure(
            self.odometry_history >= 2,
            section,
            "odometry_history",
            &self.odometry_history,
            "2 or more",
        )?;
        self.evidence.validate()
    }
}

/// Keeps a rolling map about the robot.
#[derive(Debug, Clone)]
pub struct Mapper {
    settings: MapperSettings,
    history: OdometryHistory,
    grid: OccupancyGrid,
    integrator: ScanIntegrator,
    scan_stamp: Option<Stamp>,
    rays: Vec<Ray>,
    field: DistanceField,
    field_is_stale: bool,
}

impl Mapper {
    /// An empty map.
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
            scan_stamp: None,
            rays: Vec::new(),
            field: DistanceField::new(settings.field_max_m),
            field_is_stale: true,
            settings,
        };
        mapper.reset();
        Ok(mapper)
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.history.clear();
        self.grid.forget();
        self.scan_stamp = None;
        self.follow(Point2::origin());
        self.field_is_stale = true;
    }

    /// Takes in one message. Odometry must come in order; a scan may be a little older or newer.
    pub fn observe(&mut self, event: &Stamped<SensorEvent>) -> Result<(), SensorError> {
        match &event.value {
            SensorEvent::Odometry(odometry) => self.observe_odometry(event.stamp, odometry),
            SensorEvent::Scan {
                base_from_lidar,
                scan,
            } => self.observe_scan(event.stamp, *base_from_lidar, scan),
            SensorEvent::Cloud { .. } => Err(SensorError::LeftOut {
                what: "a point cloud",
            }),
            SensorEvent::Depth { .. } => Err(SensorError::LeftOut {
                what: "a depth image",
            }),
        }
    }

    fn observe_odometry(&mut self, stamp: Stamp, odometry: &Odometry) -> Result<(), SensorError> {
        if !odometry.odom_from_base.is_finite() {
            return Err(SensorError::NotFinite {
                what: "odometry pose",
            });
        }
        if !odometry.velocity.is_finite() {
            return Err(SensorError::NotFinite {
                what: "odometry velocity",
            });
        }
        let distance_m = odometry.odom_from_base.position().coords.amax();
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
        self.history.push(Stamped {
            stamp,
            value: *odometry,
        });
        Ok(())
    }

    fn observe_scan(
        &mut self,
        stamp: Stamp,
        base_from_lidar: Pose2,
        scan: &LaserScan,
    ) -> Result<(), SensorError> {
        scan.validate()?;
        if !base_from_lidar.is_finite() {
            return Err(SensorError::NotFinite {
                what: "pose of the lidar",
            });
        }
        self.place_rays(stamp, base_from_lidar, scan)?;
        let base = self.pose_at(stamp)?;
        self.follow(base.position());
        if let Some(last) = self.scan_stamp
            && self.settings.half_life_s > 0.0
        {
            let elapsed = stamp.secs_since(last).max(0.0);
            self.grid
                .fade((-elapsed / self.settings.half_life_s).exp2() as f32);
        }
        self.integrator.integrate(&mut self.grid, &self.rays);
        if self.scan_stamp.is_none() {
            self.free_footprint(base.position());
        }
        self.scan_stamp = self.scan_stamp.max(Some(stamp));
        self.field_is_stale = true;
        Ok(())
    }

    /// A ray for each beam that says anything, by the pose at its own time.
    fn place_rays(
        &mut self,
        stamp: Stamp,
        base_from_lidar: Pose2,
        scan: &LaserScan,
    ) -> Result<(), SensorError> {
        self.rays.clear();
        let mut lidar = self.pose_at(stamp)? * base_from_lidar;
        for index in 0..scan.ranges.len() {
            if scan.time_increment != 0.0 {
                let later = Duration::from_secs_f64(scan.time_increment * index as f64);
                lidar = self.pose_at(stamp + later)? * base_from_lidar;
            }
            self.rays
                .extend(scan.ray(index, lidar, self.settings.range_m));
        }
        Ok(())
    }

    fn free_footprint(&mut self, base: Point2) {
        let frame = *self.grid.frame();
        let radius = self.settings.footprint_radius_m;
        let (left, bottom) = frame.signed_cell(base - Vector2::repeat(radius));
        let (right, top) = frame.signed_cell(base + Vector2::repeat(radius));
        for row in bottom.max(0)..=top.min(frame.height as i64 - 1) {
            for column in left.max(0)..=right.min(frame.width as i64 - 1) {
                let (column, row) = (column as usize, row as usize);
                if (frame.centre_of(column, row) - base).norm() <= radius {
                    self.grid.declare_free(frame.index(column, row));
                }
            }
        }
    }

    /// Moves the window so that `base` is near its centre. Cells stay on multiples of their size.
    fn follow(&mut self, base: Point2) {
        let frame = self.grid.frame();
        let (column, row) = frame.signed_cell(base);
        let steps = |cell: i64, count: usize| {
            let off = cell - count as i64 / 2;
            if off.abs() > ROLL_CELLS { off } else { 0 }
        };
        let (columns, rows) = (steps(column, frame.width), steps(row, frame.height));
        if columns != 0 || rows != 0 {
            self.grid.roll(columns, rows);
        }
    }

    fn pose_at(&self, stamp: Stamp) -> Result<Pose2, SensorError> {
        let stamp_s = stamp.as_secs();
        self.history
            .pose_at(stamp, self.settings.extrapolate_s)
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

    /// Brings a snapshot up to date, keeping its memory. Without odometry it stays as it was.
    pub fn refresh(&mut self, snapshot: &mut Snapshot) {
        let Some(latest) = self.history.latest() else {
            return;
        };
        snapshot.stamp = latest.stamp;
        snapshot.odom_from_base = latest.value.odom_from_base;
        snapshot.velocity = latest.value.velocity;
        if self.field_is_stale {
            let window = self.field_window(latest.value.odom_from_base.position());
            self.field.update_window(&self.grid, window);
            self.field_is_stale = false;
        }
        if snapshot.scan_stamp != self.scan_stamp || snapshot.grid.frame().is_empty() {
            snapshot.grid.copy_from(&self.grid);
            snapshot.field.copy_from(&self.field);
        }
        snapshot.scan_stamp = self.scan_stamp;
    }

    /// The part of the grid about `base` in which distances are wanted.
    fn field_window(&self, base: Point2) -> GridFrame {
        let frame = *self.grid.frame();
        let side = (self.settings.field_size_m / self.settings.resolution_m).round() as usize;
        let (column, row) = frame.signed_cell(base);
        let place = |cell: i64, count: usize| {
            (cell - side as i64 / 2).clamp(0, (count - side.min(count)) as i64)
        };
        let (left, bottom) = (place(column, frame.width), place(row, frame.height));
        GridFrame {
            origin: frame.origin + Vector2::new(left as f64, bottom as f64) * frame.resolution_m,
            resolution_m: frame.resolution_m,
            width: side.min(frame.width),
            height: side.min(frame.height),
        }
    }
}
