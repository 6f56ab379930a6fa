//! Patch of floor.

use perception::{Point2, Point3, Pose2, Vector2};
use serde::{Deserialize, Serialize};

use super::shape::{WORLD_REACH_M, is_within_world};

/// Maximum width of an overlap that counts as a common edge, m.
const OVERLAP_M: f64 = 1e-6;

/// Maximum slope, m/m.
const GRADIENT_MAX: f64 = 1000.0;

/// A planar part of the floor that is not at z = 0 or not level. Patches may share edges, not area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloorPatch {
    /// Corners in order, of either orientation, world frame, m. Edges must not cross.
    pub vertices: Vec<Point2>,
    /// Height of the patch's plane at the origin of the world, m.
    pub z0_m: f64,
    /// Gradient of the plane along x and y, m/m.
    #[serde(default)]
    pub gradient: [f64; 2],
}

impl FloorPatch {
    /// A level patch at a height: a hole when below 0, a platform or a step when above.
    pub fn level(vertices: Vec<Point2>, z_m: f64) -> Self {
        Self {
            vertices,
            z0_m: z_m,
            gradient: [0.0; 2],
        }
    }

    /// A rectangle of `length_m` along the x axis of `pose`, centred there, and `width_m` along its
    /// y axis, with a linear rise along x from `from_z_m` to `to_z_m`.
    pub fn ramp(pose: Pose2, length_m: f64, width_m: f64, [from_z_m, to_z_m]: [f64; 2]) -> Self {
        let (x, y) = (0.5 * length_m, 0.5 * width_m);
        let corners = [(x, y), (-x, y), (-x, -y), (x, -y)];
        let uphill = pose.rotate(Vector2::new((to_z_m - from_z_m) / length_m, 0.0));
        Self {
            vertices: corners.map(|(x, y)| pose * Point2::new(x, y)).to_vec(),
            z0_m: 0.5 * (from_z_m + to_z_m) - uphill.dot(&pose.position().coords),
            gradient: [uphill.x, uphill.y],
        }
    }

    /// The patch transformed by `target_from_source`.
    #[must_use]
    pub fn moved(&self, target_from_source: Pose2) -> Self {
        let uphill = target_from_source.rotate(Vector2::from(self.gradient));
        let vertices = self.vertices.iter().map(|v| target_from_source * *v);
        Self {
            vertices: vertices.collect(),
            z0_m: self.z0_m - uphill.dot(&target_from_source.position().coords),
            gradient: [uphill.x, uphill.y],
        }
    }

    /// Height of the patch's plane at any point, m.
    pub fn plane_m(&self, point: Point2) -> f64 {
        self.z0_m + self.gradient[0] * point.x + self.gradient[1] * point.y
    }

    /// True for a point on the patch. A common edge belongs to exactly one of two patches.
    pub fn contains(&self, point: Point2) -> bool {
        let mut inside = false;
        for (a, b) in self.edges() {
            // independent of the direction of the edge, so that neighbours agree to the last bit
            let (a, b) = if a.y <= b.y { (a, b) } else { (b, a) };
            if (a.y > point.y) != (b.y > point.y) {
                let x = a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x);
                inside ^= point.x < x;
            }
        }
        inside
    }

    pub(super) fn edges(&self) -> impl Iterator<Item = (Point2, Point2)> {
        let next = self.vertices.iter().cycle().skip(1);
        self.vertices
            .iter()
            .copied()
            .zip(next.copied())
            .take(self.vertices.len())
    }

    /// Bounding box of the floor within the outline: its plane and the faces to z = 0.
    pub(super) fn bounds(&self) -> (Point3, Point3) {
        let mut low = Point3::new(f64::INFINITY, f64::INFINITY, 0.0);
        let mut high = Point3::new(f64::NEG_INFINITY, f64::NEG_INFINITY, 0.0);
        for vertex in &self.vertices {
            let corner = Point3::new(vertex.x, vertex.y, self.plane_m(*vertex));
            low = low.inf(&corner);
            high = high.sup(&corner);
        }
        (low, high)
    }

    /// Description of an invalid value; none if valid.
    pub(super) fn flaw(&self) -> Option<String> {
        let [x, y] = self.gradient;
        if self.vertices.len() < 3 {
            return Some(format!(
                "{} corners: expected at least 3",
                self.vertices.len()
            ));
        }
        if let Some(p) = self.vertices.iter().find(|p| !is_within_world(p)) {
            return Some(format!(
                "({:?}, {:?}): expected coordinates within {WORLD_REACH_M} m of the origin",
                p.x, p.y
            ));
        }
        let is_level = self.z0_m.abs() <= WORLD_REACH_M;
        if !(is_level && x.abs() <= GRADIENT_MAX && y.abs() <= GRADIENT_MAX) {
            return Some(format!(
                "height {:?} m, gradient ({x:?}, {y:?}): expected a height within \
                 {WORLD_REACH_M} m of 0 and gradients of at most {GRADIENT_MAX}",
                self.z0_m
            ));
        }
        None
    }

    /// True if two patches share area: edges cross, or a point lies deep in both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let ((low, high), (other_low, other_high)) = (self.bounds(), other.bounds());
        if (0..2).any(|axis| high[axis] < other_low[axis] || other_high[axis] < low[axis]) {
            return false;
        }
        let crossed = self.edges().any(|(a, b)| {
            other.edges().any(|(c, d)| {
                let side = |a: Point2, b: Point2, p: Point2| (b - a).normalize().perp(&(p - a));
                let apart =
                    |one: f64, two: f64| one.min(two) < -OVERLAP_M && one.max(two) > OVERLAP_M;
                apart(side(a, b, c), side(a, b, d)) && apart(side(c, d, a), side(c, d, b))
            })
        });
        crossed || self.reaches_into(other) || other.reaches_into(self)
    }

    /// True if a corner, the centre of an edge or an interior point lies deep inside the other.
    fn reaches_into(&self, other: &Self) -> bool {
        let middles = self.edges().map(|(a, b)| a + (b - a) * 0.5);
        self.vertices
            .iter()
            .copied()
            .chain(middles)
            .chain(self.inner_point())
            .any(|point| other.contains(point) && other.edge_distance_m(point) > OVERLAP_M)
    }

    /// Distance from a point to the nearest edge, m.
    pub(super) fn edge_distance_m(&self, point: Point2) -> f64 {
        self.edges()
            .map(|(a, b)| distance_m(a, b, point))
            .fold(f64::INFINITY, f64::min)
    }

    /// A point well inside: the centre of the first interior interval at a y between two corners.
    fn inner_point(&self) -> Option<Point2> {
        let mut heights: Vec<f64> = self.vertices.iter().map(|v| v.y).collect();
        heights.sort_by(f64::total_cmp);
        let pair = heights
            .windows(2)
            .max_by(|one, two| (one[1] - one[0]).total_cmp(&(two[1] - two[0])))?;
        let y = 0.5 * (pair[0] + pair[1]);
        let mut crossings: Vec<f64> = self
            .edges()
            .filter(|(a, b)| (a.y > y) != (b.y > y))
            .map(|(a, b)| a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
            .collect();
        crossings.sort_by(f64::total_cmp);
        match crossings.as_slice() {
            [first, second, ..] => Some(Point2::new(0.5 * (first + second), y)),
            _ => None,
        }
    }
}

/// Distance from a point to an edge, m.
pub(super) fn distance_m(a: Point2, b: Point2, point: Point2) -> f64 {
    let edge = b - a;
    let fraction = ((point - a).dot(&edge) / edge.norm_squared().max(1e-300)).clamp(0.0, 1.0);
    (a + edge * fraction - point).norm()
}
