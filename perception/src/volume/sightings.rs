//! What all sensors saw at one stamp, before it becomes evidence.
//!
//! Voxels are collected as sets, so that it does not matter which sensor spoke first, nor how many
//! points fell into a voxel. Sight is followed to a part of the ends only: the first of each message
//! in every block of a few cells and four layers. Lines to ends side by side run closer and closer
//! together toward the sensor, so most are followed through their outer half only: one in each
//! eight blocks through another quarter, one in each 64 from the sensor on. What is left out leaves
//! voxels unknown; it never makes one free. The blocks shift from stamp to stamp, so that
//! all ends get their turn.

use super::column::{LAYERS, LayerSet, Sighting, between};
use super::lattice::Placement;
use super::trace::{Line, clip, trace};

/// Layers in a block of ends.
const BLOCK_LAYERS: usize = 4;

/// More than [`PLATE_LAYERS`] occupied layers within this many are something upright.
const UPRIGHT_LAYERS: i32 = 6;
/// A level surface fills this many layers at the most.
const PLATE_LAYERS: u32 = 2;
/// Sight that ends on a level surface skims it from this many layers above it on, but for no more
/// than [`SKIM_CELLS`].
const SKIM_LAYERS: f32 = 1.5;
const SKIM_CELLS: f32 = 12.0;

/// Where a line begins, as shares of its length, by the size of the blocks that it is the first of.
const SKIPS: [f32; 3] = [0.5, 0.25, 0.0];

/// Blocks of voxels, of which each is first met by one line.
#[derive(Debug, Clone)]
struct Blocks {
    columns: usize,
    /// Side in the smallest blocks, as a power of two.
    scale: usize,
    /// A bit for each layer of blocks.
    met: Vec<u32>,
}

impl Blocks {
    fn new(columns: usize, rows: usize, scale: usize) -> Self {
        let (columns, rows) = ((columns >> scale) + 1, (rows >> scale) + 1);
        Self {
            columns,
            scale,
            met: vec![0; columns * rows],
        }
    }

    /// True for the first line that ends in the block about a smallest block.
    #[inline]
    fn meet(&mut self, [column, row, layer]: [usize; 3]) -> bool {
        let block = (row >> self.scale) * self.columns + (column >> self.scale);
        let bit = 1 << (layer >> self.scale);
        let met = &mut self.met[block];
        let first = *met & bit == 0;
        *met |= bit;
        first
    }
}

/// What a line of sight ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A surface.
    Hit,
    /// A surface, measured less well than a cell is wide.
    Weak,
    /// Nothing: sight was clear up to there.
    Nothing,
}

/// What is known of a column where sight ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Layer of the floor there.
    pub floor: i32,
    /// Layers that are occupied.
    pub occupied: LayerSet,
}

impl Known {
    /// True unless what was hit is known to reach up or down: it may be level, as a table top.
    fn is_plate(self, layer: i32) -> bool {
        let about = self.occupied & between(layer - UPRIGHT_LAYERS, layer + UPRIGHT_LAYERS);
        about.count_ones() <= PLATE_LAYERS
    }
}

/// The last share of a line that may run within the layer of a level surface before it ends on it.
fn skim_share(line: &Line) -> f32 {
    let [x, y, z] = [0, 1, 2].map(|axis| line.to[axis] - line.from[axis]);
    let level = SKIM_CELLS / x.hypot(y);
    (SKIM_LAYERS / z.abs()).min(level).min(1.0)
}

/// Sets of voxels, `[rows, columns]`, row-major.
#[derive(Debug, Clone)]
pub(crate) struct Sightings {
    columns: usize,
    rows: usize,
    hit: Vec<LayerSet>,
    weak: Vec<LayerSet>,
    passed: Vec<LayerSet>,
    /// A bit a cell: a camera looked for the floor there in vain.
    missing: Vec<u64>,
    chosen: [Blocks; 3],
    block_cells: usize,
    /// Of the blocks, in cells and layers.
    shift: [usize; 3],
    lines: Vec<Line>,
    /// Rows that hold anything, from the first to before the last.
    touched: [usize; 2],
}

impl Sightings {
    pub(crate) fn new(columns: usize, rows: usize, block_cells: usize) -> Self {
        let (block_columns, block_rows) = (columns / block_cells + 2, rows / block_cells + 2);
        Self {
            columns,
            rows,
            hit: vec![0; columns * rows],
            weak: vec![0; columns * rows],
            passed: vec![0; columns * rows],
            missing: vec![0; (columns * rows).div_ceil(64)],
            chosen: [0, 1, 2].map(|scale| Blocks::new(block_columns, block_rows, scale)),
            block_cells,
            shift: [0; 3],
            lines: Vec::new(),
            touched: [rows, 0],
        }
    }

    /// Makes ready for the ends of one message.
    pub(crate) fn begin_message(&mut self) {
        for blocks in &mut self.chosen {
            blocks.met.fill(0);
        }
    }

    /// A line of sight from the sensor to `end`, voxel units. It clears as far as `clear_share` of
    /// its length; one that ends on the floor does not clear the floor's layers on its way, which
    /// it only grazes.
    #[inline]
    pub(crate) fn see(
        &mut self,
        placement: &Placement,
        end: [f32; 3],
        kind: End,
        clear_share: f32,
        known: impl Fn(usize, usize) -> Known,
    ) {
        let Some([column, row, layer]) = self.voxel(end) else {
            self.see_beyond(placement.origin(), end);
            return;
        };
        let index = row * self.columns + column;
        match kind {
            End::Hit => self.hit[index] |= 1 << layer,
            End::Weak => self.weak[index] |= 1 << layer,
            End::Nothing => {}
        }
        let Some(skip) = self.choose(column, row, layer) else {
            return;
        };
        let mut line = Line {
            from: placement.origin(),
            to: end,
            skip,
            layers: !0,
        };
        let mut clear_share = clear_share;
        if kind != End::Nothing {
            let (known, layer) = (known(column, row), layer as i32);
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
        self.follow(line, row);
    }

    /// A line that ends outside the volume is followed to where it leaves.
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
        if let Some(skip) = self.choose(column, row, at(2, LAYERS)) {
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
        // other ends of the same block lie up to its side away
        let low = from_row.min(end_row.saturating_sub(self.block_cells));
        let high = from_row.max(end_row + self.block_cells).min(self.rows - 1);
        self.touched = [first.min(low), last.max(high + 1)];
        self.lines.push(line);
    }

    /// The share of a line that is left out, for the first end of a block in this message.
    #[inline]
    fn choose(&mut self, column: usize, row: usize, layer: usize) -> Option<f32> {
        let block = [
            (column + self.shift[0]) / self.block_cells,
            (row + self.shift[1]) / self.block_cells,
            (layer + self.shift[2]) / BLOCK_LAYERS,
        ];
        let [small, middle, large] = &mut self.chosen;
        if !small.meet(block) {
            return None;
        }
        let larger = usize::from(middle.meet(block)) + usize::from(large.meet(block));
        Some(SKIPS[larger])
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

    /// A camera looked for the floor in this cell in vain.
    pub(crate) fn miss_floor(&mut self, column: usize, row: usize) {
        let index = row * self.columns + column;
        self.missing[index / 64] |= 1 << (index % 64);
        self.touched = [self.touched[0].min(row), self.touched[1].max(row + 1)];
    }

    /// Follows the lines of the message.
    pub(crate) fn end_message(&mut self) {
        trace(&mut self.passed, [self.columns, self.rows], &self.lines);
        self.lines.clear();
    }

    /// Hands out what was seen in each cell and is empty afterwards.
    pub(crate) fn drain(&mut self, mut visit: impl FnMut(usize, Sighting, bool)) {
        let [first, last] = self.touched;
        for index in first * self.columns..last.max(first) * self.columns {
            let sighting = Sighting {
                hit: self.hit[index],
                weak: self.weak[index],
                passed: self.passed[index],
            };
            let missing = self.missing[index / 64] >> (index % 64) & 1 == 1;
            if (sighting.hit | sighting.weak | sighting.passed) != 0 || missing {
                visit(index, sighting, missing);
                self.hit[index] = 0;
                self.weak[index] = 0;
                self.passed[index] = 0;
            }
        }
        self.missing.fill(0);
        self.touched = [self.rows, 0];
        self.shift[2] = (self.shift[2] + 1) % BLOCK_LAYERS;
        self.shift[0] = (self.shift[0] + 1) % self.block_cells;
        if self.shift[0] == 0 {
            self.shift[1] = (self.shift[1] + 1) % self.block_cells;
        }
    }

    /// Forgets what was seen, and how often.
    pub(crate) fn forget(&mut self) {
        self.drain(|_, _, _| {});
        self.shift = [0; 3];
    }
}
