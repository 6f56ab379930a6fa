//! Obstacles as solids, and their intersection with rays.
//!
//! Upright rectangles and posts, the most frequent shapes, are intersections of three slabs, or of
//! a cylinder and a slab (Kay and Kajiya 1986): the ray is inside from the last entry to the first
//! exit. Other outlines are tested by their edges and both ends.

use nalgebra::Vector3;
use perception::{Point2, Point3, Vector2};

use super::bundle::RayBundle;
use super::{Obstacle, Shape};

/// Tolerance of right angles in a rectangle: cosine of its corners.
const RIGHT_ANGLE: f64 = 1e-9;

/// An outline in the form used for ray casting.
#[derive(Debug, Clone)]
enum Outline {
    /// A rectangle: centre, direction of its length and half extents.
    Rectangle {
        middle: Point2,
        lengthwise: Vector2,
        half: Vector2,
    },
    Circle {
        centre: Point2,
        radius_m: f64,
    },
    Wall {
        a: Point2,
        b: Point2,
    },
    Polygon(Shape, Vec<(Point2, Point2)>),
}

/// A solid between two heights.
#[derive(Debug, Clone)]
pub(super) struct Solid {
    outline: Outline,
    z_min_m: f64,
    z_max_m: f64,
}

fn least(one: f64, two: f64) -> f64 {
    if one < two { one } else { two }
}

fn most(one: f64, two: f64) -> f64 {
    if one > two { one } else { two }
}

/// Interval of a ray between two parallel planes, from its intersections with them.
#[inline]
fn within(one: f64, two: f64) -> (f64, f64) {
    (least(one, two), most(one, two))
}

/// The entry distance, m; infinite for a miss.
#[inline]
fn first(enter: f64, leave: f64) -> f64 {
    let enter = most(enter, 0.0);
    if enter <= leave { enter } else { f64::INFINITY }
}

impl Solid {
    pub fn new(obstacle: &Obstacle) -> Self {
        let outline = match &obstacle.shape {
            Shape::Segment { a, b } => Outline::Wall { a: *a, b: *b },
            Shape::Circle { centre, radius_m } => Outline::Circle {
                centre: *centre,
                radius_m: *radius_m,
            },
            Shape::Polygon { vertices } => rectangle(vertices).unwrap_or_else(|| {
                let next = vertices.iter().cycle().skip(1);
                let edges = vertices.iter().copied().zip(next.copied());
                Outline::Polygon(obstacle.shape.clone(), edges.take(vertices.len()).collect())
            }),
        };
        Self {
            outline,
            z_min_m: obstacle.z_min_m,
            z_max_m: obstacle.z_max_m,
        }
    }

    /// Lowest and highest corner of the bounding box.
    pub fn bounds(&self) -> (Point3, Point3) {
        let (low, high) = match &self.outline {
            Outline::Rectangle {
                middle,
                lengthwise,
                half,
            } => {
                let along = lengthwise.abs() * half.x;
                let across = Vector2::new(lengthwise.y, lengthwise.x).abs() * half.y;
                (middle - along - across, middle + along + across)
            }
            Outline::Circle { centre, radius_m } => {
                let reach = Vector2::repeat(*radius_m);
                (centre - reach, centre + reach)
            }
            Outline::Wall { a, b } => (a.inf(b), a.sup(b)),
            Outline::Polygon(_, edges) => edges
                .iter()
                .fold((edges[0].0, edges[0].0), |(low, high), (corner, _)| {
                    (low.inf(corner), high.sup(corner))
                }),
        };
        (
            Point3::new(low.x, low.y, self.z_min_m),
            Point3::new(high.x, high.y, self.z_max_m),
        )
    }

    /// Shortens the rays that hit it.
    pub fn cast(&self, rays: &mut RayBundle, tag: u32) {
        let origin = rays.origin();
        let (bottom, top) = (self.z_min_m - origin.z, self.z_max_m - origin.z);
        match &self.outline {
            Outline::Rectangle {
                middle,
                lengthwise,
                half,
            } => {
                let crosswise = Vector2::new(-lengthwise.y, lengthwise.x);
                let from = origin.xy() - middle;
                let (x, y) = (from.dot(lengthwise), from.dot(&crosswise));
                let upright = 0.5 * (bottom + top);
                let tall = 0.5 * (top - bottom);
                let met = rays.may_meet_body(|normal| {
                    let flat = normal.xy();
                    let (along, across) = (flat.dot(lengthwise), flat.dot(&crosswise));
                    along.abs() * half.x - along * x + across.abs() * half.y - across * y
                        + normal.z * upright
                        + normal.z.abs() * tall
                });
                if !met {
                    return;
                }
                let (cos, sin) = (lengthwise.x, lengthwise.y);
                let (back, front) = (-half.x - x, half.x - x);
                let (right, left) = (-half.y - y, half.y - y);
                rays.strike(tag, |dx, dy, _, inverse_z| {
                    let inverse_x = 1.0 / (cos * dx + sin * dy);
                    let inverse_y = 1.0 / (cos * dy - sin * dx);
                    let along = within(back * inverse_x, front * inverse_x);
                    let across = within(right * inverse_y, left * inverse_y);
                    let up = within(bottom * inverse_z, top * inverse_z);
                    first(
                        most(most(along.0, across.0), up.0),
                        least(least(along.1, across.1), up.1),
                    )
                });
            }
            Outline::Circle { centre, radius_m } => {
                let to_centre = centre - origin.xy();
                let (x, y) = (to_centre.x, to_centre.y);
                let upright = 0.5 * (bottom + top);
                let tall = 0.5 * (top - bottom);
                let met = rays.may_meet_body(|normal| {
                    normal.x * x
                        + normal.y * y
                        + normal.xy().norm() * radius_m
                        + normal.z * upright
                        + normal.z.abs() * tall
                });
                if !met {
                    return;
                }
                let beyond = to_centre.norm_squared() - radius_m * radius_m;
                rays.strike(tag, |dx, dy, _, inverse_z| {
                    let squared = dx * dx + dy * dy;
                    let forward = dx * x + dy * y;
                    let inside = forward * forward - squared * beyond;
                    let half = most(inside, 0.0).sqrt();
                    let up = within(bottom * inverse_z, top * inverse_z);
                    // the nearer root in the numerically stable form for distant circles
                    let enter = if beyond <= 0.0 {
                        0.0
                    } else if inside < 0.0 || forward <= 0.0 {
                        f64::INFINITY
                    } else {
                        beyond / (forward + half)
                    };
                    let leave = if squared > 0.0 {
                        (forward + half) / squared
                    } else {
                        f64::INFINITY
                    };
                    first(most(enter, up.0), least(leave, up.1))
                });
            }
            Outline::Wall { a, b } => {
                let enter = edge_hit(*a - origin.xy(), *b - a, bottom, top);
                rays.strike(tag, |dx, dy, dz, _| enter(dx, dy, dz));
            }
            Outline::Polygon(shape, edges) => {
                for (a, b) in edges {
                    let enter = edge_hit(*a - origin.xy(), *b - a, bottom, top);
                    rays.strike(tag, |dx, dy, dz, _| enter(dx, dy, dz));
                }
                let starts_inside = bottom <= 0.0 && top >= 0.0 && shape.encloses(origin.xy());
                rays.strike(tag, |dx, dy, dz, inverse_z| {
                    if starts_inside {
                        return 0.0;
                    }
                    // the end that faces the origin
                    let at = if dz < 0.0 { top } else { bottom } * inverse_z;
                    let point = origin.xy() + Vector2::new(dx, dy) * at;
                    if at >= 0.0 && at.is_finite() && shape.encloses(point) {
                        at
                    } else {
                        f64::INFINITY
                    }
                });
            }
        }
    }

    /// Unit normal of the face at a point, of either sign.
    pub fn normal_at(&self, point: Point3) -> Vector3<f64> {
        let flat = point.xy();
        let (distance_m, side) = match &self.outline {
            Outline::Rectangle {
                middle,
                lengthwise,
                half,
            } => {
                let crosswise = Vector2::new(-lengthwise.y, lengthwise.x);
                let from = flat - middle;
                let x = (from.dot(lengthwise).abs() - half.x).abs();
                let y = (from.dot(&crosswise).abs() - half.y).abs();
                if x < y {
                    (x, *lengthwise)
                } else {
                    (y, crosswise)
                }
            }
            Outline::Circle { centre, radius_m } => {
                let from = flat - centre;
                let distance = from.norm();
                (
                    (distance - radius_m).abs(),
                    from / distance.max(f64::MIN_POSITIVE),
                )
            }
            Outline::Wall { a, b } => (0.0, across(*a, *b)),
            Outline::Polygon(_, edges) => edges
                .iter()
                .map(|(a, b)| (super::floor_patch::distance_m(*a, *b, flat), across(*a, *b)))
                .min_by(|one, two| one.0.total_cmp(&two.0))
                .unwrap_or((f64::INFINITY, Vector2::x())),
        };
        let end_m = (point.z - self.z_min_m)
            .abs()
            .min((point.z - self.z_max_m).abs());
        if end_m < distance_m {
            Vector3::z()
        } else {
            Vector3::new(side.x, side.y, 0.0)
        }
    }
}

/// Intersection of a ray with an upright face: the edge from `to_a` along `edge`, relative to the
/// origin, between two relative heights.
fn edge_hit(to_a: Vector2, edge: Vector2, bottom: f64, top: f64) -> impl Fn(f64, f64, f64) -> f64 {
    let offset = to_a.perp(&edge);
    move |dx, dy, dz| {
        let across = dx * edge.y - dy * edge.x;
        let at = offset / across;
        let share = (to_a.x * dy - to_a.y * dx) / across;
        let height = at * dz;
        if at >= 0.0 && (0.0..=1.0).contains(&share) && (bottom..=top).contains(&height) {
            at
        } else {
            f64::INFINITY
        }
    }
}

fn across(a: Point2, b: Point2) -> Vector2 {
    let edge = b - a;
    Vector2::new(edge.y, -edge.x) / edge.norm().max(f64::MIN_POSITIVE)
}

/// Four corners as a rectangle; none if they are not one.
fn rectangle(vertices: &[Point2]) -> Option<Outline> {
    let &[a, b, c, d] = vertices else {
        return None;
    };
    let (along, beside) = (b - a, d - a);
    let (length, width) = (along.norm(), beside.norm());
    let size = length.max(width);
    let skewed = (c - b - beside).norm() > RIGHT_ANGLE * size
        || along.dot(&beside).abs() > RIGHT_ANGLE * length * width;
    if skewed || !(length > 0.0 && width > 0.0) {
        return None;
    }
    Some(Outline::Rectangle {
        middle: a + (c - a) * 0.5,
        lengthwise: along / length,
        half: Vector2::new(0.5 * length, 0.5 * width),
    })
}
