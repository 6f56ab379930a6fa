//! Layer normalisation (Ba, Kiros, Hinton 2016) per token.
//!
//! ```text
//! y = (x - mean) / sqrt(variance + ε) · weight + bias
//! ```

// Compiled separately for each instruction set that a caller enables.
#![allow(clippy::inline_always)]

use super::kernels::{Isa, SimdKernel, sum_lanes};

/// `ε` of the variance: prevents a division by zero for a constant token.
pub const NORM_EPSILON: f32 = 1e-5;

/// Number of partial sums of a row, sufficient to hide the latency of an addition.
const LANES: usize = 32;

/// Layer normalisation with its scale and shift.
#[derive(Debug, Clone)]
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Norm {
    /// Writes the normalised rows of `x` into `out`.
    pub(super) fn apply(&self, isa: Isa, x: &[f32], out: &mut [f32]) {
        isa.run(Rows { norm: self, x, out });
    }
}

struct Rows<'a> {
    norm: &'a Norm,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl SimdKernel for Rows<'_> {
    #[inline(always)]
    fn run(self) {
        let Norm { weight, bias } = self.norm;
        let width = weight.len();
        let rows = self
            .x
            .chunks_exact(width)
            .zip(self.out.chunks_exact_mut(width));
        for (x, out) in rows {
            let mean = sum(x, |x| x) / width as f32;
            let variance = sum(x, |x| (x - mean) * (x - mean)) / width as f32;
            let scale = (variance + NORM_EPSILON).sqrt().recip();
            for ((out, x), (weight, bias)) in out.iter_mut().zip(x).zip(weight.iter().zip(bias)) {
                *out = (x - mean) * scale * weight + bias;
            }
        }
    }
}

/// Sum with partial sums in lanes, which the compiler can vectorise.
#[inline(always)]
fn sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += term(value);
        }
    }
    sum_lanes(lanes) + rest.iter().map(|&value| term(value)).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalisation_gives_the_same_bits_with_every_instruction_set() {
        for width in [1, 31, 32, 100, 256] {
            let number = |index: usize| ((index * 7919 % 1013) as f32 - 500.0) / 300.0;
            let norm = Norm {
                weight: (0..width).map(number).collect(),
                bias: (5..5 + width).map(number).collect(),
            };
            let mut x: Vec<_> = (0..3 * width).map(number).collect();
            x[2 * width] = f32::NAN;
            let apply = |isa| {
                let mut out = vec![0.0; x.len()];
                norm.apply(isa, &x, &mut out);
                out
            };
            let plain = apply(Isa::PORTABLE);
            assert!(plain[2 * width..].iter().all(|y| y.is_nan()));
            for isa in Isa::available() {
                assert_eq!(apply(isa)[..2 * width], plain[..2 * width], "{isa}");
                assert!(apply(isa)[2 * width..].iter().all(|y| y.is_nan()), "{isa}");
            }
        }
    }
}
