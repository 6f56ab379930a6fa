//! Exact geometry of the primitives of outlines: segments and circles.

use perception::{Footprint, Point2, Pose2, Vector2};

use super::Gap;

/// A segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub a: Point2,
    pub b: Point2,
}

/// A circle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circle {
    pub centre: Point2,
    pub radius_m: f64,
}

/// A primitive of an outline.
#[derive(Debug, Clone, Copy)]
pub(super) enum Primitive {
    Segment(Segment),
    Circle(Circle),
}

impl Primitive {
    /// Lower left and upper right corner of the bounding box.
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

    /// Range at which the ray from `origin` in the unit direction `along` hits it, m.
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
                let outward = middle - footprint.nearest_inside(middle);
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
    /// Its nearest point to another.
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
            // parallel: a hit is possible only in line, at the nearer end
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
        match footprint {
            Footprint::Disc { radius_m } => {
                let point = self.nearest(Point2::origin());
                Gap {
                    distance_m: point.coords.norm() - radius_m,
                    point,
                }
            }
            Footprint::Rectangle { length_m, width_m } => {
                let half = Vector2::new(0.5 * length_m, 0.5 * width_m);
                let signs = [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)];
                let corners = signs.map(|(x, y)| Point2::new(x * half.x, y * half.y));
                self.gap_to_corners(footprint, &corners)
            }
            Footprint::Polygon { vertices } => self.gap_to_corners(footprint, vertices.vertices()),
        }
    }

    /// The gap to a footprint with corners, convex or concave.
    fn gap_to_corners(&self, footprint: &Footprint, corners: &[Point2]) -> Gap {
        let longest = footprint
            .clip(self.a, self.b)
            .max_by(|one, other| (one.1 - one.0).total_cmp(&(other.1 - other.0)));
        if let Some((enter, leave)) = longest {
            let point = self.a + (self.b - self.a) * (0.5 * (enter + leave));
            return Gap {
                distance_m: footprint.signed_distance_m(point).min(0.0),
                point,
            };
        }
        // disjoint: the shortest connection starts or ends at an end or a corner
        let mut best = Gap::NONE;
        for point in [self.a, self.b] {
            best = best.nearer(Gap {
                distance_m: footprint.signed_distance_m(point),
                point,
            });
        }
        for &corner in corners {
            let point = self.nearest(corner);
            best = best.nearer(Gap {
                distance_m: (point - corner).norm(),
                point,
            });
        }
        best
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
        // the nearer root in the numerically stable form for distant circles
        Some(beyond / (forward + inside.sqrt()))
    }
}
