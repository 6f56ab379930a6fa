//! Quantisation to 8 bits, per row for activations and per column for weights.
//!
//! ```text
//! x ≈ lowest + step q,   q = round((x - lowest) / step),   step = (highest - lowest) / 255
//! w ≈ column_step p,     p = round(w / column_step),       column_step = max |w| / 127
//! ```
//!
//! Dynamic for activations: the extremes are those of the current row (Jacob et al., "Quantization
//! and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018, section
//! 2.1; here the lowest value need not be a multiple of the step, because its share is added
//! exactly).

// Compiled separately for each instruction set that a caller enables.
#![allow(clippy::inline_always)]

use super::isa::Isa;
use super::product::RowScale;
use super::simd::SimdKernel;

/// Steps between the lowest and the highest activation of a row.
const STEPS: f32 = 255.0;
/// Steps between zero and the largest weight of a column.
const WEIGHT_STEPS: f32 = 127.0;

/// Storage type of quantised activations: `u8` for products of bytes, `i16` for products of shorts.
pub(super) trait Whole: Copy + Default {
    /// Converts the lowest byte of `bits`.
    fn from_bits(bits: u32) -> Self;
}

impl Whole for u8 {
    #[inline(always)]
    fn from_bits(bits: u32) -> Self {
        bits as Self
    }
}

impl Whole for i16 {
    #[inline(always)]
    fn from_bits(bits: u32) -> Self {
        (bits & 0xff) as Self
    }
}

/// Quantises rows of `depth` numbers into rows of whole words, padded with zeros. The step of a row
/// with a number that is not finite is NaN.
pub(super) fn quantise_rows<Q: Whole, const A_WORD: usize>(
    isa: Isa,
    values: &[f32],
    depth: usize,
    words: &mut [[Q; A_WORD]],
    scales: &mut [RowScale],
) {
    isa.run(QuantiseRows {
        values,
        depth,
        padded: depth.next_multiple_of(A_WORD),
        rounded: words.as_flattened_mut(),
        scales,
    });
}

struct QuantiseRows<'a, Q> {
    values: &'a [f32],
    depth: usize,
    padded: usize,
    rounded: &'a mut [Q],
    scales: &'a mut [RowScale],
}

impl<Q: Whole> SimdKernel for QuantiseRows<'_, Q> {
    #[inline(always)]
    fn run(self) {
        let rows = self
            .values
            .chunks_exact(self.depth)
            .zip(self.rounded.chunks_exact_mut(self.padded));
        for ((row, rounded), scale) in rows.zip(self.scales) {
            let (rounded, filling) = rounded.split_at_mut(self.depth);
            filling.fill(Q::default());
            *scale = quantise(row, rounded);
        }
    }
}

#[inline(always)]
fn quantise<Q: Whole>(row: &[f32], rounded: &mut [Q]) -> RowScale {
    let [lowest, highest] = extremes(row);
    let step = (highest - lowest) / STEPS;
    if !step.is_finite() {
        rounded.fill(Q::default());
        let step = f32::NAN;
        return RowScale { lowest, step };
    }
    let inverse = step.recip();
    // only a subnormal spread has no finite inverse
    let inverse = if inverse.is_finite() { inverse } else { 0.0 };
    for (rounded, &value) in rounded.iter_mut().zip(row) {
        let whole = (value - lowest) * inverse;
        *rounded = Q::from_bits((whole + FRACTIONLESS).to_bits());
    }
    RowScale { lowest, step }
}

/// Minimum and maximum of a row; one of them is NaN when an entry is.
#[inline(always)]
fn extremes(row: &[f32]) -> [f32; 2] {
    // compared by bits, in the total order of IEEE 754: NaN lies beyond both infinities
    let key = |bits: i32| bits ^ ((bits >> 31) & 0x7fff_ffff);
    let (mut lowest, mut highest) = (i32::MAX, i32::MIN);
    for value in row {
        let key = key(value.to_bits().cast_signed());
        lowest = lowest.min(key);
        highest = highest.max(key);
    }
    [lowest, highest].map(|extreme| f32::from_bits(key(extreme).cast_unsigned()))
}

/// Quantisation step of a column of weights.
pub(super) fn column_step(weights: impl Iterator<Item = f32>) -> f32 {
    weights.fold(0.0, |most: f32, w| most.max(w.abs())) / WEIGHT_STEPS
}

/// Offset at which the lowest bits of a float are an integer: 1.5 · 2²³.
const FRACTIONLESS: f32 = 12_582_912.0;

/// A weight as an integer number of steps, at most 127 in magnitude.
pub(super) fn quantise_weight(weight: f32, step: f32) -> i8 {
    if step > 0.0 {
        // to the nearest, ties to even, as a sum of this size has no bits for fractions; millions
        // of weights are rounded for every network, and without SSE4.1 rounding is a call
        (weight / step + FRACTIONLESS).to_bits() as i8
    } else {
        0
    }
}
