//! A scan by bearing, to compare it with what was seen a moment ago.

use std::f64::consts::{PI, TAU};

use crate::{Point2, Ray, Return, Stamp};

/// Bins of a full turn.
const BINS: usize = 360;
/// A surface has vanished where sight passes it by this and a share of its distance, m.
const PASSED_M: f64 = 0.2;
const PASSED_SHARE: f64 = 0.05;
/// Surfaces nearer than this to the scanner are not compared, m.
const NEAR_M: f64 = 0.3;

/// Nearest sight by bearing, odometry frame.
#[derive(Debug, Clone)]
pub(super) struct PolarScan {
    origin: Point2,
    /// Shortest sight in a bin, m; infinite where no beam fell.
    nearest_m: [f32; BINS],
}

impl Default for PolarScan {
    fn default() -> Self {
        Self {
            origin: Point2::origin(),
            nearest_m: [f32::INFINITY; BINS],
        }
    }
}

impl PolarScan {
    pub(super) fn fill(&mut self, rays: &[Ray]) {
        self.nearest_m.fill(f32::INFINITY);
        let Some(first) = rays.first() else {
            return;
        };
        self.origin = first.origin;
        for ray in rays {
            let bin = &mut self.nearest_m[bin_of(ray.end - ray.origin)];
            *bin = bin.min((ray.end - ray.origin).norm() as f32);
        }
    }

    /// Sight toward `point` and its neighbouring bearings: the shortest, m; none where no beam fell.
    fn toward(&self, point: Point2) -> Option<f64> {
        let bin = bin_of(point - self.origin);
        let shortest = [BINS - 1, 0, 1]
            .into_iter()
            .map(|off| self.nearest_m[(bin + off) % BINS])
            .fold(f32::INFINITY, f32::min);
        shortest.is_finite().then_some(f64::from(shortest))
    }
}

/// Surfaces that a scan met, one a bearing, odometry frame.
#[derive(Debug, Clone, Default)]
pub(super) struct Surfaces {
    pub(super) stamp: Option<Stamp>,
    points: Vec<Point2>,
}

impl Surfaces {
    pub(super) fn forget(&mut self) {
        self.stamp = None;
        self.points.clear();
    }

    /// Keeps the surfaces of a scan, at most one a degree.
    pub(super) fn fill(&mut self, stamp: Stamp, rays: &[Ray]) {
        self.stamp = Some(stamp);
        self.points.clear();
        let mut last = BINS;
        for ray in rays.iter().filter(|ray| ray.outcome == Return::Hit) {
            let bin = bin_of(ray.end - ray.origin);
            if bin != last && self.points.len() < 2 * BINS {
                self.points.push(ray.end);
                last = bin;
            }
        }
    }

    /// Of the surfaces that `now` should meet, how many there are and how many its sight passes.
    pub(super) fn compare(&self, now: &PolarScan, reach_m: f64) -> (usize, usize) {
        let (mut expected, mut passed) = (0, 0);
        for point in &self.points {
            let distance_m = (point - now.origin).norm();
            if distance_m < NEAR_M || distance_m > reach_m {
                continue;
            }
            if let Some(sight_m) = now.toward(*point) {
                expected += 1;
                let beyond_m = PASSED_M + PASSED_SHARE * distance_m;
                passed += usize::from(sight_m > distance_m + beyond_m);
            }
        }
        (expected, passed)
    }
}

fn bin_of(offset: crate::Vector2) -> usize {
    let turn = (offset.y.atan2(offset.x) + PI) / TAU;
    ((turn * BINS as f64) as usize).min(BINS - 1)
}
