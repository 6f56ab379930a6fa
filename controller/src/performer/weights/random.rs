//! Random initialisation of weights for training.
//!
//! Matrices are truncated normal with variance `1 / inputs`, those at the end of a residual branch
//! smaller by `sqrt(2 layers)`, so that the magnitude of tokens does not grow with depth. The last
//! bias is a meaningful initial cost or path: straight toward the goal.

use rand::SeedableRng as _;
use rand::distr::Distribution as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::Weights;
use crate::cost::{FEATURES, KNOT_LEN};
use crate::performer::{Head, PerformerConfig};

/// Distance of the end point of the initial cost or path, m.
const START_REACH_M: f64 = 1.5;
/// Speed of the initial cost or path, m/s.
const START_SPEED_MPS: f64 = 0.5;
/// Diagonal of the factors of the initial cost.
const START_FACTOR: [f64; FEATURES] = [1.0, 1.0, 0.5, 0.5, 0.3, 0.2];
/// Maximum magnitude of initial parameters, as a share of their limits.
const NEAREST_TO_LIMIT: f64 = 0.95;

impl Weights {
    /// Random weights of a valid shape; the same seed gives the same weights.
    pub fn random(config: &PerformerConfig, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let tensors = config
            .tensors()
            .iter()
            .map(|(name, shape)| {
                let len = shape.iter().product();
                match fill(config, name, shape) {
                    Fill::Normal(deviation) => (0..len)
                        .map(|_| (deviation * truncated_normal(&mut rng)) as f32)
                        .collect(),
                    Fill::Constant(value) => vec![value; len],
                    Fill::Start => match config.head {
                        Head::Cost => starting_cost(config),
                        Head::Path => starting_path(config),
                    },
                }
            })
            .collect();
        Self {
            config: config.clone(),
            tensors,
        }
    }
}

/// Initialisation of a tensor.
enum Fill {
    Normal(f64),
    Constant(f32),
    Start,
}

fn fill(config: &PerformerConfig, name: &str, shape: &[usize]) -> Fill {
    let xavier = 1.0 / (shape[0] as f64).sqrt();
    let (owner, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    match (owner, kind) {
        ("position", _) => Fill::Normal(0.02),
        ("head.1", "weight") => Fill::Normal(0.02 * xavier),
        ("head.1", _) => Fill::Start,
        (_, "weight") if owner.contains("norm") => Fill::Constant(1.0),
        (_, "bias") => Fill::Constant(0.0),
        _ if owner.ends_with("out") || owner.ends_with("mlp.1") => {
            Fill::Normal(xavier / (2.0 * config.layers as f64).sqrt())
        }
        _ => Fill::Normal(xavier),
    }
}

/// A standard normal sample, truncated at two standard deviations.
fn truncated_normal(rng: &mut ChaCha8Rng) -> f64 {
    loop {
        let value: f64 = StandardNormal.sample(rng);
        if value.abs() <= 2.0 {
            return value;
        }
    }
}

/// The inverse of the bounding function of raw outputs.
fn raw(value: f64, limit: f64) -> f32 {
    let share = (value / limit).clamp(-NEAREST_TO_LIMIT, NEAREST_TO_LIMIT);
    (limit * share.atanh()) as f32
}

/// State `z` at a knot of a straight motion toward the goal.
fn straight(knot: usize, knots: usize) -> [f64; FEATURES] {
    let share = if knots > 1 {
        knot as f64 / (knots - 1) as f64
    } else {
        1.0
    };
    [START_REACH_M * share, 0.0, 1.0, 0.0, START_SPEED_MPS, 0.0]
}

/// Raw outputs of the initial cost, straight toward the goal.
fn starting_cost(config: &PerformerConfig) -> Vec<f32> {
    let cost = &config.cost;
    let mut bias = vec![0.0; cost.outputs()];
    for (knot, bias) in bias.chunks_exact_mut(KNOT_LEN).enumerate() {
        let reference = straight(knot, cost.knots);
        let mut diagonal = FEATURES;
        for entry in 0..FEATURES {
            bias[entry] = raw(reference[entry], cost.reference_max[entry]);
            bias[diagonal] = raw(START_FACTOR[entry], cost.factor_max);
            diagonal += entry + 2;
        }
    }
    bias
}

/// Raw outputs of the initial path, straight toward the goal.
fn starting_path(config: &PerformerConfig) -> Vec<f32> {
    let path = &config.path;
    (0..path.knots)
        .flat_map(|knot| {
            straight(knot, path.knots)
                .into_iter()
                .zip(path.reference_max)
        })
        .map(|(value, limit)| raw(value, limit))
        .collect()
}
