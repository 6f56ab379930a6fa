//! Reference implementation of the Performer: the definition in scalar operations and double
//! precision.

use controller::performer::{AttentionKernel, PerformerConfig, STATE_LEN, projection};
use training::Batch;

/// Weights by name, in double precision.
struct Named<'a> {
    names: Vec<(String, Vec<usize>)>,
    weights: &'a [f64],
}

impl Named<'_> {
    fn get(&self, name: &str) -> &[f64] {
        let mut start = 0;
        for (known, shape) in &self.names {
            let len = shape.iter().product::<usize>();
            if known == name {
                return &self.weights[start..start + len];
            }
            start += len;
        }
        panic!("no tensor {name}");
    }

    fn linear(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let weight = self.get(&format!("{name}.weight"));
        let mut y = self.get(&format!("{name}.bias")).to_vec();
        let outputs = y.len();
        for (i, x) in x.iter().enumerate() {
            for (j, y) in y.iter_mut().enumerate() {
                *y += x * weight[i * outputs + j];
            }
        }
        y
    }

    fn norm(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let gain = self.get(&format!("{name}.weight"));
        let offset = self.get(&format!("{name}.bias"));
        let width = x.len() as f64;
        let mean = x.iter().sum::<f64>() / width;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width;
        let entries = x.iter().zip(gain).zip(offset);
        entries
            .map(|((x, gain), offset)| (x - mean) / (variance + 1e-5).sqrt() * gain + offset)
            .collect()
    }
}

fn relu(x: Vec<f64>) -> Vec<f64> {
    x.into_iter().map(|x| x.max(0.0)).collect()
}

fn add(x: &[f64], y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| x + y).collect()
}

/// Features of the rows of one head.
fn features(config: &PerformerConfig, rows: &[&[f64]], are_keys: bool) -> Vec<Vec<f64>> {
    let e = config.head_width();
    let AttentionKernel::Favor { features, seed } = config.attention else {
        return rows
            .iter()
            .map(|row| row.iter().map(|x| x.max(0.0) + 1e-3).collect())
            .collect();
    };
    let directions = projection(e, features, seed);
    let scale = (e as f64).powf(-0.25);
    let exponents: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            let half_square = row.iter().map(|x| (x * scale).powi(2)).sum::<f64>() / 2.0;
            directions
                .chunks(e)
                .map(|w| {
                    let along: f64 = w.iter().zip(*row).map(|(w, x)| f64::from(*w) * x).sum();
                    along * scale - half_square
                })
                .collect()
        })
        .collect();
    let most = |row: &Vec<f64>| row.iter().copied().fold(f64::MIN, f64::max);
    let most_of_all = exponents.iter().map(most).fold(f64::MIN, f64::max);
    exponents
        .iter()
        .map(|row| {
            let c = if are_keys { most_of_all } else { most(row) };
            row.iter()
                .map(|x| (x - c).exp() / (features as f64).sqrt())
                .collect()
        })
        .collect()
}

fn attention(config: &PerformerConfig, qkv: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (d, e) = (config.width, config.head_width());
    let mut out = vec![vec![0.0; d]; qkv.len()];
    for head in 0..config.heads {
        let third = |third: usize| -> Vec<&[f64]> {
            qkv.iter()
                .map(|row| &row[third * d + head * e..][..e])
                .collect()
        };
        let q = features(config, &third(0), false);
        let k = features(config, &third(1), true);
        let v = third(2);
        for (q, out) in q.iter().zip(&mut out) {
            let similar = |k: &Vec<f64>| -> f64 { q.iter().zip(k).map(|(q, k)| q * k).sum() };
            let total: f64 = k.iter().map(similar).sum::<f64>() + 1e-6;
            for (k, v) in k.iter().zip(&v) {
                for (out, v) in out[head * e..][..e].iter_mut().zip(*v) {
                    *out += similar(k) * v / total;
                }
            }
        }
    }
    out
}

/// Raw outputs of a batch.
pub fn forward(config: &PerformerConfig, weights: &[f64], batch: &Batch) -> Vec<f64> {
    let named = Named {
        names: config.tensors(),
        weights,
    };
    let patches = batch.patches(config);
    let mut raw = Vec::new();
    for sample in 0..batch.len {
        let state: Vec<f64> = batch.states[sample * STATE_LEN..][..STATE_LEN]
            .iter()
            .map(|&x| f64::from(x))
            .collect();
        let state = named.linear("state.1", &relu(named.linear("state.0", &state)));
        let mut x: Vec<Vec<f64>> = (0..config.tokens())
            .map(|token| {
                let start = (sample * config.tokens() + token) * config.patch_len();
                let patch: Vec<f64> = patches[start..start + config.patch_len()]
                    .iter()
                    .map(|&x| f64::from(x))
                    .collect();
                let position = &named.get("position")[token * config.width..][..config.width];
                add(&add(&named.linear("patch", &patch), position), &state)
            })
            .collect();
        for layer in 0..config.layers {
            let name = |part: &str| format!("layers.{layer}.{part}");
            let qkv: Vec<Vec<f64>> = x
                .iter()
                .map(|x| named.linear(&name("qkv"), &named.norm(&name("norm1"), x)))
                .collect();
            for (x, attended) in x.iter_mut().zip(attention(config, &qkv)) {
                *x = add(x, &named.linear(&name("out"), &attended));
                let hidden = relu(named.linear(&name("mlp.0"), &named.norm(&name("norm2"), x)));
                *x = add(x, &named.linear(&name("mlp.1"), &hidden));
            }
        }
        let readout = named.norm("norm", &x[config.readout()]);
        raw.extend(named.linear("head.1", &relu(named.linear("head.0", &readout))));
    }
    raw
}

/// A small configuration with a kernel, weights without symmetry, and inputs.
pub fn example(config: &PerformerConfig, views: usize, seed: u64) -> (Vec<f32>, Batch) {
    use rand::{RngExt as _, SeedableRng as _};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut weights = Vec::new();
    for (name, shape) in config.tensors() {
        let len = shape.iter().product::<usize>();
        let scale = if shape.len() == 2 && name != "position" {
            1.5 / (shape[0] as f32).sqrt()
        } else {
            0.3
        };
        let centre = if name.contains("norm") && name.ends_with("weight") {
            1.0
        } else {
            0.0
        };
        weights.extend((0..len).map(|_| centre + scale * rng.random_range(-1.0..1.0_f32)));
    }
    let batch = Batch {
        images: (0..views * config.tokens() * config.patch_len())
            .map(|_| rng.random_range(0..=255_u8))
            .collect(),
        states: (0..views * STATE_LEN)
            .map(|_| rng.random_range(-1.0..1.0_f32))
            .collect(),
        len: views,
    };
    (weights, batch)
}

/// Nano, with both kernels.
pub fn configs() -> [PerformerConfig; 2] {
    let relu = PerformerConfig::preset("nano").expect("a preset");
    let mut favor = relu.clone();
    favor.attention = AttentionKernel::Favor {
        features: 24,
        seed: 6,
    };
    [relu, favor]
}
