//! The way that a robot follows, as its network sees it.

use perception::{Point2, Pose2};

use super::ViewSettings;
use crate::cost::nearest_on_path;

/// Points a side of a cell at which the way is looked up.
const LOOKUPS_A_CELL: f64 = 2.0;

/// What is left of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ahead {
    /// The point of the way that lies the look-ahead away, along it; the end when that is nearer.
    pub aim: Point2,
    /// From the place nearest to the robot to the end, m, along the way.
    pub left_m: f64,
}

/// Pieces of the way from the place nearest to a point on.
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

/// What is left of a way for a robot at `position`; none without two points of it.
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

/// Writes 255 where what is left of the way runs, else 0: `[cells, cells]`.
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
        // a way beyond the view adds nothing to it
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
