//! Validation of footprint polygons.

use super::{Polygon, SAME_VERTEX_M, VERTICES_MAX, nearest_on_edge};
use crate::geometry::{Point2, Vector2};

/// Maximum coordinate of a vertex along either axis, m.
const EXTENT_MAX_M: f64 = 10.0;
/// Distance below which edges without a common vertex count as touching, m.
const EDGES_APART_M: f64 = 1e-6;
/// Minimum angle between the edges of a vertex, rad: the mitre of an offset stays below 23 times
/// the offset.
const ANGLE_MIN_RAD: f64 = 0.0873;
/// Minimum area, m².
const AREA_MIN_M2: f64 = 1e-5;
/// Minimum distance from the origin to the outline, m.
const INSCRIBED_MIN_M: f64 = 0.002;

/// Reason why the vertices of a footprint are invalid. Vertices and edges are counted from 0, in
/// the given order; an edge has the index of the vertex at which it begins.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PolygonError {
    /// Too few or too many vertices.
    #[error("polygon has {count} vertices: expected 3 to {VERTICES_MAX}")]
    Count {
        /// Number of vertices, without one that repeats the first at the end.
        count: usize,
    },
    /// Vertex that is not finite or out of bounds.
    #[error("polygon vertex {index} is [{x}, {y}]: expected finite coordinates within 10 m")]
    Vertex {
        /// Index of the vertex.
        index: usize,
        /// x of the vertex, m.
        x: f64,
        /// y of the vertex, m.
        y: f64,
    },
    /// Two vertices at the same position.
    #[error("polygon vertices {first} and {second} coincide: expected at least 1 mm between them")]
    Repeated {
        /// Index of the first vertex.
        first: usize,
        /// Index of the second vertex.
        second: usize,
    },
    /// Vertex at which the outline folds back on itself.
    #[error("polygon vertex {index} has an angle of {degrees:.1} degrees: expected at least 5")]
    Spike {
        /// Index of the vertex.
        index: usize,
        /// Angle between its edges, degrees.
        degrees: f64,
    },
    /// Polygon that is not simple.
    #[error(
        "polygon edges {first} and {second} cross or touch: expected the vertices in order along the outline"
    )]
    Crossing {
        /// Index of the first edge.
        first: usize,
        /// Index of the second edge.
        second: usize,
    },
    /// Polygon with an area below the minimum.
    #[error("polygon area is {area_m2:e} m^2: expected at least 1e-5")]
    Area {
        /// The area, m².
        area_m2: f64,
    },
    /// Polygon that does not contain the origin of the base frame.
    #[error(
        "polygon does not hold the origin of the base frame (signed distance {distance_m:.3} m): \
         expected it inside, 2 mm from the outline, because the robot turns about it"
    )]
    Origin {
        /// Signed distance from the outline to the origin, m.
        distance_m: f64,
    },
    /// Text that is not a list of vertices.
    #[error("polygon text: expected vertices as \"[[x, y], [x, y], ...]\", found {found}")]
    Text {
        /// Text found at the position of the syntax error.
        found: String,
    },
}

impl Polygon {
    /// Rejects vertices, in the given order, that are not a valid footprint.
    pub(super) fn check(&self, given: &[Point2]) -> Result<(), PolygonError> {
        let count = given.len();
        for (index, vertex) in given.iter().enumerate() {
            if !(vertex.x.abs() <= EXTENT_MAX_M && vertex.y.abs() <= EXTENT_MAX_M) {
                let (x, y) = (vertex.x, vertex.y);
                return Err(PolygonError::Vertex { index, x, y });
            }
        }
        for second in 1..count {
            for first in 0..second {
                if (given[second] - given[first]).norm() < SAME_VERTEX_M {
                    return Err(PolygonError::Repeated { first, second });
                }
            }
        }
        for index in 0..count {
            let vertex = given[index];
            let before = given[(index + count - 1) % count] - vertex;
            let after = given[(index + 1) % count] - vertex;
            let angle = before.perp(&after).atan2(before.dot(&after)).abs();
            if angle < ANGLE_MIN_RAD {
                let degrees = angle.to_degrees();
                return Err(PolygonError::Spike { index, degrees });
            }
        }
        if let Some((first, second)) = crossing(given) {
            return Err(PolygonError::Crossing { first, second });
        }
        let area_m2 = self.area_m2();
        if area_m2 < AREA_MIN_M2 {
            return Err(PolygonError::Area { area_m2 });
        }
        let distance_m = self.signed_distance_m(Point2::origin());
        if distance_m > -INSCRIBED_MIN_M {
            return Err(PolygonError::Origin { distance_m });
        }
        Ok(())
    }
}

/// Returns two edges without a common vertex that cross or touch.
pub(super) fn crossing(vertices: &[Point2]) -> Option<(usize, usize)> {
    let count = vertices.len();
    let edge = |index: usize| (vertices[index], vertices[(index + 1) % count]);
    (0..count).find_map(|first| {
        let apart = first + 2..count.min(first + count - 1);
        apart
            .into_iter()
            .find(|&second| meet(edge(first), edge(second)))
            .map(|second| (first, second))
    })
}

fn meet((a, b): (Point2, Point2), (c, d): (Point2, Point2)) -> bool {
    let sides = |from: Point2, to: Point2, one: Point2, other: Point2| {
        let along: Vector2 = to - from;
        along.perp(&(one - from)) * along.perp(&(other - from)) < 0.0
    };
    let near = |point: Point2, from: Point2, to: Point2| {
        (point - nearest_on_edge(from, to, point)).norm() < EDGES_APART_M
    };
    (sides(a, b, c, d) && sides(c, d, a, b))
        || near(a, c, d)
        || near(b, c, d)
        || near(c, a, b)
        || near(d, a, b)
}
