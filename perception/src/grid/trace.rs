//! Grid traversal along a ray: Amanatides and Woo, "A fast voxel traversal algorithm", 1987.

use super::GridFrame;
use crate::Point2;

/// Visits the cells that a segment crosses, from first to last, the last included. Cells outside
/// the grid are skipped. If the segment runs exactly through a corner, it steps along x first.
pub fn trace_cells(frame: &GridFrame, from: Point2, to: Point2, mut visit: impl FnMut(usize)) {
    let (mut column, mut row) = frame.signed_cell(from);
    let (last_column, last_row) = frame.signed_cell(to);
    let direction = to - from;
    let step = (direction.x.signum() as i64, direction.y.signum() as i64);
    // path parameter at the next border, and its increment from border to border
    let border = |cell: i64, step: i64, origin: f64, from: f64, along: f64| {
        let edge = origin + (cell + i64::from(step > 0)) as f64 * frame.resolution_m;
        if along == 0.0 {
            f64::INFINITY
        } else {
            (edge - from) / along
        }
    };
    let mut next_x = border(column, step.0, frame.origin.x, from.x, direction.x);
    let mut next_y = border(row, step.1, frame.origin.y, from.y, direction.y);
    let stride_x = frame.resolution_m / direction.x.abs();
    let stride_y = frame.resolution_m / direction.y.abs();
    let steps = (last_column - column).abs() + (last_row - row).abs();
    for _ in 0..steps {
        if frame.contains(column, row) {
            visit(frame.index(column as usize, row as usize));
        }
        if row == last_row || (column != last_column && next_x <= next_y) {
            column += step.0;
            next_x += stride_x;
        } else {
            row += step.1;
            next_y += stride_y;
        }
    }
    if frame.contains(last_column, last_row) {
        visit(frame.index(last_column as usize, last_row as usize));
    }
}
