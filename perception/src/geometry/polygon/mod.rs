//! Simple polygon around the origin of the base frame, convex or concave.
//!
//! ```text
//! d(p)          = min over edges (a, b) of | p − (a + t (b − a)) |,
//!                 t = clamp((p − a)·(b − a) / |b − a|², 0, 1)
//! signed d(p)   = −d(p) where a ray from p crosses the outline an odd number of times, else d(p)
//! ```
//!
//! The origin must be inside: the robot rotates about it, and the inscribed radius, which the route
//! planner and the monitor use, is the distance from it to the outline.

mod check;
mod offset;
mod text;

pub use check::PolygonError;

use super::{Point2, Vector2};

/// Maximum number of vertices of a polygon.
const VERTICES_MAX: usize = 16;
/// Vertices closer to each other than this are identical, m.
const SAME_VERTEX_M: f64 = 1e-3;

/// Vertices in the base frame, counter-clockwise, of a simple polygon that contains the origin.
///
/// ```
/// use perception::Polygon;
/// let l = [[0.6, 0.25], [0.6, 0.0], [0.1, 0.0], [0.1, -0.25], [-0.2, -0.25], [-0.2, 0.25]];
/// let polygon = Polygon::new(&l).unwrap();
/// assert_eq!(polygon.vertices().len(), 6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Polygon {
    /// Entries beyond `count` are the origin.
    vertices: [Point2; VERTICES_MAX],
    count: usize,
}

impl Polygon {
    /// Creates a polygon from `[x, y]`, m, in either orientation; a last vertex that repeats the
    /// first is dropped.
    pub fn new(vertices: &[[f64; 2]]) -> Result<Self, PolygonError> {
        let points: Vec<Point2> = vertices.iter().map(|&[x, y]| Point2::new(x, y)).collect();
        let open = match points.as_slice() {
            [first, between @ .., last] if (last - first).norm() < SAME_VERTEX_M => {
                &points[..=between.len()]
            }
            all => all,
        };
        if !(3..=VERTICES_MAX).contains(&open.len()) {
            return Err(PolygonError::Count { count: open.len() });
        }
        let polygon = Self::counter_clockwise(open);
        polygon.check(open)?;
        Ok(polygon)
    }

    /// Creates a polygon from at most [`VERTICES_MAX`] vertices without validation.
    fn counter_clockwise(points: &[Point2]) -> Self {
        let mut vertices = [Point2::new(0.0, 0.0); VERTICES_MAX];
        vertices[..points.len()].copy_from_slice(points);
        let mut polygon = Self {
            vertices,
            count: points.len(),
        };
        if polygon.area_m2() < 0.0 {
            polygon.vertices[1..points.len()].reverse();
        }
        polygon
    }

    /// The vertices, base frame, counter-clockwise.
    pub fn vertices(&self) -> &[Point2] {
        &self.vertices[..self.count]
    }

    /// Start and end of every edge, counter-clockwise.
    pub fn edges(&self) -> impl Iterator<Item = (Point2, Point2)> {
        let vertices = self.vertices();
        let next = vertices.iter().cycle().skip(1);
        vertices.iter().copied().zip(next.copied())
    }

    /// Area, m²; negative if the vertices are clockwise.
    fn area_m2(&self) -> f64 {
        let twice: f64 = self
            .edges()
            .map(|(from, to)| from.x * to.y - to.x * from.y)
            .sum();
        0.5 * twice
    }

    /// True for points inside the polygon.
    pub fn contains(&self, point: Point2) -> bool {
        self.edges().fold(false, |is_inside, (from, to)| {
            let is_crossed = (from.y > point.y) != (to.y > point.y)
                && point.x < from.x + (to.x - from.x) * (point.y - from.y) / (to.y - from.y);
            is_inside ^ is_crossed
        })
    }

    /// Nearest point on the outline.
    pub fn nearest_on_outline(&self, point: Point2) -> Point2 {
        let on_edges = self
            .edges()
            .map(|(from, to)| nearest_on_edge(from, to, point));
        on_edges
            .min_by(|a, b| {
                (point - a)
                    .norm_squared()
                    .total_cmp(&(point - b).norm_squared())
            })
            .unwrap_or(point)
    }

    /// Distance to the outline, m; negative inside.
    pub fn signed_distance_m(&self, point: Point2) -> f64 {
        let distance_m = (point - self.nearest_on_outline(point)).norm();
        if self.contains(point) {
            -distance_m
        } else {
            distance_m
        }
    }

    /// Intersections of a segment with the polygon, as shares of its length, in order. Does not
    /// allocate.
    pub fn clip(&self, a: Point2, b: Point2) -> impl Iterator<Item = (f64, f64)> {
        let along = b - a;
        let mut cuts = [1.0; VERTICES_MAX + 2];
        cuts[0] = 0.0;
        let mut count = 1;
        for (from, to) in self.edges() {
            let edge = to - from;
            let across = along.perp(&edge);
            if across == 0.0 {
                continue;
            }
            let offset = from - a;
            let (share, edge_share) = (offset.perp(&edge) / across, offset.perp(&along) / across);
            if (0.0..=1.0).contains(&share) && (0.0..=1.0).contains(&edge_share) {
                cuts[count] = share;
                count += 1;
            }
        }
        cuts[..count].sort_by(f64::total_cmp);
        let is_inside =
            move |index: usize| self.contains(a + along * (0.5 * (cuts[index] + cuts[index + 1])));
        let mut next = 0;
        std::iter::from_fn(move || {
            while next < count && !is_inside(next) {
                next += 1;
            }
            if next == count {
                return None;
            }
            let enter = cuts[next];
            while next < count && is_inside(next) {
                next += 1;
            }
            Some((enter, cuts[next]))
        })
    }
}

fn nearest_on_edge(from: Point2, to: Point2, point: Point2) -> Point2 {
    let edge: Vector2 = to - from;
    let share = (point - from).dot(&edge) / edge.norm_squared().max(f64::MIN_POSITIVE);
    from + edge * share.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests;
