//! Voxels along a line of sight: over the cells by Amanatides and Woo (1987), up and down them by
//! the heights at which the line enters and leaves.

use super::column::{LAYERS, LayerSet};

/// A line of sight in voxel units, and the layers in which it may clear.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub from: [f32; 3],
    pub to: [f32; 3],
    /// Share of the line that is left out at its beginning.
    pub skip: f32,
    pub layers: LayerSet,
}

/// Shares of a line are counted in this many parts, heights along it in as many parts of a layer.
const PARTS: f32 = (1_u32 << PART_BITS) as f32;
const PART_BITS: u32 = 24;
/// A share beyond the end of any line, which may be doubled.
const NEVER: i64 = i64::MAX / 4;
/// Lines keep this far inside the volume, cells and layers: more than rounding moves them by, so
/// that none leaves it.
const EDGE: f32 = 1e-3;

/// The part of a line inside the volume, as shares of its length.
pub(crate) fn clip(from: [f32; 3], to: [f32; 3], size: [f32; 3]) -> Option<[f32; 2]> {
    let (mut enter, mut leave) = (0.0_f32, 1.0_f32);
    for axis in 0..3 {
        let along = to[axis] - from[axis];
        if along == 0.0 {
            if from[axis] < EDGE || from[axis] > size[axis] - EDGE {
                return None;
            }
        } else {
            let low = (EDGE - from[axis]) / along;
            let high = (size[axis] - EDGE - from[axis]) / along;
            enter = enter.max(low.min(high));
            leave = leave.min(low.max(high));
        }
    }
    (enter < leave).then_some([enter, leave])
}

/// Adds the voxels that the line crosses to `passed`, `[rows, columns]`, row-major.
pub(crate) fn trace(passed: &mut [LayerSet], [columns, rows]: [usize; 2], line: &Line) {
    let Line {
        from,
        to,
        skip,
        layers,
    } = *line;
    let Some([enter, leave]) = clip(from, to, [columns as f32, rows as f32, LAYERS as f32]) else {
        return;
    };
    let enter = enter.max(skip);
    if enter >= leave {
        return;
    }
    let along = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
    let cell = |share: f32, axis: usize, count: usize| {
        ((from[axis] + share * along[axis]) as i32).clamp(0, count as i32 - 1)
    };
    let (column, row) = (cell(enter, 0, columns), cell(enter, 1, rows));
    let (last_column, last_row) = (cell(leave, 0, columns), cell(leave, 1, rows));
    let mut x = Axis::new(from[0], along[0], column);
    let mut y = Axis::new(from[1], along[1], row);
    let (step_x, step_y) = (x.step as isize, y.step as isize * columns as isize);
    let mut index = row as isize * columns as isize + column as isize;
    let (height, rise) = ((from[2] * PARTS) as i64, (along[2] * PARTS) as i64);
    let (low, high) = (0, LAYERS as i64 - 1);
    let mut layer = i64::from(cell(enter, 2, LAYERS));
    for _ in 0..(last_column - column).abs() + (last_row - row).abs() {
        let along_x = x.next <= y.next;
        let share = if along_x { x.next } else { y.next };
        let next_layer = ((height + ((share * rise) >> PART_BITS)) >> PART_BITS).clamp(low, high);
        passed[index as usize] |= span(layer, next_layer) & layers;
        layer = next_layer;
        index += if along_x { step_x } else { step_y };
        x.next += if along_x { x.stride } else { 0 };
        y.next += if along_x { 0 } else { y.stride };
    }
    passed[index as usize] |= span(layer, i64::from(cell(leave, 2, LAYERS))) & layers;
}

/// Borders between cells along one axis.
struct Axis {
    step: i32,
    /// Share of the line at the next of them, in parts.
    next: i64,
    stride: i64,
}

impl Axis {
    fn new(from: f32, along: f32, cell: i32) -> Self {
        let border = (cell + i32::from(along > 0.0)) as f32;
        let parts = |share: f32| ((share * PARTS) as i64).min(NEVER);
        Self {
            step: if along > 0.0 { 1 } else { -1 },
            next: if along == 0.0 {
                NEVER
            } else {
                parts((border - from) / along)
            },
            stride: parts(1.0 / along.abs()),
        }
    }
}

/// The layers from one to another, in either order, both included.
#[inline]
fn span(one: i64, other: i64) -> LayerSet {
    let (low, high) = (one.min(other), one.max(other));
    (!0 >> (LAYERS as i64 - 1 - high)) & (!0 << low)
}
