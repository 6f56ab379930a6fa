//! Outlines in the plane.

use perception::{Point2, Pose2};
use serde::{Deserialize, Serialize};

use super::primitive::{Circle, Primitive, Segment};

/// Maximum distance from the origin of a world along each axis, m: a large city.
pub(super) const WORLD_REACH_M: f64 = 20_000.0;
/// Minimum radius, m.
const LENGTH_MIN_M: f64 = 1e-4;
/// Maximum number of corners of a polygon.
const CORNERS_MAX: usize = 10_000;

/// True for a point within the bounds of a world.
pub(super) fn is_within_world(point: &Point2) -> bool {
    point.x.abs() <= WORLD_REACH_M && point.y.abs() <= WORLD_REACH_M
}

/// The outline of a solid, world frame, m.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// A wall without thickness.
    Segment {
        /// One end.
        a: Point2,
        /// The other end.
        b: Point2,
    },
    /// A circular post.
    Circle {
        /// Centre.
        centre: Point2,
        /// Radius, m.
        radius_m: f64,
    },
    /// A solid without crossing edges, convex or concave, of either orientation.
    Polygon {
        /// Corners in order; an edge joins the last to the first.
        vertices: Vec<Point2>,
    },
}

impl Shape {
    /// A rectangle of `length_m` along the x axis of `pose` and `width_m` along its y axis.
    pub fn rectangle(pose: Pose2, length_m: f64, width_m: f64) -> Self {
        let (x, y) = (0.5 * length_m, 0.5 * width_m);
        Self::Polygon {
            vertices: [(x, y), (-x, y), (-x, -y), (x, -y)]
                .map(|(x, y)| pose * Point2::new(x, y))
                .to_vec(),
        }
    }

    /// The shape transformed by `target_from_source`.
    #[must_use]
    pub fn moved(&self, target_from_source: Pose2) -> Self {
        match self {
            Self::Segment { a, b } => Self::Segment {
                a: target_from_source * *a,
                b: target_from_source * *b,
            },
            Self::Circle { centre, radius_m } => Self::Circle {
                centre: target_from_source * *centre,
                radius_m: *radius_m,
            },
            Self::Polygon { vertices } => Self::Polygon {
                vertices: vertices.iter().map(|v| target_from_source * *v).collect(),
            },
        }
    }

    /// Distance from a point, m; negative inside a circle or a polygon.
    pub fn signed_distance_m(&self, point: Point2) -> f64 {
        let mut nearest = f64::INFINITY;
        self.for_each_primitive(&mut |primitive| {
            nearest = nearest.min(primitive.signed_distance_m(point));
        });
        if self.encloses(point) {
            -nearest.abs()
        } else {
            nearest
        }
    }

    /// True for a point within a polygon (even-odd rule) or a circle.
    pub(super) fn encloses(&self, point: Point2) -> bool {
        match self {
            Self::Segment { .. } => false,
            Self::Circle { centre, radius_m } => (point - centre).norm() < *radius_m,
            Self::Polygon { vertices } => {
                let mut inside = false;
                for_each_edge(vertices, &mut |a, b| {
                    if (a.y > point.y) != (b.y > point.y) {
                        let x = a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x);
                        inside ^= point.x < x;
                    }
                });
                inside
            }
        }
    }

    /// Visits the primitives of the boundary.
    pub(super) fn for_each_primitive(&self, give: &mut dyn FnMut(Primitive)) {
        match self {
            Self::Segment { a, b } => give(Primitive::Segment(Segment { a: *a, b: *b })),
            Self::Circle { centre, radius_m } => give(Primitive::Circle(Circle {
                centre: *centre,
                radius_m: *radius_m,
            })),
            Self::Polygon { vertices } => {
                for_each_edge(vertices, &mut |a, b| {
                    give(Primitive::Segment(Segment { a, b }));
                });
            }
        }
    }

    /// Description of an invalid value; none if valid.
    pub(super) fn flaw(&self) -> Option<String> {
        let finite = is_within_world;
        let beyond = |p: &Point2| {
            format!(
                "({:?}, {:?}): expected coordinates within {WORLD_REACH_M} m of the origin",
                p.x, p.y
            )
        };
        match self {
            Self::Segment { a, b } => [a, b].into_iter().find(|p| !finite(p)).map(beyond),
            Self::Circle { centre, radius_m } => {
                if !finite(centre) {
                    Some(beyond(centre))
                } else if (LENGTH_MIN_M..=WORLD_REACH_M).contains(radius_m) {
                    None
                } else {
                    Some(format!(
                        "radius {radius_m:?} m: expected {LENGTH_MIN_M} to {WORLD_REACH_M} m"
                    ))
                }
            }
            Self::Polygon { vertices } => {
                if vertices.len() < 3 {
                    Some(format!("{} corners: expected at least 3", vertices.len()))
                } else if vertices.len() > CORNERS_MAX {
                    let found = vertices.len();
                    Some(format!("{found} corners: expected at most {CORNERS_MAX}"))
                } else {
                    vertices.iter().find(|p| !finite(p)).map(beyond)
                }
            }
        }
    }
}

fn for_each_edge(vertices: &[Point2], give: &mut dyn FnMut(Point2, Point2)) {
    for (index, a) in vertices.iter().enumerate() {
        give(*a, vertices[(index + 1) % vertices.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An L of three unit squares: area 3, concave at (1, 1).
    fn ell() -> Shape {
        Shape::Polygon {
            vertices: [
                (0.0, 0.0),
                (2.0, 0.0),
                (2.0, 1.0),
                (1.0, 1.0),
                (1.0, 2.0),
                (0.0, 2.0),
            ]
            .map(|(x, y)| Point2::new(x, y))
            .to_vec(),
        }
    }

    #[test]
    fn distance_to_a_concave_polygon_has_the_sign_of_the_side() {
        assert!((ell().signed_distance_m(Point2::new(0.5, 0.5)) + 0.5).abs() < 1e-12);
        assert!((ell().signed_distance_m(Point2::new(1.5, 1.25)) - 0.25).abs() < 1e-12);
        let diagonal = ell().signed_distance_m(Point2::new(-3.0, -4.0));
        assert!((diagonal - 5.0).abs() < 1e-12);
    }

    #[test]
    fn moving_shape_and_point_together_keeps_the_distance() {
        let move_by = Pose2::new(3.0, -2.0, 0.7);
        for point in [Point2::new(0.5, 0.5), Point2::new(2.5, 3.0)] {
            let moved = ell().moved(move_by).signed_distance_m(move_by * point);
            assert!((moved - ell().signed_distance_m(point)).abs() < 1e-12);
        }
    }
}
