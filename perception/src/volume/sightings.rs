//! Voxel observations of all sensors at one stamp, before they are committed as evidence.
//!
//! Voxels are collected as sets, so that neither the order of the sensors nor the number of points
//! in a voxel matters. Only part of the rays are traced, which leaves voxels unobserved; it never
//! makes an occupied voxel free.
// functions that are not inlined into a function with target features are compiled without them
#![allow(clippy::inline_always)]

use super::blocks::{Blocks, Finder};
use super::column::{LAYERS, LayerSet, Sighting, between};
use super::ends::{BATCH, End, Ends, Voxels};
use super::lattice::Placement;
use super::tally::Tallies;
use super::trace::{Line, clip, trace};
use crate::grid::SurfaceLayer;

/// Layers within which more than [`PLATE_LAYERS`] occupied ones indicate an upright surface.
const UPRIGHT_LAYERS: i32 = 6;
/// Maximum number of layers that a level surface occupies.
const PLATE_LAYERS: u32 = 2;
/// Height above a level surface, in layers, from which a ray that ends on it counts as grazing, for
/// no more than [`SKIM_CELLS`].
const SKIM_LAYERS: f32 = 1.5;
const SKIM_CELLS: f32 = 12.0;

/// Number of cells that are tested together for observations.
const RUN: usize = 16;

/// State of the column in which a ray ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Layer of the floor.
    pub floor: i32,
    /// Occupied layers.
    pub occupied: LayerSet,
    /// Layers above the floor that the robot's body occupies.
    pub body: LayerSet,
}

impl Known {
    /// True unless the column has an upright surface at the layer: the hit may be on a level
    /// surface, such as a table top.
    fn is_plate(self, layer: i32) -> bool {
        let about = self.occupied & between(layer - UPRIGHT_LAYERS, layer + UPRIGHT_LAYERS);
        about.count_ones() <= PLATE_LAYERS
    }
}

/// Last share of a ray that may run within the layer of a level surface before it ends on it.
fn skim_share(line: &Line) -> f32 {
    let [x, y, z] = [0, 1, 2].map(|axis| line.to[axis] - line.from[axis]);
    let level = SKIM_CELLS / x.hypot(y);
    (SKIM_LAYERS / z.abs()).min(level).min(1.0)
}

/// Limits a ray to a voxel in `layer` to the part and the layers that it clears. `known` is the
/// column in which it ends, if it hit something there. The ray clears up to `clear_share` of its
/// length; one that ends on the floor does not clear the floor's layers, because it only grazes
/// them.
fn shortened(mut line: Line, layer: i32, mut clear_share: f32, known: Option<Known>) -> Line {
    if let Some(known) = known {
        if (layer - known.floor).abs() <= 1 {
            line.layers = between(layer + 1, LAYERS as i32 - 1);
        } else if known.is_plate(layer) {
            clear_share = clear_share.min(1.0 - skim_share(&line));
        }
    }
    if clear_share < 1.0 {
        for (to, from) in line.to.iter_mut().zip(line.from) {
            *to = from + clear_share * (*to - from);
        }
    }
    line
}

/// Observed voxels as sets, `[rows, columns]`, row-major.
#[derive(Debug, Clone)]
pub(crate) struct Sightings {
    columns: usize,
    rows: usize,
    hit: Vec<LayerSet>,
    weak: Vec<LayerSet>,
    passed: Vec<LayerSet>,
    /// One bit per cell: a camera found no floor there.
    missing: Vec<u64>,
    tallies: Tallies,
    blocks: Blocks,
    finder: Finder,
    lines: Vec<Line>,
    /// Range of rows with observations, the last excluded.
    touched: [usize; 2],
    /// Sub-cell offsets of hits on upright surfaces at the robot's height, over all stamps.
    pub(crate) surfaces: SurfaceLayer,
}

impl Sightings {
    pub(crate) fn new(columns: usize, rows: usize, block_cells: usize) -> Self {
        let blocks = Blocks::new(columns, rows, block_cells);
        Self {
            columns,
            rows,
            hit: vec![0; columns * rows],
            weak: vec![0; columns * rows],
            passed: vec![0; columns * rows],
            missing: vec![0; (columns * rows).div_ceil(64)],
            tallies: Tallies::new(columns, rows),
            finder: blocks.finder(),
            blocks,
            lines: Vec::new(),
            touched: [rows, 0],
            surfaces: SurfaceLayer::new(columns * rows),
        }
    }

    /// Prepares for the endpoints of one message.
    pub(crate) fn begin_message(&mut self) {
        self.blocks.begin_message();
        self.finder = self.blocks.finder();
    }

    /// Adds a batch of endpoints; `placements` are those of their sensors.
    #[inline(always)]
    pub(crate) fn see(
        &mut self,
        ends: &Ends,
        placements: &[Placement],
        known: impl Fn(usize, usize) -> Known,
    ) {
        if let Some(placement) = placements.last() {
            self.tallies.look_from(placement.origin());
        }
        let mut found = Voxels::new();
        ends.locate([self.columns, self.rows], self.finder, &mut found);
        for index in 0..BATCH {
            let kind = ends.kind[index];
            if kind == End::None {
                continue;
            }
            if !found.is_inside[index] {
                let from = placements[ends.placement[index] as usize].origin();
                self.see_beyond(from, ends.point(index));
                continue;
            }
            let [column, row, layer] = [0, 1, 2].map(|axis| found.voxel[axis][index] as usize);
            let cell = row * self.columns + column;
            match kind {
                End::Hit => {
                    self.tallies.count(cell, layer);
                    let known = known(column, row);
                    if known.body >> layer & 1 == 1 && !known.is_plate(layer as i32) {
                        let [x, y, _] = ends.point(index);
                        let middle = |cells: usize| cells as f32 + 0.5;
                        let off = [x - middle(column), y - middle(row)];
                        self.tallies.note(cell, off.map(|cells| 2.0 * cells));
                    }
                }
                End::Weak => self.weak[cell] |= 1 << layer,
                End::Nothing | End::None => {}
            }
            let block = [0, 1, 2].map(|axis| found.block[axis][index]);
            if let Some(skip) = self.blocks.choose(block) {
                let line = Line {
                    from: placements[ends.placement[index] as usize].origin(),
                    to: ends.point(index),
                    skip,
                    layers: !0,
                };
                let known = (kind != End::Nothing).then(|| known(column, row));
                let line = shortened(line, layer as i32, ends.clear_share[index], known);
                self.follow(line, row);
            }
        }
    }

    /// Traces a ray that ends outside the volume up to the border.
    #[cold]
    fn see_beyond(&mut self, from: [f32; 3], end: [f32; 3]) {
        let size = [self.columns as f32, self.rows as f32, LAYERS as f32];
        let Some([_, leave]) = clip(from, end, size) else {
            return;
        };
        let at = |axis: usize, count: usize| {
            let place = from[axis] + leave * (end[axis] - from[axis]);
            (place as usize).min(count - 1)
        };
        let (column, row) = (at(0, self.columns), at(1, self.rows));
        let voxel = [column, row, at(2, LAYERS)].map(|place| place as u32);
        if let Some(skip) = self.blocks.choose(self.finder.block(voxel)) {
            let line = Line {
                from,
                to: end,
                skip: skip * leave,
                layers: !0,
            };
            self.follow(line, row);
        }
    }

    fn follow(&mut self, line: Line, end_row: usize) {
        let from_row = (line.from[1].max(0.0) as usize).min(self.rows - 1);
        let [first, last] = self.touched;
        // other endpoints of the same block are up to its side away
        let low = from_row.min(end_row.saturating_sub(self.blocks.side()));
        let high = from_row
            .max(end_row + self.blocks.side())
            .min(self.rows - 1);
        self.touched = [first.min(low), last.max(high + 1)];
        self.lines.push(line);
    }

    #[inline]
    pub(crate) fn voxel(&self, [x, y, z]: [f32; 3]) -> Option<[usize; 3]> {
        let inside = x >= 0.0
            && y >= 0.0
            && z >= 0.0
            && x < self.columns as f32
            && y < self.rows as f32
            && z < LAYERS as f32;
        inside.then_some([x as usize, y as usize, z as usize])
    }

    /// Records that a camera found no floor in this cell.
    pub(crate) fn miss_floor(&mut self, column: usize, row: usize) {
        let index = row * self.columns + column;
        self.missing[index / 64] |= 1 << (index % 64);
        self.touched = [self.touched[0].min(row), self.touched[1].max(row + 1)];
    }

    /// True if a camera found no floor in the cell at this stamp.
    pub(crate) fn misses_floor(&self, column: usize, row: usize) -> bool {
        let index = row * self.columns + column;
        self.missing[index / 64] >> (index % 64) & 1 == 1
    }

    /// Adds the hits of the message and traces its rays.
    pub(crate) fn end_message(&mut self) {
        self.tallies
            .deliver(&mut self.hit, &mut self.weak, &mut self.surfaces);
        trace(&mut self.passed, [self.columns, self.rows], &self.lines);
        self.lines.clear();
    }

    /// Passes the observations of each cell to `visit` and clears them.
    pub(crate) fn drain(&mut self, mut visit: impl FnMut(usize, Sighting, bool)) {
        let [first, last] = self.touched;
        let cells = first * self.columns..last.max(first) * self.columns;
        for start in cells.clone().step_by(RUN) {
            let run = start..(start + RUN).min(cells.end);
            let mut any = 0;
            for set in [&self.hit, &self.weak, &self.passed] {
                any |= set[run.clone()].iter().fold(0, |all, layers| all | layers);
            }
            let words = &self.missing[run.start / 64..=(run.end - 1) / 64];
            if any == 0 && words.iter().all(|word| *word == 0) {
                continue;
            }
            for index in run.clone() {
                let sighting = Sighting {
                    hit: self.hit[index],
                    weak: self.weak[index],
                    passed: self.passed[index],
                };
                let missing = self.missing[index / 64] >> (index % 64) & 1 == 1;
                if (sighting.hit | sighting.weak) != 0 {
                    self.surfaces.commit(index);
                }
                if (sighting.hit | sighting.weak | sighting.passed) != 0 || missing {
                    visit(index, sighting, missing);
                }
            }
            for set in [&mut self.hit, &mut self.weak, &mut self.passed] {
                set[run.clone()].fill(0);
            }
        }
        self.missing.fill(0);
        self.touched = [self.rows, 0];
        self.blocks.shift();
    }

    /// Clears the observations and the shift of the blocks.
    pub(crate) fn forget(&mut self) {
        self.drain(|_, _, _| {});
        self.blocks.reset();
        self.surfaces.forget();
    }
}

#[cfg(test)]
mod tests;
