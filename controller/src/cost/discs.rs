//! Approximation of the footprint by discs along its length.

use perception::{Footprint, Point2, Polygon};

/// Discs of one radius on the base frame's x axis that together cover the footprint.
#[derive(Debug, Clone, PartialEq)]
pub struct FootprintDiscs {
    /// Centres on the x axis, m.
    pub offsets_m: Vec<f64>,
    /// Radius of all, m.
    pub radius_m: f64,
}

impl FootprintDiscs {
    /// Covers a footprint: one disc for a disc; for other shapes `count` discs, each about the
    /// centre of a slice of the outline across x. More discs fit more tightly. All have the largest
    /// radius.
    pub fn cover(footprint: &Footprint, count: usize) -> Self {
        match *footprint {
            Footprint::Disc { radius_m } => Self {
                offsets_m: vec![0.0],
                radius_m,
            },
            Footprint::Rectangle { length_m, width_m } => {
                let pitch = length_m / count.max(1) as f64;
                Self {
                    offsets_m: (0..count.max(1))
                        .map(|disc| (disc as f64 + 0.5) * pitch - 0.5 * length_m)
                        .collect(),
                    radius_m: 0.5 * pitch.hypot(width_m),
                }
            }
            Footprint::Polygon { vertices } => {
                let [back_m, front_m] = footprint.reach_x_m();
                let pitch = (front_m - back_m) / count.max(1) as f64;
                let offsets_m: Vec<f64> = (0..count.max(1))
                    .map(|disc| (disc as f64 + 0.5) * pitch + back_m)
                    .collect();
                let radii_m = offsets_m
                    .iter()
                    .map(|&middle_m| slice_radius_m(&vertices, middle_m, 0.5 * pitch));
                Self {
                    radius_m: radii_m.fold(0.0, f64::max),
                    offsets_m,
                }
            }
        }
    }
}

/// Largest distance from (`middle_m`, 0) of the polygon clipped to x within `half_m` of it, m. The
/// ends of the clipped edges are the corners of the slice.
fn slice_radius_m(polygon: &Polygon, middle_m: f64, half_m: f64) -> f64 {
    let middle = Point2::new(middle_m, 0.0);
    let cut = |from: Point2, to: Point2| {
        let (x, step) = (from.x - middle_m, to.x - from.x);
        let (one, other) = ((-half_m - x) / step, (half_m - x) / step);
        let (enter, leave) = if step == 0.0 {
            (
                if x.abs() <= half_m {
                    0.0
                } else {
                    f64::INFINITY
                },
                1.0,
            )
        } else {
            (one.min(other).max(0.0), one.max(other).min(1.0))
        };
        (enter <= leave).then(|| [enter, leave].map(|share| from + (to - from) * share))
    };
    let ends = polygon.edges().filter_map(|(from, to)| cut(from, to));
    ends.flatten()
        .map(|end| (end - middle).norm())
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn discs_cover_the_footprint(
            (x, y, w, l) in (-0.9_f64..0.9, -0.9_f64..0.9, 0.1_f64..1.0, 0.1_f64..1.0),
            (notch_x, notch_y) in (0.05_f64..0.9, 0.05_f64..0.9),
            count in 1_usize..8,
            (at_x, at_y) in (-1.0_f64..2.0, -1.0_f64..2.0),
        ) {
            // an L about the origin: the box without its front left corner
            let (back, right) = (-0.05 - l * (1.0 - x.abs()), -0.05 - w * (1.0 - y.abs()));
            let (front, left) = (back + l + 0.3, right + w + 0.3);
            let (inner_x, inner_y) = (front * notch_x, left * notch_y);
            let l = [[back, right], [front, right], [front, inner_y], [inner_x, inner_y],
                [inner_x, left], [back, left]];
            let Ok(vertices) = Polygon::new(&l) else { return Ok(()); };
            let footprint = Footprint::Polygon { vertices };
            let discs = FootprintDiscs::cover(&footprint, count);
            let point = Point2::new(at_x, at_y);
            let inside = footprint.nearest_inside(point);
            let nearest_m = discs.offsets_m.iter()
                .map(|offset| (inside - Point2::new(*offset, 0.0)).norm())
                .fold(f64::INFINITY, f64::min);
            prop_assert!(nearest_m <= discs.radius_m + 1e-9);
        }

        #[test]
        fn a_rectangle_written_as_a_polygon_has_the_same_discs(
            (length_m, width_m, count) in (0.05_f64..3.0, 0.05_f64..3.0, 1_usize..8),
        ) {
            let rectangle = Footprint::Rectangle { length_m, width_m };
            let corners: Vec<[f64; 2]> = rectangle.corners().iter().map(|p| [p.x, p.y]).collect();
            let vertices = Polygon::new(&corners).unwrap();
            let found = FootprintDiscs::cover(&Footprint::Polygon { vertices }, count);
            let expected = FootprintDiscs::cover(&rectangle, count);
            prop_assert!((found.radius_m - expected.radius_m).abs() < 1e-9);
            for (found, expected) in found.offsets_m.iter().zip(&expected.offsets_m) {
                prop_assert!((found - expected).abs() < 1e-9);
            }
        }
    }
}
