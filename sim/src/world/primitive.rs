//! The two things every outline is made of, and their exact geometry.

use perception::{Footprint, Point2, Pose2, Vector2};

use super::Gap;

/// A straight edge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub a: Point2,
    pub b: Point2,
}

/// A round post.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circle {
    pub centre: Point2,
    pub radius_m: f64,
}

/// A part of an outline.
#[derive(Debug, Clone, Copy)]
pub(super) enum Primitive {
    Segment(Segment),
    Circle(Circle),
}

impl Primitive {
    /// Lower left and upper right corner of the box around it.
    pub fn bounds(&self) -> (Point2, Point2) {
        match self {
            Self::Segment(Segment { a, b }) => (a.inf(b), a.sup(b)),
            Self::Circle(Circle { centre, radius_m }) => {
                let reach = Vector2::repeat(*radius_m);
                (centre - reach, centre + reach)
            }
        }
    }

    /// Distance from a point, m; negative inside a circle.
    pub fn signed_distance_m(&self, point: Point2) -> f64 {
        match self {
            Self::Segment(segment) => (point - segment.nearest(point)).norm(),
            Self::Circle(circle) => (point - circle.centre).norm() - circle.radius_m,
        }
    }

    /// How far along the ray from `origin` in the unit direction `along` it is met, m.
    pub fn ray_hit_m(&self, origin: Point2, along: Vector2) -> Option<f64> {
        match self {
            Self::Segment(segment) => segment.ray_hit_m(origin, along),
            Self::Circle(circle) => circle.ray_hit_m(origin, along),
        }
    }

    /// The gap between it and a footprint at a pose.
    pub fn gap(&self, footprint: &Footprint, world_from_base: Pose2) -> Gap {
        let base_from_world = world_from_base.inverse();
        let mut gap = match self {
            Self::Circle(Circle { centre, radius_m }) => {
                let middle = base_from_world * *centre;
                let distance_m = footprint.signed_distance_m(middle) - radius_m;
                let outward = middle - nearest_in(footprint, middle);
                let length = outward.norm();
                Gap {
                    distance_m,
                    point: if length > *radius_m {
                        middle - outward * (radius_m / length)
                    } else {
                        middle - outward
                    },
                }
            }
            Self::Segment(Segment { a, b }) => Segment {
                a: base_from_world * *a,
                b: base_from_world * *b,
            }
            .gap_to(footprint),
        };
        gap.point = world_from_base * gap.point;
        gap
    }
}

impl Segment {
    /// Its point nearest to another.
    fn nearest(&self, point: Point2) -> Point2 {
        let edge = self.b - self.a;
        let squared = edge.norm_squared();
        if squared == 0.0 {
            return self.a;
        }
        let fraction = ((point - self.a).dot(&edge) / squared).clamp(0.0, 1.0);
        self.a + edge * fraction
    }

    fn ray_hit_m(&self, origin: Point2, along: Vector2) -> Option<f64> {
        let edge = self.b - self.a;
        let to_a = self.a - origin;
        let across = along.perp(&edge);
        if across == 0.0 {
            // parallel: met only head on, at the nearer end
            if along.perp(&to_a) != 0.0 {
                return None;
            }
            let (near, far) = (along.dot(&to_a), along.dot(&(self.b - origin)));
            return (near.max(far) >= 0.0).then(|| near.min(far).max(0.0));
        }
        let distance = to_a.perp(&edge) / across;
        let fraction = to_a.perp(&along) / across;
        (distance >= 0.0 && (0.0..=1.0).contains(&fraction)).then_some(distance)
    }

    /// The gap to a footprint, all in the base frame.
    fn gap_to(&self, footprint: &Footprint) -> Gap {
        match *footprint {
            Footprint::Disc { radius_m } => {
                let point = self.nearest(Point2::origin());
                Gap {
                    distance_m: point.coords.norm() - radius_m,
                    point,
                }
            }
            Footprint::Rectangle { length_m, width_m } => {
                let half = Vector2::new(0.5 * length_m, 0.5 * width_m);
                if let Some(point) = self.middle_within(half) {
                    return Gap {
                        distance_m: footprint.signed_distance_m(point).min(0.0),
                        point,
                    };
                }
                // apart, so the shortest way starts or ends in an end or a corner
                let mut best = Gap::NONE;
                for point in [self.a, self.b] {
                    best = best.nearer(Gap {
                        distance_m: footprint.signed_distance_m(point),
                        point,
                    });
                }
                for (x, y) in [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)] {
                    let corner = Point2::new(x * half.x, y * half.y);
                    let point = self.nearest(corner);
                    best = best.nearer(Gap {
                        distance_m: (point - corner).norm(),
                        point,
                    });
                }
                best
            }
        }
    }

    /// Middle of what lies inside the box of half extents `half` about the origin (Liang and
    /// Barsky 1984), if anything does.
    fn middle_within(&self, half: Vector2) -> Option<Point2> {
        let edge = self.b - self.a;
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for axis in 0..2 {
            let (start, step) = (self.a[axis], edge[axis]);
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
        (enter <= leave).then(|| self.a + edge * (0.5 * (enter + leave)))
    }
}

impl Circle {
    fn ray_hit_m(&self, origin: Point2, along: Vector2) -> Option<f64> {
        let to_centre = self.centre - origin;
        let beyond = to_centre.norm_squared() - self.radius_m * self.radius_m;
        if beyond <= 0.0 {
            return Some(0.0);
        }
        let forward = along.dot(&to_centre);
        let aside = along.perp(&to_centre);
        let inside = self.radius_m * self.radius_m - aside * aside;
        if forward < 0.0 || inside < 0.0 {
            return None;
        }
        // the nearer root in the form that loses no digits when the circle is far away
        Some(beyond / (forward + inside.sqrt()))
    }
}

/// The point of a footprint nearest to another, in the base frame; the point itself when inside.
fn nearest_in(footprint: &Footprint, point: Point2) -> Point2 {
    match *footprint {
        Footprint::Disc { radius_m } => {
            let distance = point.coords.norm();
            if distance <= radius_m {
                point
            } else {
                point * (radius_m / distance)
            }
        }
        Footprint::Rectangle { length_m, width_m } => Point2::new(
            point.x.clamp(-0.5 * length_m, 0.5 * length_m),
            point.y.clamp(-0.5 * width_m, 0.5 * width_m),
        ),
    }
}
