//! Scan indexed by bearing, for comparison with surfaces observed shortly before.

use std::f64::consts::{PI, TAU};

use crate::{Point2, Ray, Return, Stamp};

/// Bins of a full turn.
const BINS: usize = 360;
/// A surface has vanished if a beam passes it by this and a share of its distance, m.
const PASSED_M: f64 = 0.2;
const PASSED_SHARE: f64 = 0.05;
/// Surfaces closer to the scanner than this are not compared, m.
const NEAR_M: f64 = 0.3;

/// Shortest free range by bearing, odometry frame.
#[derive(Debug, Clone)]
pub(super) struct PolarScan {
    origin: Point2,
    /// Shortest free range in a bin, m; infinite without a beam.
    nearest_m: [f32; BINS],
    /// True if a beam of the bin returned.
    returned: [bool; BINS],
}

impl Default for PolarScan {
    fn default() -> Self {
        Self {
            origin: Point2::origin(),
            nearest_m: [f32::INFINITY; BINS],
            returned: [false; BINS],
        }
    }
}

impl PolarScan {
    pub(super) fn fill(&mut self, rays: &[Ray]) {
        self.nearest_m.fill(f32::INFINITY);
        self.returned.fill(false);
        let Some(first) = rays.first() else {
            return;
        };
        self.origin = first.origin;
        for ray in rays {
            let bin = bin_of(ray.end - ray.origin);
            let length_m = (ray.end - ray.origin).norm() as f32;
            self.nearest_m[bin] = self.nearest_m[bin].min(length_m);
            self.returned[bin] |= ray.outcome == Return::Hit;
        }
    }

    /// Position of the scanner, odometry frame.
    pub(super) fn origin(&self) -> Point2 {
        self.origin
    }

    /// True if a surface at `point` should be hit: within `reach_m`, with a beam toward it.
    pub(super) fn expects(&self, point: Point2, reach_m: f64) -> bool {
        let distance_m = (point - self.origin).norm();
        (NEAR_M..=reach_m).contains(&distance_m) && self.toward(point).is_some()
    }

    /// True if a surface at `point` should be hit, but a beam passes beyond it.
    fn passes(&self, point: Point2, reach_m: f64) -> bool {
        let distance_m = (point - self.origin).norm();
        let beyond_m = PASSED_M + PASSED_SHARE * distance_m;
        let is_passed = |sight_m| sight_m > distance_m + beyond_m;
        self.expects(point, reach_m) && self.toward(point).is_some_and(is_passed)
    }

    /// True if no beam toward `point` or its neighbouring bearings returned.
    pub(super) fn gives_no_return(&self, point: Point2) -> bool {
        let bin = bin_of(point - self.origin);
        let near = [BINS - 1, 0, 1].map(|off| (bin + off) % BINS);
        near.iter().all(|bin| !self.returned[*bin])
    }

    /// Shortest free range toward `point` and its neighbouring bearings, m; `None` without a beam.
    fn toward(&self, point: Point2) -> Option<f64> {
        let bin = bin_of(point - self.origin);
        let shortest = [BINS - 1, 0, 1]
            .into_iter()
            .map(|off| self.nearest_m[(bin + off) % BINS])
            .fold(f32::INFINITY, f32::min);
        shortest.is_finite().then_some(f64::from(shortest))
    }
}

/// Number of surfaces that a scan should hit, and the share of them that its beams pass.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Comparison {
    pub(super) expected: usize,
    pub(super) passed_by_bearing: f64,
    /// A near object covers many bearings and may be a single moving one; its share by length is
    /// small.
    pub(super) passed_by_length: f64,
}

/// Surfaces hit by a scan, one per bearing, odometry frame.
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

    /// Stores the surfaces of a scan, at most one per degree.
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

    /// Removes the surfaces that the beams of `now` pass.
    pub(super) fn drop_passed(&mut self, now: &PolarScan, reach_m: f64) {
        self.points.retain(|point| !now.passes(*point, reach_m));
    }

    /// Surface points, one per bearing, in the order of the scan.
    pub(super) fn points(&self) -> &[Point2] {
        &self.points
    }

    /// Compares the surfaces that `now` should hit with its beams. Surfaces of objects that may
    /// have moved are ignored.
    pub(super) fn compare(
        &self,
        now: &PolarScan,
        reach_m: f64,
        may_have_gone: impl Fn(Point2) -> bool,
    ) -> Comparison {
        let (mut expected, mut passed) = (0, 0_usize);
        let (mut expected_m, mut passed_m) = (0.0, 0.0);
        for point in &self.points {
            if !now.expects(*point, reach_m) || may_have_gone(*point) {
                continue;
            }
            let distance_m = (point - now.origin).norm();
            expected += 1;
            expected_m += distance_m;
            if now.passes(*point, reach_m) {
                passed += 1;
                passed_m += distance_m;
            }
        }
        Comparison {
            expected,
            passed_by_bearing: passed as f64 / expected.max(1) as f64,
            passed_by_length: passed_m / f64::max(expected_m, 1e-9),
        }
    }
}

fn bin_of(offset: crate::Vector2) -> usize {
    let turn = (offset.y.atan2(offset.x) + PI) / TAU;
    ((turn * BINS as f64) as usize).min(BINS - 1)
}
