//! Signed distance functions of zone outlines: negative inside.

use perception::{Footprint, Point2};

use super::settings::ZoneShape;

/// A zone's outline in the base frame.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // a few a monitor
pub(super) enum Shape {
    Footprint {
        footprint: Footprint,
        padding_m: f64,
    },
    Circle {
        radius_m: f64,
    },
    Polygon {
        corners: Vec<Point2>,
    },
}

impl Shape {
    pub(super) fn new(shape: &ZoneShape, footprint: &Footprint) -> Self {
        match shape {
            ZoneShape::Footprint { padding_m, .. } => Self::Footprint {
                footprint: *footprint,
                padding_m: *padding_m,
            },
            ZoneShape::Circle { radius_m } => Self::Circle {
                radius_m: *radius_m,
            },
            ZoneShape::Polygon { points } => Self::Polygon {
                corners: points.iter().map(|&[x, y]| Point2::new(x, y)).collect(),
            },
        }
    }

    /// Distance from the outline, m; negative inside.
    pub(super) fn signed_distance_m(&self, point: Point2) -> f64 {
        match self {
            Self::Footprint {
                footprint,
                padding_m,
            } => footprint.signed_distance_m(point) - padding_m,
            Self::Circle { radius_m } => point.coords.norm() - radius_m,
            Self::Polygon { corners } => polygon_distance_m(corners, point),
        }
    }

    /// Radius of a circle about the origin that holds the shape, m.
    pub(super) fn extent_m(&self) -> f64 {
        match self {
            Self::Footprint {
                footprint,
                padding_m,
            } => footprint.circumscribed_radius_m() + padding_m.max(0.0),
            Self::Circle { radius_m } => *radius_m,
            Self::Polygon { corners } => corners
                .iter()
                .map(|corner| corner.coords.norm())
                .fold(0.0, f64::max),
        }
    }
}

/// Distance to the nearest edge, m; negative inside by the even-odd rule.
fn polygon_distance_m(corners: &[Point2], point: Point2) -> f64 {
    let mut nearest_m = f64::INFINITY;
    let mut is_inside = false;
    for (from, to) in edges(corners) {
        let edge = to - from;
        let share = ((point - from).dot(&edge) / edge.norm_squared().max(f64::MIN_POSITIVE))
            .clamp(0.0, 1.0);
        nearest_m = nearest_m.min((point - (from + edge * share)).norm());
        if (from.y > point.y) != (to.y > point.y) {
            let crossing_x = from.x + edge.x * (point.y - from.y) / edge.y;
            is_inside ^= point.x < crossing_x;
        }
    }
    if is_inside { -nearest_m } else { nearest_m }
}

/// Area of a polygon, m².
pub(super) fn area_m2(corners: &[Point2]) -> f64 {
    let twice: f64 = edges(corners)
        .map(|(from, to)| from.x * to.y - to.x * from.y)
        .sum();
    0.5 * twice.abs()
}

fn edges(corners: &[Point2]) -> impl Iterator<Item = (Point2, Point2)> {
    let next = corners.iter().cycle().skip(1);
    corners.iter().copied().zip(next.copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rectangle(length_m: f64, width_m: f64) -> Vec<Point2> {
        Footprint::Rectangle { length_m, width_m }.corners()
    }

    proptest! {
        #[test]
        fn a_polygon_of_four_corners_is_the_rectangle(
            (length_m, width_m) in (0.1_f64..2.0, 0.1_f64..2.0),
            (x, y) in (-3.0_f64..3.0, -3.0_f64..3.0),
        ) {
            let point = Point2::new(x, y);
            let expected = Footprint::Rectangle { length_m, width_m }.signed_distance_m(point);
            let found = polygon_distance_m(&rectangle(length_m, width_m), point);
            prop_assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn the_notch_of_an_l_is_outside() {
        let l = [
            [0.0, 0.0],
            [2.0, 0.0],
            [2.0, 1.0],
            [1.0, 1.0],
            [1.0, 2.0],
            [0.0, 2.0],
        ];
        let corners: Vec<Point2> = l.iter().map(|&[x, y]| Point2::new(x, y)).collect();
        let distance = |x, y| polygon_distance_m(&corners, Point2::new(x, y));
        assert_eq!(distance(0.5, 0.5), -0.5);
        assert_eq!(distance(1.5, 1.2), 0.2_f64.min(distance(1.5, 1.2)));
        assert!(distance(1.5, 1.5) > 0.0);
        assert_eq!(area_m2(&corners), 3.0);
    }
}
