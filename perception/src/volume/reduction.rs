//! Reduction of a depth image to the minimum depth of each block of pixels.
// functions that are not inlined into a function with target features are compiled without them
#![allow(clippy::inline_always)]
// conditions without branches can be vectorised
#![allow(clippy::needless_bitwise_bool)]

use crate::wide::{self, Loop};
use crate::{DepthImage, DepthPixels};

/// Depth of a pixel without a surface in range: larger than any depth, smaller than [`INVALID`].
const NOTHING: f32 = f32::MAX;
/// Depth of a pixel without a measurement.
pub(super) const INVALID: f32 = f32::INFINITY;

/// Minimum depths of the blocks of an image.
#[derive(Debug, Clone, Default)]
pub(super) struct Reduced {
    columns: usize,
    /// Depth, m, `[rows, columns + 2]`: the first and the last of a row are repeated, so that all
    /// have neighbours.
    depths: Vec<f32>,
    /// Pixel with the minimum depth, `[rows, columns]`.
    pixels: Vec<u32>,
}

impl Reduced {
    /// Computes blocks of `side` pixels; depths below `min_m` are invalid.
    pub(super) fn fill(&mut self, image: &DepthImage, side: usize, min_m: f32) {
        let (columns, rows) = (image.width / side, image.height / side);
        self.columns = columns;
        self.depths.resize(rows * (columns + 2), INVALID);
        self.pixels.resize(rows * columns, 0);
        match &image.pixels {
            DepthPixels::Millimetres(pixels) => self.reduce(pixels, image.width, side, min_m),
            DepthPixels::Metres(pixels) => self.reduce(pixels, image.width, side, min_m),
        }
    }

    fn reduce<T: Pixel>(&mut self, pixels: &[T], width: usize, side: usize, min_m: f32) {
        wide::run(Reduction {
            pixels,
            width,
            side,
            min_m,
            reduced: self,
        });
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn rows(&self) -> usize {
        self.depths.len() / (self.columns + 2)
    }

    /// Depths of a row, padded by one at either end.
    #[inline(always)]
    pub(super) fn depths(&self, row: usize) -> &[f32] {
        &self.depths[row * (self.columns + 2)..][..self.columns + 2]
    }

    /// Pixels with the minimum depths of a row.
    #[inline(always)]
    pub(super) fn pixels(&self, row: usize) -> &[u32] {
        &self.pixels[row * self.columns..][..self.columns]
    }
}

/// Conversion of a pixel value to a depth.
trait Pixel: Copy {
    fn metres(self, min_m: f32) -> f32;
}

impl Pixel for u16 {
    #[inline(always)]
    fn metres(self, min_m: f32) -> f32 {
        let metres = f32::from(self) * 1e-3;
        if (self > 0) & (metres >= min_m) {
            metres
        } else {
            INVALID
        }
    }
}

impl Pixel for f32 {
    #[inline(always)]
    fn metres(self, min_m: f32) -> f32 {
        let metres = if self == Self::INFINITY {
            NOTHING
        } else {
            self
        };
        if (metres > 0.0) & (metres >= min_m) {
            metres
        } else {
            INVALID
        }
    }
}

struct Reduction<'a, T> {
    pixels: &'a [T],
    width: usize,
    side: usize,
    min_m: f32,
    reduced: &'a mut Reduced,
}

impl<T: Pixel> Loop for Reduction<'_, T> {
    #[inline(always)]
    fn run(mut self) {
        // the compiler specialises the loops for constant sides
        match self.side {
            1 => self.rows(1),
            2 => self.rows(2),
            side => self.rows(side),
        }
    }
}

impl<T: Pixel> Reduction<'_, T> {
    #[inline(always)]
    fn rows(&mut self, side: usize) {
        let columns = self.reduced.columns;
        let depths = self.reduced.depths.chunks_exact_mut(columns + 2);
        let pixels = self.reduced.pixels.chunks_exact_mut(columns.max(1));
        for (row, (depths, nearest)) in depths.zip(pixels).enumerate() {
            depths.fill(INVALID);
            for down in 0..side {
                let start = (row * side + down) * self.width;
                let line = &self.pixels[start..start + self.width];
                for right in 0..side {
                    let found = line.chunks_exact(side).zip(&mut depths[1..=columns]);
                    for (column, ((block, depth), pixel)) in found.zip(&mut *nearest).enumerate() {
                        let metres = block[right].metres(self.min_m);
                        let is_first = (down == 0) & (right == 0);
                        let is_nearer = (metres < *depth) | is_first;
                        *depth = if is_nearer { metres } else { *depth };
                        let index = (start + column * side + right) as u32;
                        *pixel = if is_nearer { index } else { *pixel };
                    }
                }
            }
            if columns > 0 {
                (depths[0], depths[columns + 1]) = (depths[1], depths[columns]);
            }
        }
    }
}
