//! Ray endpoints in batches (structure of arrays) for vectorised processing.
// functions that are not inlined into a function with target features are compiled without them
#![allow(clippy::inline_always)]
// conditions without branches can be vectorised
#![allow(clippy::needless_bitwise_bool)]

use super::blocks::Finder;
use super::column::LAYERS;
use crate::wide::whole;

/// Endpoints in a batch.
pub(crate) const BATCH: usize = 64;

/// Result of a ray at its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Hit on a surface.
    Hit,
    /// Hit on a surface with a measurement error larger than a cell.
    Weak,
    /// Miss: the ray is free up to its end.
    Nothing,
    /// No ray.
    None,
}

/// Batch of ray endpoints, in voxel units.
#[derive(Debug, Clone)]
pub(crate) struct Ends {
    /// Coordinates by axis.
    pub place: [[f32; BATCH]; 3],
    pub kind: [End; BATCH],
    /// Share of each ray's length up to which it clears.
    pub clear_share: [f32; BATCH],
    /// Index of the sensor placement of each ray.
    pub placement: [u32; BATCH],
}

/// Voxels of a batch of endpoints, and the blocks that contain them.
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

    /// Coordinates of an endpoint.
    #[inline(always)]
    pub(crate) fn point(&self, index: usize) -> [f32; 3] {
        self.place.map(|axis| axis[index])
    }

    /// Computes the voxels that contain the endpoints.
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
