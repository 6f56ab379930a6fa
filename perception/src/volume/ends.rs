//! Ends of lines of sight, side by side, so that many are worked on at once.
// What is not inlined into a function that enables wide registers does without them.
#![allow(clippy::inline_always)]
// Conditions without branches become vectors.
#![allow(clippy::needless_bitwise_bool)]

use super::blocks::Finder;
use super::column::LAYERS;
use crate::wide::whole;

/// Ends in a batch.
pub(crate) const BATCH: usize = 64;

/// What a line of sight ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A surface.
    Hit,
    /// A surface, measured less well than a cell is wide.
    Weak,
    /// Nothing: sight was clear up to there.
    Nothing,
    /// There is no line.
    None,
}

/// A batch of ends, in voxel units.
#[derive(Debug, Clone)]
pub(crate) struct Ends {
    /// By axis.
    pub place: [[f32; BATCH]; 3],
    pub kind: [End; BATCH],
    /// Lines clear as far as this share of their length.
    pub clear_share: [f32; BATCH],
    /// Which of the placements the sensor had.
    pub placement: [u32; BATCH],
}

/// The voxels of a batch of ends, and the blocks about them.
pub(crate) struct Voxels {
    pub is_inside: [bool; BATCH],
    /// Column, row and layer.
    pub voxel: [[u32; BATCH]; 3],
    pub block: [[u32; BATCH]; 3],
}

impl Ends {
    pub(crate) fn new() -> Self {
        Self {
            place: [[0.0; BATCH]; 3],
            kind: [End::None; BATCH],
            clear_share: [1.0; BATCH],
            placement: [0; BATCH],
        }
    }

    /// An end as a point.
    #[inline(always)]
    pub(crate) fn point(&self, index: usize) -> [f32; 3] {
        self.place.map(|axis| axis[index])
    }

    /// The voxels that they lie in.
    #[inline(always)]
    pub(crate) fn locate(&self, [columns, rows]: [usize; 2], finder: Finder, found: &mut Voxels) {
        let size = [columns as f32, rows as f32, LAYERS as f32];
        let [xs, ys, zs] = &self.place;
        for index in 0..BATCH {
            let place = [xs[index], ys[index], zs[index]];
            let mut is_inside = true;
            for axis in 0..3 {
                is_inside &= (place[axis] >= 0.0) & (place[axis] < size[axis]);
            }
            let voxel = place.map(|place| whole(place) as u32);
            let block = finder.block(voxel);
            found.is_inside[index] = is_inside;
            for axis in 0..3 {
                found.voxel[axis][index] = voxel[axis];
                found.block[axis][index] = block[axis];
            }
        }
    }
}

impl Voxels {
    pub(crate) fn new() -> Self {
        Self {
            is_inside: [false; BATCH],
            voxel: [[0; BATCH]; 3],
            block: [[0; BATCH]; 3],
        }
    }
}
