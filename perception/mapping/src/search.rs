//! Exhaustive pose search in a window by branch and bound: Hess, Kohler, Rapp, Andor, "Real-time
//! loop closure in 2D LIDAR SLAM", 2016, algorithm 3 (depth first).

use super::{LikelihoodField, Match};
use perception::{Point2, Pose2, wrap_angle};

/// Search window around an initial guess.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchWindow {
    /// Maximum offset along x and along y, m.
    pub half_side_m: f64,
    /// Maximum rotation to either side, rad; pi covers all headings.
    pub half_turn_rad: f64,
}

/// Translations that share a bound: a square of `2^level` cells.
#[derive(Debug, Clone, Copy)]
struct Square {
    angle: usize,
    level: usize,
    right: i32,
    up: i32,
    score: u32,
}

/// Returns the pose of the window with the highest likelihood of the points. The steps are a cell,
/// and the rotation that moves the farthest point by a cell; the result is exact, not an
/// approximation. Points in the frame of the scan. `None` without points, or if the likelihood is
/// zero in the whole window.
pub fn search(
    field: &LikelihoodField,
    points: &[Point2],
    guess: Pose2,
    window: SearchWindow,
) -> Option<Match> {
    let side_m = field.resolution_m();
    let farthest = points.iter().map(|point| point.coords.norm());
    let farthest_m = farthest.fold(side_m, f64::max);
    // eq. 7 of Hess et al.
    let step_rad = (1.0 - side_m * side_m / (2.0 * farthest_m * farthest_m)).acos();
    let steps = (window.half_turn_rad.min(std::f64::consts::PI) / step_rad).ceil() as i32;
    let reach = (window.half_side_m / side_m).ceil() as i32;
    let angles: Vec<f64> = (-steps..=steps)
        .map(|step| wrap_angle(guess.yaw + f64::from(step) * step_rad))
        .collect();
    let cells: Vec<Vec<[i32; 2]>> = angles
        .iter()
        .map(|&yaw| {
            let pose = Pose2::new(guess.x, guess.y, yaw);
            points
                .iter()
                .map(|&point| field.cell(pose * point))
                .collect()
        })
        .collect();
    let fit = |square: &mut Square| {
        let values = cells[square.angle].iter().map(|[column, row]| {
            let (column, row) = (column + square.right, row + square.up);
            u32::from(field.value(square.level, column, row))
        });
        square.score = values.sum();
    };

    let top = (field.levels() - 1).min((2 * reach + 1).ilog2() as usize);
    let mut open = Vec::new();
    for angle in 0..angles.len() {
        for up in (-reach..=reach).step_by(1 << top) {
            for right in (-reach..=reach).step_by(1 << top) {
                let mut square = Square {
                    angle,
                    level: top,
                    right,
                    up,
                    score: 0,
                };
                fit(&mut square);
                open.push(square);
            }
        }
    }
    // the square with the highest score last: it is expanded first
    open.sort_by_key(|square| square.score);
    let mut best: Option<Square> = None;
    let mut parts = Vec::new();
    while let Some(square) = open.pop() {
        if best.is_some_and(|best| square.score <= best.score) || square.score == 0 {
            continue;
        }
        if square.level == 0 {
            best = Some(square);
            continue;
        }
        let half = 1 << (square.level - 1);
        parts.clear();
        for (right, up) in [(0, 0), (half, 0), (0, half), (half, half)] {
            let mut part = Square {
                level: square.level - 1,
                right: square.right + right,
                up: square.up + up,
                ..square
            };
            if part.right <= reach && part.up <= reach {
                fit(&mut part);
                parts.push(part);
            }
        }
        parts.sort_by_key(|part| part.score);
        open.append(&mut parts);
    }
    best.map(|best| Match {
        pose: Pose2::new(
            guess.x + f64::from(best.right) * side_m,
            guess.y + f64::from(best.up) * side_m,
            angles[best.angle],
        ),
        score: f64::from(best.score) / (255.0 * points.len() as f64),
    })
}
