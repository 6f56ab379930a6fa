//! Matrix product `out = a b` with a fused epilogue: scaling, bias, and rectification or addition.

use half::bf16;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use super::isa::InstructionSet;
use super::isa::Isa;
#[cfg(target_arch = "aarch64")]
use super::neon;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

#[cfg(test)]
mod tests;

/// Columns that are computed together; packed matrices are stored in panels this wide.
pub const PANEL: usize = 32;

/// Content of the four bytes of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A number in single precision.
    Single,
    /// Two bfloat16.
    Pair,
    /// Two integers: 0 to 255 on the left, -128 to 127 on the right.
    Shorts,
    /// Four integers: 0 to 255 on the left, -128 to 127 on the right.
    Bytes,
}

impl Format {
    /// True for integers, which are summed exactly.
    fn is_whole(self) -> bool {
        matches!(self, Self::Shorts | Self::Bytes)
    }
}

/// Four bytes, the unit of a product.
pub trait Word: Copy {
    /// Format of the word.
    const FORMAT: Format;
    /// Accumulator type.
    type Sum: Copy + Default;

    /// `sum + self · other`, with `self` on the left.
    fn multiply_add(self, other: Self, sum: Self::Sum) -> Self::Sum;

    /// Initial value of a sum with `bias`; for integers zero, because the bias is added at the end.
    fn begin(bias: f32) -> Self::Sum;

    /// Converts a sum to a number.
    fn number(sum: Self::Sum) -> f32;
}

impl Word for f32 {
    const FORMAT: Format = Format::Single;
    type Sum = Self;

    #[inline]
    fn multiply_add(self, other: Self, sum: f32) -> f32 {
        self * other + sum
    }

    #[inline]
    fn begin(bias: f32) -> f32 {
        bias
    }

    #[inline]
    fn number(sum: f32) -> f32 {
        sum
    }
}

impl Word for [bf16; 2] {
    const FORMAT: Format = Format::Pair;
    type Sum = f32;

    #[inline]
    fn multiply_add(self, other: Self, sum: f32) -> f32 {
        let [low, high] = [0, 1].map(|half| self[half].to_f32() * other[half].to_f32());
        sum + high + low
    }

    #[inline]
    fn begin(bias: f32) -> f32 {
        bias
    }

    #[inline]
    fn number(sum: f32) -> f32 {
        sum
    }
}

impl Word for [i16; 2] {
    const FORMAT: Format = Format::Shorts;
    type Sum = i32;

    #[inline]
    fn multiply_add(self, other: Self, sum: i32) -> i32 {
        let [first, second] = [0, 1].map(|i| i32::from(self[i]) * i32::from(other[i]));
        sum + first + second
    }

    #[inline]
    fn begin(_: f32) -> i32 {
        0
    }

    #[inline]
    fn number(sum: i32) -> f32 {
        sum as f32
    }
}

impl Word for [u8; 4] {
    const FORMAT: Format = Format::Bytes;
    type Sum = i32;

    #[inline]
    fn multiply_add(self, other: Self, sum: i32) -> i32 {
        let products = [0, 1, 2, 3].map(|i| i32::from(self[i]) * i32::from(other[i].cast_signed()));
        sum + products.iter().sum::<i32>()
    }

    #[inline]
    fn begin(_: f32) -> i32 {
        0
    }

    #[inline]
    fn number(sum: i32) -> f32 {
        sum as f32
    }
}

/// The left factor: word `(row, depth)` is `words[row * row_stride + depth * depth_stride]`.
#[derive(Debug, Clone, Copy)]
pub struct Left<'a, W> {
    /// Storage.
    pub words: &'a [W],
    /// Stride between rows.
    pub row_stride: usize,
    /// Stride along a row.
    pub depth_stride: usize,
}

/// The right factor: word `(depth, column)` of panel `p` is
/// `words[p * panel_stride + depth * depth_stride + column]`.
#[derive(Debug, Clone, Copy)]
pub struct Right<'a, W> {
    /// Storage.
    pub words: &'a [W],
    /// Stride between depths.
    pub depth_stride: usize,
    /// Stride between panels of [`PANEL`] columns.
    pub panel_stride: usize,
}

/// Treatment of the entries of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Overwrite the output.
    Store,
    /// Overwrite the output, with negative entries set to zero.
    Relu,
    /// Add to the output.
    Add,
}

/// Dequantisation of a row: `lowest + step q`, `q` from 0 to 255.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C)]
pub struct RowScale {
    /// Value of 0.
    pub lowest: f32,
    /// Quantisation step.
    pub step: f32,
}

/// Dequantisation of integer sums:
/// `entry = column_step (step sum + lowest column_sum) + bias`.
#[derive(Debug, Clone, Copy)]
pub struct Scales<'a> {
    /// `[rows]` of the left factor.
    pub rows: &'a [RowScale],
    /// Quantisation steps of the columns of the right factor, `[columns]`.
    pub column_steps: &'a [f32],
    /// Column sums of the integers of the right factor, `[columns]`.
    pub column_sums: &'a [f32],
}

/// Epilogue of a product: scales, bias, and treatment of the entries.
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// Scales; present for integers and only for them.
    pub scales: Option<Scales<'a>>,
    /// Added to every row, `[columns]`.
    pub bias: Option<&'a [f32]>,
    /// Treatment of the entries.
    pub then: Then,
    /// Stride between rows of the output.
    pub row_stride: usize,
}

/// Size of a product: rows, columns and depth of the sums, in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) depth: usize,
}

/// Computes `out = finish(a b)` for `[rows, columns, depth]`, with the instructions of `isa`.
///
/// # Panics
/// When a factor or the output is smaller than the size requires.
pub fn product<W: Word>(
    isa: Isa,
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
        // a panel before the last may extend further
        let before = last_panel.saturating_sub(1) * b.panel_stride;
        let width = PANEL.min(columns);
        assert!(before + (depth - 1) * b.depth_stride + width <= b.words.len());
    }
    assert!((rows - 1) * finish.row_stride + columns <= out.len());
    assert!(finish.bias.is_none_or(|bias| bias.len() == columns));
    assert!(finish.scales.is_some() == W::FORMAT.is_whole());
    if let Some(scales) = finish.scales {
        assert!(scales.rows.len() == rows);
        assert!(scales.column_steps.len() == columns && scales.column_sums.len() == columns);
    }
    let size = Size {
        rows,
        columns,
        depth,
    };
    dispatch(isa, size, a, b, out, finish);
}

/// Calls the kernel for a word format: plain Rust if the instruction set has no product for it.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn dispatch<W: Word>(
    isa: Isa,
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    use InstructionSet::{
        Avx2, Avx512, Avx512Bf16, Avx512Vnni, AvxVnni, Neon, NeonDot, NeonI8mm, Portable,
    };
    // SAFETY: an `Isa` names instructions that this machine has.
    unsafe {
        match (W::FORMAT, isa.set()) {
            (_, Portable) | (Format::Bytes, Avx2 | Avx512) => {
                portable::product(size, a, b, out, finish);
            }
            (Format::Bytes, AvxVnni) => avx2::product_vnni(size, a, b, out, finish),
            (Format::Bytes, _) => avx512::product_vnni(size, a, b, out, finish),
            (Format::Pair, Avx512Bf16) => avx512::product_bf16(size, a, b, out, finish),
            (Format::Pair, _) | (_, Avx2 | AvxVnni) => avx2::product(size, a, b, out, finish),
            (_, Avx512 | Avx512Vnni | Avx512Bf16) => avx512::product(size, a, b, out, finish),
            (_, Neon | NeonDot | NeonI8mm) => unreachable!("not on this architecture"),
        }
    }
}

/// Calls the kernel for a word format: plain Rust if the instruction set has no product for it.
#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
fn dispatch<W: Word>(
    isa: Isa,
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    use InstructionSet::{Neon, NeonDot, NeonI8mm};
    // SAFETY: an `Isa` names instructions that this machine has.
    unsafe {
        match (W::FORMAT, isa.set()) {
            (Format::Bytes, NeonDot) => neon::product_dot(size, a, b, out, finish),
            (Format::Bytes, NeonI8mm) => neon::product_i8mm(size, a, b, out, finish),
            (Format::Single | Format::Pair | Format::Shorts, Neon | NeonDot | NeonI8mm) => {
                neon::product(size, a, b, out, finish);
            }
            _ => portable::product(size, a, b, out, finish),
        }
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn dispatch<W: Word>(
    _: Isa,
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    portable::product(size, a, b, out, finish);
}
