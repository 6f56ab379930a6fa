//! The product of two matrices, `out = a b`, and what is done to its entries on the way out.

use half::bf16;

use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

/// Columns that are computed together; packed matrices are stored in panels this wide.
pub const PANEL: usize = 32;

/// Four bytes that a product takes in at a time: a number, or two of half the size.
pub trait Word: Copy {
    /// It is a pair of bfloat16.
    const IS_PAIR: bool;

    /// `sum + self · other`.
    fn multiply_add(self, other: Self, sum: f32) -> f32;
}

impl Word for f32 {
    const IS_PAIR: bool = false;

    #[inline]
    fn multiply_add(self, other: Self, sum: f32) -> f32 {
        self * other + sum
    }
}

impl Word for [bf16; 2] {
    const IS_PAIR: bool = true;

    #[inline]
    fn multiply_add(self, other: Self, sum: f32) -> f32 {
        let [low, high] = [0, 1].map(|half| self[half].to_f32() * other[half].to_f32());
        sum + high + low
    }
}

/// The left factor: word `(row, depth)` is `words[row * row_stride + depth * depth_stride]`.
#[derive(Debug, Clone, Copy)]
pub struct Left<'a, W> {
    /// Storage.
    pub words: &'a [W],
    /// From a row to the next.
    pub row_stride: usize,
    /// Along a row.
    pub depth_stride: usize,
}

/// The right factor: word `(depth, column)` of panel `p` is
/// `words[p * panel_stride + depth * depth_stride + column]`.
#[derive(Debug, Clone, Copy)]
pub struct Right<'a, W> {
    /// Storage.
    pub words: &'a [W],
    /// From one depth to the next.
    pub depth_stride: usize,
    /// From a panel of [`PANEL`] columns to the next.
    pub panel_stride: usize,
}

/// Where a product's entries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// They replace what is there.
    Store,
    /// They replace what is there; negative ones become zero.
    Relu,
    /// They are added to what is there.
    Add,
}

/// The last steps.
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// Added to every row, `[columns]`.
    pub bias: Option<&'a [f32]>,
    /// Where the sum goes.
    pub then: Then,
    /// From a row of the output to the next.
    pub row_stride: usize,
}

/// Rows, columns and the depth that is summed over, in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) depth: usize,
}

/// `out = finish(a b)` for `[rows, columns, depth]`.
///
/// # Panics
/// When a factor or the output does not hold what the size says.
pub fn product<W: Word>(
    [rows, columns, depth]: [usize; 3],
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    if rows == 0 || columns == 0 {
        return;
    }
    let last_panel = (columns - 1) / PANEL;
    let in_last = columns - last_panel * PANEL;
    if depth > 0 {
        assert!((rows - 1) * a.row_stride + (depth - 1) * a.depth_stride < a.words.len());
        let last = last_panel * b.panel_stride + (depth - 1) * b.depth_stride;
        assert!(last + in_last <= b.words.len());
        // a panel that is not the last may still reach further
        let before = last_panel.saturating_sub(1) * b.panel_stride;
        let width = PANEL.min(columns);
        assert!(before + (depth - 1) * b.depth_stride + width <= b.words.len());
    }
    assert!((rows - 1) * finish.row_stride + columns <= out.len());
    assert!(finish.bias.is_none_or(|bias| bias.len() == columns));
    let size = Size {
        rows,
        columns,
        depth,
    };
    #[cfg(target_arch = "x86_64")]
    if avx512::product(size, a, b, out, finish) || avx2::product(size, a, b, out, finish) {
        return;
    }
    portable::product(size, a, b, out, finish);
}
