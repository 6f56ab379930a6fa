//! Rounding to 8 bits, row by row for activations and column by column for weights.
//!
//! ```text
//! x ≈ lowest + step q,   q = round((x - lowest) / step),   step = (highest - lowest) / 255
//! w ≈ column_step p,     p = round(w / column_step),       column_step = max |w| / 127
//! ```
//!
//! Dynamic for activations: the extremes are those of the row at hand (Jacob et al., "Quantization
//! and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018, section
//! 2.1; the lowest value need not be a multiple of the step here, for its share is added exactly).

#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::product::RowScale;

/// Steps between the lowest and the highest activation of a row.
const STEPS: f32 = 255.0;
/// Steps between zero and the largest weight of a column.
const WEIGHT_STEPS: f32 = 127.0;

/// Rounds rows of `depth` numbers into rows of words of four, the last of which may be filled with
/// zero. A row with a number that is not finite has NaN for a step.
pub(super) fn quantise_rows(
    values: &[f32],
    depth: usize,
    words: &mut [[u8; 4]],
    scales: &mut [RowScale],
) {
    let rounded = bytemuck::cast_slice_mut::<_, u8>(words);
    let rows = values
        .chunks_exact(depth)
        .zip(rounded.chunks_exact_mut(depth.next_multiple_of(4)));
    for ((row, rounded), scale) in rows.zip(scales) {
        rounded[depth..].fill(0);
        *scale = quantise(row, rounded);
    }
}

fn quantise(row: &[f32], rounded: &mut [u8]) -> RowScale {
    #[cfg(target_arch = "x86_64")]
    let (done, mut lowest, mut highest) = avx512::extremes(row);
    #[cfg(not(target_arch = "x86_64"))]
    let (done, mut lowest, mut highest) = (0, f32::INFINITY, f32::NEG_INFINITY);
    for &value in &row[done..] {
        // unlike `min` and `max`, NaN stays
        if value < lowest || value.is_nan() {
            lowest = value;
        }
        if value > highest || value.is_nan() {
            highest = value;
        }
    }
    let step = (highest - lowest) / STEPS;
    if !step.is_finite() {
        rounded.fill(0);
        let step = f32::NAN;
        return RowScale { lowest, step };
    }
    let inverse = if step > 0.0 { step.recip() } else { 0.0 };
    #[cfg(target_arch = "x86_64")]
    let done = avx512::whole_numbers(row, lowest, inverse, rounded);
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    for (rounded, &value) in rounded[done..].iter_mut().zip(&row[done..]) {
        *rounded = ((value - lowest) * inverse).round_ties_even() as u8;
    }
    RowScale { lowest, step }
}

/// Step of a column of weights.
pub(super) fn column_step(weights: impl Iterator<Item = f32>) -> f32 {
    weights.fold(0.0, |most: f32, w| most.max(w.abs())) / WEIGHT_STEPS
}

/// Floats about this have whole numbers as their lowest bits: 1.5 · 2²³.
const FRACTIONLESS: f32 = 12_582_912.0;

/// A weight as a whole number of steps; at most 127 of them.
pub(super) fn quantise_weight(weight: f32, step: f32) -> i8 {
    if step > 0.0 {
        // to the nearest, ties to even, as a sum of this size has no bits for fractions; millions of
        // weights are rounded for every network, and without SSE4.1 rounding is a call
        (weight / step + FRACTIONLESS).to_bits() as i8
    } else {
        0
    }
}
