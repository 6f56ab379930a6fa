//! The followed route as input of the network.

use perception::{Point2, Pose2};

use super::ViewSettings;
use crate::cost::nearest_on_path;

/// Sample points per side of a cell along the route.
const LOOKUPS_A_CELL: f64 = 2.0;

/// Lookahead on a route: the target point and the remaining length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ahead {
    /// The point of the route at the lookahead distance along it, or its end if that is nearer.
    pub aim: Point2,
    /// Remaining length from the point nearest to the robot to the end of the route, m.
    pub left_m: f64,
}

/// Segments of the route from the point nearest to `from` on.
fn pieces(path: &[Point2], from: Point2) -> impl Iterator<Item = (Point2, Point2)> + '_ {
    let (first, on_piece) = nearest_on_path(path, from);
    path.windows(2)
        .enumerate()
        .skip(first)
        .map(move |(piece, pair)| {
            let along = pair[1] - pair[0];
            let share = if piece == first {
                on_piece / along.norm().max(1e-9)
            } else {
                0.0
            };
            (pair[0] + along * share.min(1.0), pair[1])
        })
}

/// The lookahead of a robot at `position`; `None` for a route of fewer than two points.
pub(super) fn ahead(path: &[Point2], position: Point2, look_ahead_m: f64) -> Option<Ahead> {
    let mut aim = *path.last().filter(|_| path.len() > 1)?;
    let mut left_m = 0.0;
    let mut is_aimed = false;
    for (from, to) in pieces(path, position) {
        let length_m = (to - from).norm();
        if !is_aimed && left_m + length_m >= look_ahead_m {
            aim = from + (to - from) * ((look_ahead_m - left_m) / length_m.max(1e-9));
            is_aimed = true;
        }
        left_m += length_m;
    }
    Some(Ahead { aim, left_m })
}

/// Draws the remaining route: 255 for its cells, else 0, `[cells, cells]`.
pub(super) fn draw(
    path: &[Point2],
    position: Point2,
    odom_from_view: &Pose2,
    view: &ViewSettings,
    image: &mut [u8],
) {
    image.fill(0);
    if path.len() < 2 {
        return;
    }
    let view_from_odom = odom_from_view.inverse();
    let half = 0.5 * view.cells as f64;
    for (from, to) in pieces(path, position) {
        let (from, to) = (view_from_odom * from, view_from_odom * to);
        let steps = ((to - from).norm() / view.cell_m * LOOKUPS_A_CELL).ceil();
        // the route beyond the view is not drawn
        let reach = half * view.cell_m * std::f64::consts::SQRT_2;
        if !steps.is_finite() || (from.coords.norm() - (to - from).norm()) > reach {
            continue;
        }
        for step in 0..=steps as usize {
            let point = from + (to - from) * (step as f64 / steps.max(1.0));
            let (column, row) = (point.x / view.cell_m + half, point.y / view.cell_m + half);
            let inside = |at: f64| (0.0..view.cells as f64).contains(&at);
            if inside(column) && inside(row) {
                image[row as usize * view.cells + column as usize] = 255;
            }
        }
    }
}
