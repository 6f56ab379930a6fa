//! Register-tiled matrix product: the sums of a few rows and columns remain in registers over the
//! whole depth.
//!
//! ```text
//! for every depth:  right = N registers of the right factor
//!     for each of R rows:  left = one word of the left factor in every lane
//!         sums[row][n] += left · right[n]
//! ```
//!
//! Generic over the [`Register`] of an instruction set; `R × N` is chosen so that all sums fit its
//! registers (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
#![allow(unsafe_code)]
// Without inlining into a function that enables the instructions, every intrinsic is a call.
#![allow(clippy::inline_always)]

use super::product::{Finish, Left, PANEL, Right, RowScale, Size, Then, Word};

/// A vector register, of numbers or of words.
///
/// # Safety
/// Methods may be called where the machine has the instructions of the implementing type, from
/// functions that enable them.
pub(super) trait Register: Copy {
    /// Number of words per register.
    const LANES: usize;
    /// Rows of a tile.
    const ROWS: usize;
    /// Registers of columns of a tile.
    const VECTORS: usize;
    /// Selects lanes.
    type Mask: Copy;

    /// Selects the first `count` lanes, at most all.
    unsafe fn first(count: usize) -> Self::Mask;
    /// Zero in every lane.
    unsafe fn zero() -> Self;
    /// Broadcasts a number to every lane.
    unsafe fn splat(number: f32) -> Self;
    /// Broadcasts the four bytes at an address, aligned or not, to every lane.
    unsafe fn splat_word(address: *const i32) -> Self;
    /// Reads all lanes.
    unsafe fn load(address: *const f32) -> Self;
    /// Reads the lanes of the mask and touches no others; zero in those.
    unsafe fn load_masked(address: *const f32, mask: Self::Mask) -> Self;
    /// Writes all lanes.
    unsafe fn store(self, address: *mut f32);
    /// Writes the lanes of the mask and touches no others.
    unsafe fn store_masked(self, address: *mut f32, mask: Self::Mask);
    /// Sum, lane by lane.
    unsafe fn add(self, other: Self) -> Self;
    /// Product, lane by lane.
    unsafe fn mul(self, other: Self) -> Self;
    /// Replaces negative numbers by zero; NaN remains.
    unsafe fn relu(self) -> Self;
    /// Converts lanes of `i32` to numbers.
    unsafe fn to_numbers(self) -> Self;
    /// Prefetches the cache line at an address; any address is valid.
    unsafe fn prefetch(address: *const u8);
    /// Initial value of integer sums, given the column sums of the right factor.
    unsafe fn begin<W: Word>(column_sums: Self) -> Self;
    /// `self + left · right`, lane by lane, for words of this format.
    unsafe fn multiply_add<W: Word>(self, left: Self, right: Self) -> Self;
    /// [`Tile::run`] of `rows` rows, at least one and at most [`Self::ROWS`].
    unsafe fn run<W: Word, const FULL: bool>(tile: &Tile<W>, rows: usize);
}

/// First addresses and strides of the words of a tile.
pub(super) struct Tile<W> {
    depth: usize,
    a: *const W,
    a_row_stride: usize,
    a_depth_stride: usize,
    b: *const W,
    b_depth_stride: usize,
    /// Start of the tile's share of the next panel, and its bytes per depth, for prefetching.
    ahead: *const u8,
    ahead_stride: usize,
    bias: Option<*const f32>,
    scales: Option<TileScales>,
    out: *mut f32,
    out_row_stride: usize,
    /// Columns of the output, at most those of all registers.
    width: usize,
    then: Then,
}

/// First addresses of the scales of a tile of integers.
#[derive(Clone, Copy)]
struct TileScales {
    rows: *const RowScale,
    column_steps: *const f32,
    column_sums: *const f32,
}

/// See [`super::product`], which has checked the sizes.
///
/// # Safety
/// The caller enables the instructions of `V`, those for words of this format included.
#[inline(always)]
pub(super) unsafe fn product<V: Register, W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    let columns = V::VECTORS * V::LANES;
    let blocks = size.rows.div_ceil(V::ROWS);
    // every tile of a panel prefetches its share of the next one
    let shares = blocks * (PANEL / columns);
    let ahead_stride = (PANEL * size_of::<W>()).div_ceil(shares);
    for start in (0..size.columns).step_by(columns) {
        let first = start / PANEL * b.panel_stride + start % PANEL;
        let last = first + size.depth.saturating_sub(1) * b.depth_stride;
        // lanes that are read beyond the width are never written
        let is_full = last + columns <= b.words.len();
        for block in 0..blocks {
            let row = block * size.rows / blocks;
            let rows = (block + 1) * size.rows / blocks - row;
            let share = start % PANEL / columns * blocks + block;
            let next = b
                .words
                .as_ptr()
                .wrapping_add((start / PANEL + 1) * b.panel_stride);
            // wrapping: without depth the factors may be empty
            let tile = Tile {
                depth: size.depth,
                a: a.words.as_ptr().wrapping_add(row * a.row_stride),
                a_row_stride: a.row_stride,
                a_depth_stride: a.depth_stride,
                b: b.words.as_ptr().wrapping_add(first),
                b_depth_stride: b.depth_stride,
                ahead: next
                    .cast::<u8>()
                    .wrapping_add(share * size.depth * ahead_stride),
                ahead_stride,
                bias: finish.bias.map(|bias| bias[start..].as_ptr()),
                scales: finish.scales.map(|scales| TileScales {
                    rows: scales.rows[row..].as_ptr(),
                    column_steps: scales.column_steps[start..].as_ptr(),
                    column_sums: scales.column_sums[start..].as_ptr(),
                }),
                out: out[row * finish.row_stride + start..].as_mut_ptr(),
                out_row_stride: finish.row_stride,
                width: columns.min(size.columns - start),
                then: finish.then,
            };
            // SAFETY: the tile has `rows` rows inside the sizes that the caller has checked, and
            // whole registers of the right factor lie in its slice when it is full.
            unsafe {
                if is_full {
                    V::run::<W, true>(&tile, rows);
                } else {
                    V::run::<W, false>(&tile, rows);
                }
            }
        }
    }
}

impl<W: Word> Tile<W> {
    /// Computes `R` rows of `N` registers. `FULL` when all lanes of the right factor may be read at
    /// every depth.
    ///
    /// # Safety
    /// Rows, depth and width lie in the slices that the tile was cut from, and the caller enables
    /// the instructions of `V`.
    #[inline(always)]
    pub(super) unsafe fn run<V: Register, const R: usize, const N: usize, const FULL: bool>(&self) {
        // SAFETY: the caller's contract; lanes beyond the width are masked.
        unsafe {
            let masks: [V::Mask; N] =
                std::array::from_fn(|n| V::first(self.width.saturating_sub(n * V::LANES)));
            // a copy, which is indexed at run time and therefore in memory: the other stays in
            // registers
            let mut sums = self.sums::<V, R, N, FULL>(masks);
            if let Some(scales) = self.scales {
                self.scale(scales, &mut sums, masks);
            }
            match self.then {
                Then::Store => {}
                Then::Relu => {
                    for sum in sums.as_flattened_mut() {
                        *sum = sum.relu();
                    }
                }
                Then::Add => {
                    for (row, sums) in sums.iter_mut().enumerate() {
                        for (n, sum) in sums.iter_mut().enumerate() {
                            *sum = V::load_masked(self.out::<V>(row, n), masks[n]).add(*sum);
                        }
                    }
                }
            }
            if self.width == N * V::LANES {
                for (row, sums) in sums.iter().enumerate() {
                    for (n, sum) in sums.iter().enumerate() {
                        sum.store(self.out::<V>(row, n));
                    }
                }
            } else {
                for (row, sums) in sums.iter().enumerate() {
                    for (n, sum) in sums.iter().enumerate() {
                        sum.store_masked(self.out::<V>(row, n), masks[n]);
                    }
                }
            }
        }
    }

    /// Sums over the depth.
    #[inline(always)]
    unsafe fn sums<V: Register, const R: usize, const N: usize, const FULL: bool>(
        &self,
        masks: [V::Mask; N],
    ) -> [[V; N]; R] {
        // SAFETY: the contract of `run`.
        unsafe {
            let first = match (self.scales, self.bias) {
                (Some(scales), _) => {
                    columns::<V, N>(scales.column_sums, masks).map(|sums| V::begin::<W>(sums))
                }
                (None, Some(bias)) => columns::<V, N>(bias, masks),
                (None, None) => [V::zero(); N],
            };
            let mut sums = [first; R];
            let (mut a, mut b, mut ahead) = (self.a, self.b, self.ahead);
            for _ in 0..self.depth {
                let right: [V; N] = std::array::from_fn(|n| {
                    let address = b.wrapping_add(n * V::LANES).cast();
                    if FULL {
                        V::load(address)
                    } else {
                        V::load_masked(address, masks[n])
                    }
                });
                for (row, sums) in sums.iter_mut().enumerate() {
                    let left = V::splat_word(a.add(row * self.a_row_stride).cast());
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = sum.multiply_add::<W>(left, right);
                    }
                }
                a = a.wrapping_add(self.a_depth_stride);
                b = b.wrapping_add(self.b_depth_stride);
                V::prefetch(ahead);
                ahead = ahead.wrapping_add(self.ahead_stride);
            }
            sums
        }
    }

    /// First address of a register of the output.
    #[inline(always)]
    fn out<V: Register>(&self, row: usize, n: usize) -> *mut f32 {
        // wrapping: an empty register may begin past the end
        self.out
            .wrapping_add(row * self.out_row_stride + n * V::LANES)
    }

    /// Scales integer sums to numbers, rounded as in plain Rust.
    #[inline(always)]
    unsafe fn scale<V: Register, const R: usize, const N: usize>(
        &self,
        scales: TileScales,
        sums: &mut [[V; N]; R],
        masks: [V::Mask; N],
    ) {
        // SAFETY: the scales have the tile's rows and its width.
        unsafe {
            let column_steps = columns::<V, N>(scales.column_steps, masks);
            let column_sums = columns::<V, N>(scales.column_sums, masks);
            let bias = match self.bias {
                Some(bias) => columns::<V, N>(bias, masks),
                None => [V::zero(); N],
            };
            for (row, sums) in sums.iter_mut().enumerate() {
                let RowScale { lowest, step } = *scales.rows.add(row);
                let (lowest, step) = (V::splat(lowest), V::splat(step));
                for (n, sum) in sums.iter_mut().enumerate() {
                    let number = step.mul(sum.to_numbers()).add(lowest.mul(column_sums[n]));
                    *sum = column_steps[n].mul(number).add(bias[n]);
                }
            }
        }
    }
}

/// Numbers of the columns that the masks select.
#[inline(always)]
unsafe fn columns<V: Register, const N: usize>(first: *const f32, masks: [V::Mask; N]) -> [V; N] {
    // SAFETY: the caller has numbers for all columns of the masks.
    std::array::from_fn(|n| unsafe { V::load_masked(first.wrapping_add(n * V::LANES), masks[n]) })
}
