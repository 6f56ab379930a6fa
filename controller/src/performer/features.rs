//! Random features of the softmax kernel: FAVOR+ (Choromanski et al., "Rethinking Attention with
//! Performers", ICLR 2021).
//!
//! ```text
//! exp(q'k) = E[ exp(w'q - |q|²/2) exp(w'k - |k|²/2) ],   w ~ N(0, I)
//! ```
//!
//! The `w` are drawn in orthogonal blocks, whose rows keep the lengths of Gaussian vectors: this
//! reduces the variance of the estimate.

use rand::SeedableRng as _;
use rand::distr::Distribution as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Directions `[features, head_width]`: blocks of orthogonal rows with chi-distributed lengths.
pub fn projection(head_width: usize, features: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut gaussian = || -> Vec<f64> {
        (0..head_width)
            .map(|_| StandardNormal.sample(&mut rng))
            .collect()
    };
    let norm = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
    let mut projection = Vec::with_capacity(features * head_width);
    let mut block: Vec<Vec<f64>> = Vec::with_capacity(head_width);
    while projection.len() < features * head_width {
        if block.len() == head_width {
            block.clear();
        }
        let mut direction = gaussian();
        // two passes of Gram-Schmidt suffice (Giraud, Langou, Rozloznik 2005)
        for _ in 0..2 {
            for other in &block {
                let along: f64 = direction.iter().zip(other).map(|(a, b)| a * b).sum();
                for (a, b) in direction.iter_mut().zip(other) {
                    *a -= along * b;
                }
            }
        }
        let length = norm(&direction);
        for a in &mut direction {
            *a /= length;
        }
        let chi = norm(&gaussian());
        projection.extend(direction.iter().map(|a| (chi * a) as f32));
        block.push(direction);
    }
    projection
}
