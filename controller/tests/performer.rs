//! The network against its definition, written out in double precision.
#![allow(clippy::unwrap_used)]

use controller::performer::{
    AttentionKernel, Backend, Isa, Kernel, Performer, PerformerConfig, STATE_LEN, View, Weights,
    projection,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The network as the papers have it: all tokens in all layers, attention by all pairs.
struct Definition<'a> {
    weights: &'a Weights,
}

type Matrix = Vec<Vec<f64>>;

impl Definition<'_> {
    fn tensor(&self, name: &str) -> Vec<f64> {
        let values = self.weights.get(name).unwrap();
        values.iter().copied().map(f64::from).collect()
    }

    fn linear(&self, name: &str, x: &Matrix) -> Matrix {
        let weight = self.tensor(&format!("{name}.weight"));
        let bias = self.tensor(&format!("{name}.bias"));
        x.iter()
            .map(|x| {
                let mut y = bias.clone();
                for (x, row) in x.iter().zip(weight.chunks_exact(bias.len())) {
                    y.iter_mut().zip(row).for_each(|(y, w)| *y += x * w);
                }
                y
            })
            .collect()
    }

    fn mlp(&self, name: &str, x: &Matrix) -> Matrix {
        let mut hidden = self.linear(&format!("{name}.0"), x);
        hidden.iter_mut().flatten().for_each(|x| *x = x.max(0.0));
        self.linear(&format!("{name}.1"), &hidden)
    }

    fn norm(&self, name: &str, x: &Matrix) -> Matrix {
        let weight = self.tensor(&format!("{name}.weight"));
        let bias = self.tensor(&format!("{name}.bias"));
        let d = weight.len() as f64;
        x.iter()
            .map(|x| {
                let mean = x.iter().sum::<f64>() / d;
                let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / d;
                let scale = 1.0 / (variance + 1e-5).sqrt();
                let affine = weight.iter().zip(&bias);
                x.iter()
                    .zip(affine)
                    .map(|(x, (w, b))| (x - mean) * scale * w + b)
                    .collect()
            })
            .collect()
    }

    /// Features of keys or queries; the former share their stabiliser.
    fn features(&self, rows: &[&[f64]], are_keys: bool) -> Matrix {
        let AttentionKernel::Favor { features, seed } = self.weights.config().attention else {
            let rectified = |x: &f64| x.max(0.0) + 1e-3;
            return rows
                .iter()
                .map(|row| row.iter().map(rectified).collect())
                .collect();
        };
        let width = rows[0].len();
        let projection = projection(width, features, seed);
        let mut exponents: Matrix = Vec::new();
        for row in rows {
            let scale = (width as f64).powf(-0.25);
            let u: Vec<f64> = row.iter().map(|x| scale * x).collect();
            let half_square = 0.5 * u.iter().map(|u| u * u).sum::<f64>();
            let along =
                |w: &[f32]| -> f64 { w.iter().zip(&u).map(|(w, u)| f64::from(*w) * u).sum() };
            let directions = projection.chunks_exact(width);
            exponents.push(directions.map(|w| along(w) - half_square).collect());
        }
        let highest = |row: &Vec<f64>| row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let of_all = exponents
            .iter()
            .map(highest)
            .fold(f64::NEG_INFINITY, f64::max);
        for row in &mut exponents {
            let c = if are_keys { of_all } else { highest(row) };
            for x in row {
                *x = (*x - c).exp() / (features as f64).sqrt();
            }
        }
        exponents
    }

    fn attention(&self, qkv: &Matrix) -> Matrix {
        let config = self.weights.config();
        let (d, e) = (config.width, config.head_width());
        let mut out = vec![vec![0.0; d]; qkv.len()];
        for head in 0..config.heads {
            let part = |third: usize| third * d + head * e..third * d + (head + 1) * e;
            let rows =
                |third: usize| -> Vec<&[f64]> { qkv.iter().map(|row| &row[part(third)]).collect() };
            let queries = self.features(&rows(0), false);
            let keys = self.features(&rows(1), true);
            for (query, out) in queries.iter().zip(&mut out) {
                let weights: Vec<f64> = keys
                    .iter()
                    .map(|key| key.iter().zip(query).map(|(k, q)| k * q).sum())
                    .collect();
                let total = weights.iter().sum::<f64>() + 1e-6;
                for (weight, row) in weights.iter().zip(qkv) {
                    for (out, v) in out[head * e..].iter_mut().zip(&row[part(2)]) {
                        *out += weight / total * v;
                    }
                }
            }
        }
        out
    }

    fn forward(&self, view: &View) -> Vec<f64> {
        let config = self.weights.config();
        let (cells, patch) = (config.view.cells, config.patch);
        let side = cells / patch;
        let patches: Matrix = (0..config.tokens())
            .map(|token| {
                let mut numbers = Vec::new();
                for channel in 0..config.view.channels() {
                    for row in 0..patch {
                        for column in 0..patch {
                            let (y, x) =
                                (token / side * patch + row, token % side * patch + column);
                            let value = view.image[(channel * cells + y) * cells + x];
                            numbers.push(f64::from(value) / 255.0);
                        }
                    }
                }
                numbers
            })
            .collect();
        let state = vec![view.state.iter().copied().map(f64::from).collect()];
        let state = &self.mlp("state", &state)[0];
        let position = self.tensor("position");
        let mut x = self.linear("patch", &patches);
        for (x, position) in x.iter_mut().zip(position.chunks_exact(config.width)) {
            for ((x, position), state) in x.iter_mut().zip(position).zip(state) {
                *x += position + state;
            }
        }
        let add = |x: &mut Matrix, y: Matrix| {
            let all = x.iter_mut().flatten().zip(y.into_iter().flatten());
            all.for_each(|(x, y)| *x += y);
        };
        for layer in 0..config.layers {
            let name = |part: &str| format!("layers.{layer}.{part}");
            let qkv = self.linear(&name("qkv"), &self.norm(&name("norm1"), &x));
            add(&mut x, self.linear(&name("out"), &self.attention(&qkv)));
            let inner = self.norm(&name("norm2"), &x);
            add(&mut x, self.mlp(&name("mlp"), &inner));
        }
        let y = self.norm("norm", &x);
        self.mlp("head", &y)[config.readout()].clone()
    }
}

/// Weights without the gentle beginning, so that every part matters.
fn weights(config: &PerformerConfig, seed: u64) -> Weights {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors = Weights::random(config, seed).into_tensors();
    for ((name, _), values) in config.tensors().iter().zip(&mut tensors) {
        for value in values {
            if name.ends_with("bias") || name.contains("norm") || name == "position" {
                *value += rng.random_range(-0.3..0.3);
            } else if name == "head.1.weight" {
                *value *= 50.0;
            }
        }
    }
    Weights::new(config.clone(), tensors).unwrap()
}

fn view(config: &PerformerConfig, seed: u64) -> View {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let len = config.view.channels() * config.view.cells * config.view.cells;
    let mut state = [0.0; STATE_LEN];
    state.fill_with(|| rng.random_range(-1.0..1.0));
    View {
        image: (0..len).map(|_| rng.random()).collect(),
        state,
        ..View::default()
    }
}

fn shapes() -> Vec<PerformerConfig> {
    let nano = PerformerConfig::preset("nano").unwrap();
    let mut favor = nano.clone();
    favor.attention = AttentionKernel::Favor {
        features: 40,
        seed: 2,
    };
    let mut odd = nano.clone();
    (odd.view.cells, odd.patch) = (15, 5);
    (odd.width, odd.heads, odd.layers, odd.mlp_width) = (33, 3, 3, 47);
    odd.view.history_s.clear();
    odd.cost.knots = 1;
    vec![nano, favor, odd]
}

fn distance(a: &[f32], b: &[f64]) -> f64 {
    let square = |(a, b): (&f32, &f64)| (f64::from(*a) - b).powi(2);
    let norm = b.iter().map(|b| b * b).sum::<f64>().sqrt();
    a.iter().zip(b).map(square).sum::<f64>().sqrt() / norm
}

#[test]
fn the_forward_pass_equals_its_definition() {
    for (config, seed) in shapes().iter().zip([2, 4, 6]) {
        let weights = weights(config, seed);
        let definition = Definition { weights: &weights };
        for (kernel, tolerance) in [
            (Kernel::Reference, 1e-5),
            (Kernel::Bf16, 0.02),
            (Kernel::Int8, 0.05),
        ] {
            for seed in [8, 10] {
                let view = view(config, seed);
                let expected = definition.forward(&view);
                for isa in Isa::available() {
                    let mut performer = Performer::with_backend(&weights, Backend { kernel, isa });
                    let error = distance(performer.forward(&view), &expected);
                    assert!(error < tolerance, "{isa} {kernel:?} {error} {config:?}");
                }
            }
        }
    }
}

#[test]
fn a_run_has_no_effect_on_the_next_one() {
    for config in shapes() {
        let weights = weights(&config, 2);
        for kernel in [Kernel::Reference, Kernel::Bf16, Kernel::Int8] {
            for isa in Isa::available() {
                let mut performer = Performer::with_backend(&weights, Backend { kernel, isa });
                let first = performer.forward(&view(&config, 4)).to_vec();
                performer.forward(&view(&config, 6));
                assert_eq!(performer.forward(&view(&config, 4)), first);
            }
        }
    }
}

#[test]
fn every_patch_and_every_state_matters() {
    let config = PerformerConfig::preset("nano").unwrap();
    let mut performer = Performer::new(&weights(&config, 2));
    let seen = view(&config, 4);
    let before = performer.forward(&seen).to_vec();
    let cells = config.view.cells;
    for token in 0..config.tokens() {
        let mut other = seen.clone();
        let side = cells / config.patch;
        let (row, column) = (token / side * config.patch, token % side * config.patch);
        other.image[row * cells + column] ^= 0xff;
        assert_ne!(performer.forward(&other), before, "token {token}");
    }
    for entry in 0..STATE_LEN {
        let mut other = seen.clone();
        other.state[entry] += 0.1;
        assert_ne!(performer.forward(&other), before, "state {entry}");
    }
}
