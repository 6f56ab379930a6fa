//! Layer normalisation (Ba, Kiros, Hinton 2016), token by token.
//!
//! ```text
//! y = (x - mean) / sqrt(variance + ε) · weight + bias
//! ```

/// Keeps a constant token from dividing by zero.
const NORM_EPSILON: f32 = 1e-5;

/// Scale and shift after a token was brought to mean 0 and variance 1.
#[derive(Debug, Clone)]
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Norm {
    /// Writes the normalised rows of `x` into `out`.
    pub(super) fn apply(&self, x: &[f32], out: &mut [f32]) {
        let width = self.weight.len();
        for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let mean = sum(x, |x| x) / width as f32;
            let variance = sum(x, |x| (x - mean) * (x - mean)) / width as f32;
            let scale = (variance + NORM_EPSILON).sqrt().recip();
            let affine = self.weight.iter().zip(&self.bias);
            for ((out, x), (weight, bias)) in out.iter_mut().zip(x).zip(affine) {
                *out = (x - mean) * scale * weight + bias;
            }
        }
    }
}

/// Sums in lanes, which the compiler can lay side by side.
fn sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<16>();
    let mut lanes = [0.0; 16];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += term(value);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|&value| term(value)).sum::<f32>()
}
