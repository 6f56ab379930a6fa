//! Voxel traversal along rays.
//!
//! A ray is traced along the dominant axis of the grid, one cell of that axis at a time. Between
//! the borders where it enters and leaves that cell, it is in one or two cells of the other axis,
//! and in the layers between its heights at the borders. Unlike in Amanatides and Woo (1987), no
//! step depends on the one before, so that many are computed at once. They are computed in
//! fixed-point integers: positions across the dominant axis in fractions of a cell, heights in
//! fractions of a layer.
// functions that are not inlined into a function with target features are compiled without them
#![allow(clippy::inline_always)]

use super::column::{LAYERS, LayerSet};
use crate::wide::{self, Loop, whole};

/// Ray in voxel units, and the layers that it may clear.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub from: [f32; 3],
    pub to: [f32; 3],
    /// Share of the ray that is skipped at its beginning.
    pub skip: f32,
    pub layers: LayerSet,
}

/// Margin of rays inside the volume, cells and layers: more than rounding moves them by, so that
/// none leaves it.
const EDGE: f32 = 1e-3;
/// Length on the floor below which a ray is vertical, and drift across below which its position
/// across is constant, cells.
const STILL: f32 = 1e-3;
/// Fraction bits of a layer.
const LAYER_BITS: u32 = 23;
/// Bits of a grid's side in fractions of a cell.
const SIDE_BITS: u32 = 29;
/// Number of steps that are computed before the first is marked.
const AHEAD: usize = 128;
/// Number of steps computed at once.
const LANES: usize = 8;

/// Clips a ray to the volume: start and end as shares of its length, if any part is inside.
#[inline(always)]
pub(crate) fn clip(from: [f32; 3], to: [f32; 3], size: [f32; 3]) -> Option<[f32; 2]> {
    let is_inside = |point: [f32; 3]| {
        (0..3).all(|axis| point[axis] >= EDGE && point[axis] <= size[axis] - EDGE)
    };
    if is_inside(from) && is_inside(to) {
        return Some([0.0, 1.0]);
    }
    let (mut enter, mut leave) = (0.0_f32, 1.0_f32);
    for axis in 0..3 {
        let along = to[axis] - from[axis];
        if along == 0.0 {
            if from[axis] < EDGE || from[axis] > size[axis] - EDGE {
                return None;
            }
        } else {
            let per_share = along.recip();
            let low = (EDGE - from[axis]) * per_share;
            let high = (size[axis] - EDGE - from[axis]) * per_share;
            enter = at_least(enter, at_most(low, high));
            leave = at_most(leave, at_least(low, high));
        }
    }
    (enter < leave).then_some([enter, leave])
}

/// Adds the voxels that the rays cross to `passed`, `[rows, columns]`, row-major.
pub(crate) fn trace(passed: &mut [LayerSet], [columns, rows]: [usize; 2], lines: &[Line]) {
    wide::run(Trace {
        passed,
        columns,
        rows,
        lines,
    });
}

struct Trace<'a> {
    passed: &'a mut [LayerSet],
    columns: usize,
    rows: usize,
    lines: &'a [Line],
}

impl Loop for Trace<'_> {
    #[inline(always)]
    fn run(self) {
        let size = [self.columns as f32, self.rows as f32, LAYERS as f32];
        let side = self.columns.max(self.rows).next_power_of_two();
        let bits = SIDE_BITS.saturating_sub(side.ilog2());
        let mut steps = Steps::new();
        for line in self.lines {
            let Some(course) = Course::new(line, size, self.columns as i32, bits) else {
                continue;
            };
            for start in (0..=course.borders).step_by(AHEAD) {
                let count = (course.borders + 1 - start).min(AHEAD as i32) as usize;
                steps.reckon(&course, start, count);
                steps.mark(self.passed, count);
            }
        }
    }
}

/// Fixed-point representation of a ray, from its lower end to its higher one along the dominant
/// axis.
struct Course {
    /// Number of cell borders along the ray.
    borders: i32,
    /// Position across at the first border, its increment per border, and its minimum and maximum.
    across: i32,
    slope: i32,
    across_range: [i32; 2],
    /// Fraction bits of a cell.
    bits: u32,
    /// Height at the first border, its increment per border, and its minimum and maximum.
    height: i32,
    rise: i32,
    height_range: [i32; 2],
    /// Height, in layers, at position 0 across, and its increment per cell across.
    height_aside: f32,
    rise_aside: f32,
    /// Index of the cell of the first step at position 0 across, and its increment per step.
    cell: i32,
    stride: i32,
    stride_across: i32,
    layers: LayerSet,
}

impl Course {
    /// Returns `None` for a ray outside the volume.
    #[inline(always)]
    fn new(line: &Line, size: [f32; 3], columns: i32, bits: u32) -> Option<Self> {
        let Line { from, to, skip, .. } = *line;
        let [enter, leave] = clip(from, to, size)?;
        let enter = at_least(enter, skip);
        if enter >= leave {
            return None;
        }
        let at = |share: f32| [0, 1, 2].map(|axis| from[axis] + share * (to[axis] - from[axis]));
        let (begin, end) = (at(enter), at(leave));
        let is_along_y = (end[1] - begin[1]).abs() > (end[0] - begin[0]).abs();
        let turned = |[x, y, z]: [f32; 3]| if is_along_y { [y, x, z] } else { [x, y, z] };
        let (one, other) = (turned(begin), turned(end));
        let (low, high) = if one[2] <= other[2] {
            (one, other)
        } else {
            (other, one)
        };
        let (stride, stride_across) = if is_along_y {
            (columns, 1)
        } else {
            (1, columns)
        };
        let (way, drift, climb) = (high[0] - low[0], high[1] - low[1], high[2] - low[2]);
        let cell = whole(low[0]);
        let is_upright = way.abs() < STILL;
        let per_cell = if is_upright { 0.0 } else { way.abs().recip() };
        let first = if way > 0.0 {
            (cell + 1) as f32 - low[0]
        } else {
            low[0] - cell as f32
        };
        let slope = drift * per_cell;
        let rise = if is_upright { climb } else { climb * per_cell };
        let cells = (1_u32 << bits) as f32;
        let layers = (1_u32 << LAYER_BITS) as f32;
        let ends = [low[1], high[1]].map(|place| whole(place * cells));
        let heights = [low[2], high[2]].map(|height| whole(height * layers));
        let rise_aside = if drift.abs() < STILL {
            0.0
        } else {
            climb / drift
        };
        Some(Self {
            borders: if is_upright {
                0
            } else {
                (whole(high[0]) - cell).abs()
            },
            across: whole((low[1] + slope * first) * cells),
            slope: whole(slope * cells),
            across_range: [ends[0].min(ends[1]), ends[0].max(ends[1])],
            bits,
            height: if is_upright {
                heights[1]
            } else {
                whole(at_most(low[2] + rise * first, LAYERS as f32) * layers)
            },
            // a rise of more than all layers per cell is equivalent to all, and would overflow an
            // i32
            rise: whole(at_most(rise, LAYERS as f32) * layers),
            height_range: heights,
            height_aside: low[2] - low[1] * rise_aside,
            rise_aside,
            cell: cell * stride,
            stride: if way > 0.0 { stride } else { -stride },
            stride_across,
            layers: line.layers,
        })
    }
}

/// Cells and layers that the steps of a ray mark. Each step has two parts, before and after the ray
/// enters the next cell across. If it does not, both parts are in the same cell.
struct Steps {
    cells: [[u32; AHEAD]; 2],
    layers: [[LayerSet; AHEAD]; 2],
}

impl Steps {
    fn new() -> Self {
        Self {
            cells: [[0; AHEAD]; 2],
            layers: [[0; AHEAD]; 2],
        }
    }

    /// Computes `count` steps from `start` on.
    #[inline(always)]
    fn reckon(&mut self, course: &Course, start: i32, count: usize) {
        let [before, after] = &mut self.cells;
        let cells = before
            .chunks_exact_mut(LANES)
            .zip(after.chunks_exact_mut(LANES));
        let [lower, upper] = &mut self.layers;
        let layers = lower
            .chunks_exact_mut(LANES)
            .zip(upper.chunks_exact_mut(LANES));
        let chunks = cells.zip(layers).take(count.div_ceil(LANES));
        for (chunk, ((before, after), (lower, upper))) in chunks.enumerate() {
            for lane in 0..LANES {
                let step = start + (chunk * LANES + lane) as i32;
                let ([one, other], [low, turn, high]) = course.step(step);
                let cell = course.cell.wrapping_add(step.wrapping_mul(course.stride));
                before[lane] = cell.wrapping_add(one * course.stride_across) as u32;
                after[lane] = cell.wrapping_add(other * course.stride_across) as u32;
                let from = |layer: i32| LayerSet::MAX.wrapping_shl(layer as u32);
                let [low, turn, high] = [low, turn, high].map(from);
                lower[lane] = low & !(turn << 1) & course.layers;
                upper[lane] = turn & !(high << 1) & course.layers;
            }
        }
    }

    /// Marks one part after the other: adding to a cell that was just changed is slow on the CPU.
    #[inline(always)]
    fn mark(&self, passed: &mut [LayerSet], count: usize) {
        for (cells, layers) in self.cells.iter().zip(&self.layers) {
            for (cell, layers) in cells.iter().zip(layers).take(count) {
                if let Some(passed) = passed.get_mut(*cell as usize) {
                    *passed |= layers;
                }
            }
        }
    }
}

impl Course {
    /// Cells across in which a step begins and ends, and the layers in which it begins, enters the
    /// next cell across, and ends.
    #[inline(always)]
    fn step(&self, step: i32) -> ([i32; 2], [i32; 3]) {
        let limited = |value: i32, [low, high]: [i32; 2]| value.max(low).min(high);
        let leave = self.across.wrapping_add(step.wrapping_mul(self.slope));
        let sides = [leave.wrapping_sub(self.slope), leave]
            .map(|place| limited(place, self.across_range) >> self.bits);
        let leave = self.height.wrapping_add(step.wrapping_mul(self.rise));
        let [low, high] = [leave.wrapping_sub(self.rise), leave]
            .map(|height| limited(height, self.height_range) >> LAYER_BITS);
        let border = sides[0].max(sides[1]) as f32;
        let turn = whole(self.height_aside + self.rise_aside * border);
        let is_straight = sides[0] == sides[1];
        let turn = if is_straight {
            high
        } else {
            limited(turn, [low, high])
        };
        (sides, [low, turn, high])
    }
}

#[inline(always)]
fn at_least(value: f32, low: f32) -> f32 {
    if value > low { value } else { low }
}

#[inline(always)]
fn at_most(value: f32, high: f32) -> f32 {
    if value < high { value } else { high }
}

#[cfg(test)]
mod tests;
