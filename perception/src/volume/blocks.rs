//! Subsampling of the rays that are traced through the volume.
//!
//! Only part of the rays are traced: the first of each message that ends in each block of a few
//! cells and four layers. Rays to neighbouring endpoints converge toward the sensor, so most are
//! traced through their outer half only. One in each eight blocks is traced through another
//! quarter, and one in each 64 from the sensor on. The blocks shift from stamp to stamp, so that
//! all endpoints are covered over time.
// functions that are not inlined into a function with target features are compiled without them
#![allow(clippy::inline_always)]

/// Layers in a block of endpoints.
const BLOCK_LAYERS: usize = 4;

/// Start of a traced ray as a share of its length, by the size of the blocks in which it is the
/// first.
const SKIPS: [f32; 3] = [0.5, 0.25, 0.0];

/// Fractional bits of the reciprocal that replaces a division: exact for dividends smaller than
/// this power of two divided by the divisor.
const QUOTIENT_BITS: u32 = 16;

/// Blocks of voxels of one size, with a record of those that already contain an endpoint.
#[derive(Debug, Clone)]
struct Grain {
    columns: usize,
    /// Side in smallest blocks, as a power of two.
    scale: usize,
    /// One bit per layer of blocks.
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

    /// True for the first endpoint in the block that contains a smallest block.
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

/// Blocks of endpoints, in three sizes.
#[derive(Debug, Clone)]
pub(crate) struct Blocks {
    grains: [Grain; 3],
    /// Side of the smallest block, cells.
    side: usize,
    /// Offset of the blocks before the volume, cells and layers.
    shift: [usize; 3],
}

/// Computes the blocks of many endpoints; valid until the blocks shift.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finder {
    per_cell: u32,
    shift: [u32; 3],
}

impl Finder {
    /// Smallest block that contains a voxel; arbitrary for a voxel outside the volume.
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
    /// Creates blocks of `side` cells over a volume.
    pub(crate) fn new(columns: usize, rows: usize, side: usize) -> Self {
        let (block_columns, block_rows) = (columns / side + 2, rows / side + 2);
        Self {
            grains: [0, 1, 2].map(|scale| Grain::new(block_columns, block_rows, scale)),
            side,
            shift: [0; 3],
        }
    }

    /// Side of the smallest block, cells.
    pub(crate) fn side(&self) -> usize {
        self.side
    }

    /// Prepares for the endpoints of one message.
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

    /// Share of the ray that is skipped for the first endpoint in a block of this message; `None`
    /// for the others.
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

    /// Shifts the blocks, so that other endpoints come first.
    pub(crate) fn shift(&mut self) {
        self.shift[2] = (self.shift[2] + 1) % BLOCK_LAYERS;
        self.shift[0] = (self.shift[0] + 1) % self.side;
        if self.shift[0] == 0 {
            self.shift[1] = (self.shift[1] + 1) % self.side;
        }
    }

    /// Resets the shift.
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
