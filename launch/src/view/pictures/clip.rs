//! Clipping of polygons to the picture (Sutherland and Hodgman, 1974).
//!
//! The drawing library moves a corner outside the picture to its edge, which bends the walls that
//! end there.

use super::chart::Extent;

/// Corners of the part of a polygon inside the window; none if all of it is outside.
pub(super) fn clipped(corners: &[(f64, f64)], window: Extent) -> Vec<(f64, f64)> {
    let sides: [&dyn Fn((f64, f64)) -> f64; 4] = [
        &|(x, _)| x - window.low[0],
        &|(x, _)| window.high[0] - x,
        &|(_, y)| y - window.low[1],
        &|(_, y)| window.high[1] - y,
    ];
    sides.iter().fold(corners.to_vec(), |part, depth| {
        let before = part.iter().cycle().skip(part.len().saturating_sub(1));
        let mut inside = Vec::with_capacity(part.len() + 1);
        for (&from, &to) in before.zip(&part) {
            let (a, b) = (depth(from), depth(to));
            if (a < 0.0) != (b < 0.0) {
                let share = a / (a - b);
                inside.push((
                    from.0 + share * (to.0 - from.0),
                    from.1 + share * (to.1 - from.1),
                ));
            }
            if b >= 0.0 {
                inside.push(to);
            }
        }
        inside
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Extent = Extent {
        low: [-2.0, -1.0],
        high: [2.0, 1.0],
    };

    /// A wall of 6 m x 0.2 m at a pose.
    fn wall(x: f64, y: f64, yaw: f64) -> Vec<(f64, f64)> {
        let (sin, cos) = yaw.sin_cos();
        [(-3.0, -0.1), (3.0, -0.1), (3.0, 0.1), (-3.0, 0.1)]
            .map(|(u, v)| (x + cos * u - sin * v, y + sin * u + cos * v))
            .to_vec()
    }

    #[test]
    fn what_is_left_is_inside_window_and_wall() {
        for step in 0..400 {
            let step = f64::from(step);
            let (x, y, yaw) = (
                3.0 * (0.7 * step).sin(),
                2.0 * (1.3 * step).cos(),
                0.1 * step,
            );
            let (sin, cos) = yaw.sin_cos();
            for (px, py) in clipped(&wall(x, y, yaw), WINDOW) {
                assert!(px.abs() < 2.0 + 1e-9 && py.abs() < 1.0 + 1e-9);
                let (along, across) = (
                    cos * (px - x) + sin * (py - y),
                    cos * (py - y) - sin * (px - x),
                );
                assert!(along.abs() < 3.0 + 1e-9 && across.abs() < 0.1 + 1e-9);
            }
        }
    }

    #[test]
    fn a_shape_in_view_stays_and_one_out_of_view_goes() {
        let square = vec![(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)];
        assert_eq!(clipped(&square, WINDOW), square);
        assert_eq!(clipped(&wall(0.0, 5.0, 0.0), WINDOW), Vec::new());
        assert_eq!(clipped(&[], WINDOW), Vec::new());
    }

    #[test]
    fn a_wall_without_thickness_keeps_its_line() {
        let part = clipped(&[(-8.0, -2.0), (8.0, 2.0)], WINDOW);
        assert!(!part.is_empty());
        for (x, y) in part {
            assert!(x.abs() <= 2.0 && (y - 0.25 * x).abs() < 1e-9);
        }
    }
}
