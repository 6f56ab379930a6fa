//! The best of all poses in a window: Hess, Kohler, Rapp, Andor, "Real-time loop closure in 2D
//! LIDAR SLAM", 2016, algorithm 3 (depth first branch and bound).

use super::{LikelihoodField, Match};
use perception::{Point2, Pose2, wrap_angle};

/// What to look through, about a guess.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchWindow {
    /// Farthest along x and along y, m.
    pub half_side_m: f64,
    /// Farthest to either side, rad; pi is every direction.
    pub half_turn_rad: f64,
}

/// Translations that are bounded together: a square of `2^level` cells.
#[derive(Debug, Clone, Copy)]
struct Square {
    angle: usize,
    level: usize,
    right: i32,
    up: i32,
    score: u32,
}

/// The pose of the window, in steps of a cell and of the turn that moves the farthest point by a
/// cell, at which the points are likeliest; exact, not an approximation. Points in the frame of
/// the scan. None without points, or when nothing within the window is likely at all.
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
    // the likeliest last: it is looked into first
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
