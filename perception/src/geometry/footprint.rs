//! Footprint: the outline of the robot on the floor.

use serde::{Deserialize, Serialize};

use super::{Point2, Polygon, Vector2};

/// Footprint of the robot in its base frame.
///
/// ```
/// let rear_axle = r#"
///     shape = "polygon"
///     vertices = [[0.6, 0.25], [0.6, -0.25], [-0.2, -0.25], [-0.2, 0.25]]"#;
/// let footprint: perception::Footprint = toml::from_str(rear_axle).unwrap();
/// assert_eq!(footprint.inscribed_radius_m(), 0.2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "shape", deny_unknown_fields)]
#[allow(clippy::large_enum_variant)] // one a robot, and it stays Copy
pub enum Footprint {
    /// Disc around the origin of the base frame.
    Disc {
        /// Radius, m.
        radius_m: f64,
    },
    /// Rectangle around the origin of the base frame, long side along x.
    Rectangle {
        /// Extent along x, m.
        length_m: f64,
        /// Extent along y, m.
        width_m: f64,
    },
    /// Polygon that contains the origin of the base frame.
    Polygon {
        /// 3 to 16 vertices in the base frame, m.
        vertices: Polygon,
    },
}

/// Invalid dimension of a footprint.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("footprint {field} is {value}: expected 0.005 to 10 m")]
pub struct FootprintError {
    /// Name of the field.
    pub field: &'static str,
    /// Value found.
    pub value: f64,
}

impl Footprint {
    /// Rejects lengths outside 0.005 to 10 m. Polygons are checked at construction.
    pub fn validate(&self) -> Result<(), FootprintError> {
        let fields = match *self {
            Self::Disc { radius_m } => [("radius_m", radius_m), ("radius_m", radius_m)],
            Self::Rectangle { length_m, width_m } => [("length_m", length_m), ("width_m", width_m)],
            Self::Polygon { .. } => return Ok(()),
        };
        for (field, value) in fields {
            if !(0.005..=10.0).contains(&value) {
                return Err(FootprintError { field, value });
            }
        }
        Ok(())
    }

    /// Radius of the largest disc around the origin inside the outline, m.
    pub fn inscribed_radius_m(&self) -> f64 {
        match *self {
            Self::Disc { radius_m } => radius_m,
            Self::Rectangle { length_m, width_m } => 0.5 * length_m.min(width_m),
            Self::Polygon { vertices } => -vertices.signed_distance_m(Point2::origin()),
        }
    }

    /// Radius of the smallest disc around the origin that contains the outline, m.
    pub fn circumscribed_radius_m(&self) -> f64 {
        match *self {
            Self::Disc { radius_m } => radius_m,
            Self::Rectangle { length_m, width_m } => 0.5 * length_m.hypot(width_m),
            Self::Polygon { vertices } => vertices
                .vertices()
                .iter()
                .map(|vertex| vertex.coords.norm())
                .fold(0.0, f64::max),
        }
    }

    /// Distance from the outline to a point given in the base frame, m; negative inside.
    pub fn signed_distance_m(&self, point: Point2) -> f64 {
        match *self {
            Self::Disc { radius_m } => point.coords.norm() - radius_m,
            Self::Rectangle { length_m, width_m } => {
                let beyond = Vector2::new(
                    point.x.abs() - 0.5 * length_m,
                    point.y.abs() - 0.5 * width_m,
                );
                let outside = Vector2::new(beyond.x.max(0.0), beyond.y.max(0.0)).norm();
                outside + beyond.x.max(beyond.y).min(0.0)
            }
            Self::Polygon { vertices } => vertices.signed_distance_m(point),
        }
    }

    /// Nearest point inside the outline; the point itself if it is inside. Base frame.
    pub fn nearest_inside(&self, point: Point2) -> Point2 {
        match *self {
            Self::Disc { radius_m } => {
                let distance_m = point.coords.norm();
                if distance_m <= radius_m {
                    point
                } else {
                    point * (radius_m / distance_m)
                }
            }
            Self::Rectangle { length_m, width_m } => Point2::new(
                point.x.clamp(-0.5 * length_m, 0.5 * length_m),
                point.y.clamp(-0.5 * width_m, 0.5 * width_m),
            ),
            Self::Polygon { vertices } if vertices.contains(point) => point,
            Self::Polygon { vertices } => vertices.nearest_on_outline(point),
        }
    }

    /// The outline offset outward by a distance, m, with sharp corners. Every point within that
    /// distance of the outline is inside.
    #[must_use]
    pub fn grown(&self, by_m: f64) -> Self {
        match *self {
            Self::Disc { radius_m } => Self::Disc {
                radius_m: radius_m + by_m,
            },
            Self::Rectangle { length_m, width_m } => Self::Rectangle {
                length_m: length_m + 2.0 * by_m,
                width_m: width_m + 2.0 * by_m,
            },
            Self::Polygon { vertices } => Self::Polygon {
                vertices: vertices.grown(by_m),
            },
        }
    }

    /// Minimum and maximum x of the outline, m: its extent behind and ahead of the base.
    pub fn reach_x_m(&self) -> [f64; 2] {
        match *self {
            Self::Disc { radius_m } => [-radius_m, radius_m],
            Self::Rectangle { length_m, .. } => [-0.5 * length_m, 0.5 * length_m],
            Self::Polygon { vertices } => {
                let x = vertices.vertices().iter().map(|vertex| vertex.x);
                x.fold([f64::INFINITY, f64::NEG_INFINITY], |[least, most], x| {
                    [least.min(x), most.max(x)]
                })
            }
        }
    }

    /// Intersections of a segment of the base frame with the footprint, as shares of its length, in
    /// order. A concave outline may have several. Does not allocate.
    pub fn clip(&self, a: Point2, b: Point2) -> impl Iterator<Item = (f64, f64)> {
        let (convex, polygon) = match self {
            Self::Disc { radius_m } => (clip_to_disc(*radius_m, a, b), None),
            Self::Rectangle { length_m, width_m } => {
                let half = Vector2::new(0.5 * length_m, 0.5 * width_m);
                (clip_to_box(half, a, b), None)
            }
            Self::Polygon { vertices } => (None, Some(vertices)),
        };
        let parts = polygon.map(|vertices| vertices.clip(a, b));
        convex.into_iter().chain(parts.into_iter().flatten())
    }

    /// Corners in the base frame, counter-clockwise; empty for a disc.
    pub fn corners(&self) -> Vec<Point2> {
        match *self {
            Self::Disc { .. } => Vec::new(),
            Self::Rectangle { length_m, width_m } => {
                let (x, y) = (0.5 * length_m, 0.5 * width_m);
                vec![
                    Point2::new(x, y),
                    Point2::new(-x, y),
                    Point2::new(-x, -y),
                    Point2::new(x, -y),
                ]
            }
            Self::Polygon { vertices } => vertices.vertices().to_vec(),
        }
    }

    /// Corners in the base frame, counter-clockwise; for a disc those of an inscribed regular
    /// polygon.
    pub fn drawn_corners(&self, disc_corners: usize) -> Vec<Point2> {
        let Self::Disc { radius_m } = *self else {
            return self.corners();
        };
        let on_disc = (0..disc_corners).map(|corner| {
            let angle = std::f64::consts::TAU * corner as f64 / disc_corners as f64;
            Point2::new(radius_m * angle.cos(), radius_m * angle.sin())
        });
        on_disc.collect()
    }
}

fn clip_to_disc(radius_m: f64, a: Point2, b: Point2) -> Option<(f64, f64)> {
    let edge = b - a;
    let squared = edge.norm_squared();
    let half = a.coords.dot(&edge) / squared;
    let inside = half * half - (a.coords.norm_squared() - radius_m * radius_m) / squared;
    let root = inside.sqrt();
    if !root.is_finite() {
        return None;
    }
    let (enter, leave) = ((-half - root).max(0.0), (-half + root).min(1.0));
    (enter <= leave).then_some((enter, leave))
}

/// Clips a segment to the box of half extents `half` around the origin (Liang and Barsky 1984).
fn clip_to_box(half: Vector2, a: Point2, b: Point2) -> Option<(f64, f64)> {
    let edge = b - a;
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let (start, step) = (a[axis], edge[axis]);
        if step == 0.0 {
            if start.abs() > half[axis] {
                return None;
            }
            continue;
        }
        let (one, other) = ((-half[axis] - start) / step, (half[axis] - start) / step);
        enter = enter.max(one.min(other));
        leave = leave.min(one.max(other));
    }
    (enter <= leave).then_some((enter, leave))
}
