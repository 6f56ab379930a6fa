//! Which lines of sight are followed, and from where.
//!
//! Sight is followed to a part of the ends only: the first of each message in every block of a few
//! cells and four layers. Lines to ends side by side run closer and closer together toward the
//! sensor, so most are followed through their outer half only: one in each eight blocks through
//! another quarter, one in each 64 from the sensor on. The blocks shift from stamp to stamp, so
//! that all ends get their turn.
// What is not inlined into a function that enables wide registers does without them.
#![allow(clippy::inline_always)]

/// Layers in a block of ends.
const BLOCK_LAYERS: usize = 4;

/// Where a line begins, as shares of its length, by the size of the blocks that it is the first of.
const SKIPS: [f32; 3] = [0.5, 0.25, 0.0];

/// Quotients are reckoned as products with this many fractional bits: exact for what is smaller
/// than this power of two through the divisor.
const QUOTIENT_BITS: u32 = 16;

/// Blocks of voxels, of which each is first met by one line.
#[derive(Debug, Clone)]
struct Grain {
    columns: usize,
    /// Side in the smallest blocks, as a power of two.
    scale: usize,
    /// A bit for each layer of blocks.
    met: Vec<u32>,
}

impl Grain {
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

/// The blocks of ends, in three sizes.
#[derive(Debug, Clone)]
pub(crate) struct Blocks {
    grains: [Grain; 3],
    /// Side of the smallest, cells.
    side: usize,
    /// Cells and layers that the blocks begin before the volume does.
    shift: [usize; 3],
}

/// Tells the blocks of many ends, for as long as they stay where they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finder {
    per_cell: u32,
    shift: [u32; 3],
}

impl Finder {
    /// The smallest block about a voxel; any for one outside the volume.
    #[inline(always)]
    pub(crate) fn block(self, [column, row, layer]: [u32; 3]) -> [u32; 3] {
        let cells = |cell: u32| cell.wrapping_mul(self.per_cell) >> QUOTIENT_BITS;
        [
            cells(column.wrapping_add(self.shift[0])),
            cells(row.wrapping_add(self.shift[1])),
            layer.wrapping_add(self.shift[2]) / BLOCK_LAYERS as u32,
        ]
    }
}

impl Blocks {
    /// Blocks of `side` cells over a volume.
    pub(crate) fn new(columns: usize, rows: usize, side: usize) -> Self {
        let (block_columns, block_rows) = (columns / side + 2, rows / side + 2);
        Self {
            grains: [0, 1, 2].map(|scale| Grain::new(block_columns, block_rows, scale)),
            side,
            shift: [0; 3],
        }
    }

    /// Side of the smallest, cells.
    pub(crate) fn side(&self) -> usize {
        self.side
    }

    /// Makes ready for the ends of one message.
    pub(crate) fn begin_message(&mut self) {
        for grain in &mut self.grains {
            grain.met.fill(0);
        }
    }

    pub(crate) fn finder(&self) -> Finder {
        Finder {
            per_cell: (1 << QUOTIENT_BITS) / self.side as u32
                + u32::from(!self.side.is_power_of_two()),
            shift: self.shift.map(|shift| shift as u32),
        }
    }

    /// The share of a line that is left out, for the first that ends in a block in this message.
    #[inline(always)]
    pub(crate) fn choose(&mut self, block: [u32; 3]) -> Option<f32> {
        let block = block.map(|place| place as usize);
        let [small, middle, large] = &mut self.grains;
        if !small.meet(block) {
            return None;
        }
        let larger = usize::from(middle.meet(block)) + usize::from(large.meet(block));
        Some(SKIPS[larger])
    }

    /// Moves on, so that other ends are the first ones.
    pub(crate) fn shift(&mut self) {
        self.shift[2] = (self.shift[2] + 1) % BLOCK_LAYERS;
        self.shift[0] = (self.shift[0] + 1) % self.side;
        if self.shift[0] == 0 {
            self.shift[1] = (self.shift[1] + 1) % self.side;
        }
    }

    /// Back to where they began.
    pub(crate) fn reset(&mut self) {
        self.shift = [0; 3];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_quotients() {
        for side in 1..=8 {
            let mut blocks = Blocks::new(16, 16, side);
            for _ in 0..5 {
                blocks.shift();
            }
            let finder = blocks.finder();
            for cell in 0..8000_u32 {
                let [column, row, layer] = finder.block([cell, cell, cell % 64]);
                let shifted = |axis: usize| cell + finder.shift[axis];
                assert_eq!(column, shifted(0) / side as u32);
                assert_eq!(row, shifted(1) / side as u32);
                assert_eq!(layer, (cell % 64 + finder.shift[2]) / 4);
            }
        }
    }
}
