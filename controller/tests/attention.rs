//! Laws of linear attention.
#![allow(clippy::unwrap_used)]

use controller::performer::{AttentionKernel, FeatureMap, Isa, LinearAttention, Rows, projection};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const HEADS: usize = 2;
const HEAD_WIDTH: usize = 16;
const WIDTH: usize = HEADS * HEAD_WIDTH;
const TOKENS: usize = 24;

fn tokens(seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..TOKENS * WIDTH)
        .map(|_| rng.random_range(-1.2..1.2))
        .collect()
}

fn rows(values: &[f32]) -> Rows<'_> {
    Rows {
        values,
        stride: WIDTH,
    }
}

fn linear(kernel: &AttentionKernel, q: &[f32], k: &[f32], v: &[f32]) -> Vec<f32> {
    let map = FeatureMap::new(kernel, HEAD_WIDTH);
    let mut attention = LinearAttention::new(Isa::best(), map, HEADS, HEAD_WIDTH);
    let mut out = vec![0.0; q.len()];
    attention.attend(rows(q), rows(k), rows(v), &mut out);
    out
}

/// Attention by its definition, all pairs, for any kernel of a query and a key.
fn by_pairs(kernel: impl Fn(&[f32], &[f32]) -> f64, q: &[f32], k: &[f32], v: &[f32]) -> Vec<f64> {
    let mut out = vec![0.0; q.len()];
    for (q, out) in q.chunks_exact(WIDTH).zip(out.chunks_exact_mut(WIDTH)) {
        for head in 0..HEADS {
            let part = head * HEAD_WIDTH..(head + 1) * HEAD_WIDTH;
            let weights: Vec<f64> = k
                .chunks_exact(WIDTH)
                .map(|k| kernel(&q[part.clone()], &k[part.clone()]))
                .collect();
            let total: f64 = weights.iter().sum();
            for (weight, v) in weights.iter().zip(v.chunks_exact(WIDTH)) {
                for column in part.clone() {
                    out[column] += weight / total * f64::from(v[column]);
                }
            }
        }
    }
    out
}

fn softmax(q: &[f32], k: &[f32]) -> f64 {
    let along: f64 = q.iter().zip(k).map(|(q, k)| f64::from(q * k)).sum();
    (along / (HEAD_WIDTH as f64).sqrt()).exp()
}

fn distance(a: &[f32], b: &[f64]) -> f64 {
    let square = |(a, b): (&f32, &f64)| (f64::from(*a) - b).powi(2);
    let norm = b.iter().map(|b| b * b).sum::<f64>().sqrt();
    a.iter().zip(b).map(square).sum::<f64>().sqrt() / norm
}

#[test]
fn random_features_approach_softmax_as_one_over_the_root_of_their_number() {
    let counts = [16, 64, 256, 1024];
    let error = |features: usize| {
        let trials = 12;
        let sum: f64 = (0..trials)
            .map(|trial| {
                // the variance of the features grows as the exponential of the squared norms
                let moderate = |seed| tokens(seed).into_iter().map(|x| 0.4 * x).collect();
                let (q, k): (Vec<_>, Vec<_>) = (moderate(6 * trial), moderate(6 * trial + 2));
                let v = tokens(6 * trial + 4);
                let kernel = AttentionKernel::Favor {
                    features,
                    seed: 2 * trial,
                };
                distance(&linear(&kernel, &q, &k, &v), &by_pairs(softmax, &q, &k, &v)).powi(2)
            })
            .sum();
        (sum / trials as f64).sqrt()
    };
    let points: Vec<(f64, f64)> = counts
        .iter()
        .map(|&count| ((count as f64).ln(), error(count).ln()))
        .collect();
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / 4.0;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let rise: f64 = points
        .iter()
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let run: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let slope = rise / run;
    assert!((slope + 0.5).abs() < 0.12, "slope {slope}: {points:?}");
    assert!(points[3].1.exp() < 0.05, "{points:?}");
}

#[test]
fn the_rectifying_kernel_equals_all_pairs() {
    let (q, k, v) = (tokens(2), tokens(4), tokens(6));
    let rectifying = |q: &[f32], k: &[f32]| {
        let g = |x: f32| f64::from(x).max(0.0) + 1e-3;
        q.iter().zip(k).map(|(&q, &k)| g(q) * g(k)).sum()
    };
    let error = distance(
        &linear(&AttentionKernel::Relu, &q, &k, &v),
        &by_pairs(rectifying, &q, &k, &v),
    );
    assert!(error < 1e-5, "{error}");
}

/// The rows in another order.
fn shuffled(values: &[f32]) -> Vec<f32> {
    (0..TOKENS)
        .flat_map(|row| values[(row * 7 + 3) % TOKENS * WIDTH..][..WIDTH].to_vec())
        .collect()
}

#[test]
fn tokens_are_a_set() {
    let (q, k, v) = (tokens(8), tokens(10), tokens(12));
    let favor = AttentionKernel::Favor {
        features: 48,
        seed: 2,
    };
    for kernel in [AttentionKernel::Relu, favor] {
        let out = linear(&kernel, &q, &k, &v);
        let keys_shuffled = linear(&kernel, &q, &shuffled(&k), &shuffled(&v));
        let all_shuffled = linear(&kernel, &shuffled(&q), &shuffled(&k), &shuffled(&v));
        let expected: Vec<f64> = out.iter().copied().map(f64::from).collect();
        assert!(distance(&keys_shuffled, &expected) < 1e-5);
        let expected: Vec<f64> = shuffled(&out).into_iter().map(f64::from).collect();
        assert!(distance(&all_shuffled, &expected) < 1e-5);
    }
}

#[test]
fn equal_values_are_returned_whatever_the_weights() {
    let (q, k) = (tokens(14), tokens(16));
    let v: Vec<f32> = tokens(18)[..WIDTH].repeat(TOKENS);
    let out = linear(&AttentionKernel::Relu, &q, &k, &v);
    let expected: Vec<f64> = v.iter().copied().map(f64::from).collect();
    assert!(distance(&out, &expected) < 1e-4);
}

#[test]
fn directions_are_orthogonal_within_a_block_and_as_long_as_gaussian_vectors() {
    let (width, features) = (16, 1024);
    let projection = projection(width, features, 2);
    assert_eq!(projection.len(), width * features);
    let row = |index: usize| &projection[index * width..][..width];
    let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    for block in 0..features / width {
        for i in 0..width {
            for j in 0..i {
                let along = dot(row(block * width + i), row(block * width + j));
                assert!(along.abs() < 1e-4, "{along}");
            }
        }
    }
    let square = dot(&projection, &projection) / features as f32;
    assert!((square / width as f32 - 1.0).abs() < 0.06, "{square}");
}
