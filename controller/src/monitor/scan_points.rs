//! The latest points of each scanner, in the base frame.

use std::cmp::Reverse;

use perception::{Beam, LaserScan, Point2, Pose2, Stamp, Twist, Vector2, wrap_angle};

/// Maximum number of scanners; beyond it the one with the oldest scan is dropped.
const SOURCES_MAX: usize = 4;
/// Difference of mounting poses below which scans are from the same scanner, m and rad.
const SAME: f64 = 1e-3;
/// Maximum velocities of a valid measurement, m/s and rad/s.
const SPEED_MAX_MPS: f64 = 20.0;
const TURN_RATE_MAX_RADPS: f64 = 20.0;
/// Maximum delay of a scan that arrives out of order, s; a larger one means that the clock was set
/// back.
const LATE_MAX_S: f64 = 2.0;
/// Age at which a source that never alternated with another is dropped, s: it was a transient error
/// of the mounting pose and not a second scanner.
const PASSING_S: f64 = 1.0;
/// Margin around the zones within which points are kept, m: the robot moves until they are used.
const SPARE_M: f64 = 1.0;

/// The latest scan of a scanner.
#[derive(Debug, Default)]
struct Source {
    mounting: Pose2,
    stamp: Stamp,
    points: Vec<Point2>,
    /// Number of scans so far.
    scans: u64,
    /// Another source has sent a scan since this one did.
    others_since: bool,
    /// Two scans with one of another source between them: both sources are scanners.
    alternates: bool,
}

/// The latest points of each scanner.
#[derive(Debug)]
pub(super) struct ScanPoints {
    sources: Vec<Source>,
    reach_m: f64,
    moved: Vec<Point2>,
}

impl ScanPoints {
    /// Keeps points within `reach_m` of the base.
    pub(super) fn new(reach_m: f64) -> Self {
        Self {
            sources: Vec::with_capacity(SOURCES_MAX),
            reach_m: reach_m + SPARE_M,
            moved: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.sources.clear();
    }

    pub(super) fn observe(&mut self, stamp: Stamp, mounting: Pose2, scan: &LaserScan) {
        let says_something = (0..scan.ranges.len()).any(|index| scan.beam(index) != Beam::Invalid);
        if scan.validate().is_err() || !mounting.is_finite() || !says_something {
            return;
        }
        let reach_m = self.reach_m;
        self.drop_passing(stamp);
        let place = self.source(mounting);
        for (other, source) in self.sources.iter_mut().enumerate() {
            source.others_since |= other != place;
        }
        let source = &mut self.sources[place];
        let late_s = source.stamp.secs_since(stamp);
        if late_s > 0.0 && late_s <= LATE_MAX_S {
            return;
        }
        source.stamp = stamp;
        source.alternates |= source.scans > 0 && source.others_since;
        source.others_since = false;
        source.scans += 1;
        source.points.clear();
        let lidar = mounting.position();
        source
            .points
            .extend((0..scan.ranges.len()).filter_map(|index| {
                let Beam::Hit(range_m) = scan.beam(index) else {
                    return None;
                };
                let (sin, cos) = (mounting.yaw + scan.angle(index)).sin_cos();
                let point = lidar + Vector2::new(cos, sin) * range_m;
                (point.coords.norm() <= reach_m).then_some(point)
            }));
    }

    /// Drops silent sources that never alternated with another.
    fn drop_passing(&mut self, now: Stamp) {
        let latest = self.sources.iter().map(|source| source.stamp).max();
        self.sources.retain(|source| {
            source.alternates
                || Some(source.stamp) == latest
                || now.secs_since(source.stamp).abs() <= PASSING_S
        });
    }

    /// Index of the source with a mounting pose, created if there was none.
    fn source(&mut self, mounting: Pose2) -> usize {
        let is_same = |source: &Source| {
            let offset = source.mounting.inverse() * mounting;
            offset.position().coords.norm() <= SAME && wrap_angle(offset.yaw).abs() <= SAME
        };
        self.sources.iter().position(is_same).unwrap_or_else(|| {
            if self.sources.len() < SOURCES_MAX {
                self.sources.push(Source::default());
            } else {
                self.sources
                    .sort_unstable_by_key(|source| Reverse(source.stamp));
            }
            let last = self.sources.len() - 1;
            let source = &mut self.sources[last];
            source.mounting = mounting;
            source.stamp = Stamp(i64::MIN);
            source.points.clear();
            source.scans = 0;
            source.others_since = false;
            source.alternates = false;
            last
        })
    }

    /// Largest age of the latest scans of all sources, s, as an absolute difference from `now`;
    /// infinite before the first scan.
    pub(super) fn age_s(&self, now: Stamp) -> f64 {
        let ages = self
            .sources
            .iter()
            .map(|source| now.secs_since(source.stamp).abs());
        ages.reduce(f64::max).unwrap_or(f64::INFINITY)
    }

    /// All points in the current base frame, for a base that has moved with `velocity` since their
    /// scans.
    pub(super) fn at(&mut self, now: Stamp, velocity: Twist) -> &[Point2] {
        self.moved.clear();
        let is_velocity =
            velocity.linear.abs() <= SPEED_MAX_MPS && velocity.angular.abs() <= TURN_RATE_MAX_RADPS;
        for source in &self.sources {
            let age_s = now.secs_since(source.stamp);
            let now_from_then = if is_velocity && age_s > 0.0 {
                Pose2::exp(velocity, age_s).inverse()
            } else {
                Pose2::IDENTITY
            };
            self.moved
                .extend(source.points.iter().map(|&point| now_from_then * point));
        }
        &self.moved
    }
}
