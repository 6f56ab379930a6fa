//! The gradient of the network equals finite differences of the definition, and the fused operators
//! agree with dfdx's own.

use controller::performer::{PerformerConfig, Weights};
use rand::{RngExt as _, SeedableRng as _};
use training::ops::{Fast, Operators, Plain};
use training::{Batch, Network};

mod reference;

fn network(config: &PerformerConfig, flat: &[f32]) -> Network {
    let mut network = Network::new(&Weights::random(config, 0));
    network.weights_mut().copy_from_slice(flat);
    network
}

fn cotangent(len: usize, seed: u64) -> Vec<f32> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..len).map(|_| rng.random_range(-1.0..1.0_f32)).collect()
}

fn gradient<O: Operators>(network: &Network, batch: &Batch, cotangent: &[f32]) -> Vec<f32> {
    let mut gradient = vec![0.0; network.weights().len()];
    let forward = network.forward_with::<O>(batch).expect("a batch that fits");
    forward
        .backward(cotangent, &mut gradient)
        .expect("a gradient that fits");
    gradient
}

/// Names and ranges of all tensors.
fn ranges(config: &PerformerConfig) -> Vec<(String, std::ops::Range<usize>)> {
    let mut start = 0;
    let range = |(name, shape): (String, Vec<usize>)| {
        let len = shape.iter().product::<usize>();
        start += len;
        (name, start - len..start)
    };
    config.tensors().into_iter().map(range).collect()
}

fn norm(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn fused_gradients_are_those_of_dfdx() {
    for config in reference::configs() {
        let (flat, batch) = reference::example(&config, 3, 2);
        let network = network(&config, &flat);
        let cotangent = cotangent(3 * config.outputs(), 4);
        let fast = gradient::<Fast>(&network, &batch, &cotangent);
        let plain = gradient::<Plain>(&network, &batch, &cotangent);
        for (name, range) in ranges(&config) {
            let difference: Vec<f32> = fast[range.clone()]
                .iter()
                .zip(&plain[range.clone()])
                .map(|(a, b)| a - b)
                .collect();
            let scale = norm(&plain[range]);
            let error = norm(&difference) / scale;
            assert!(scale > 0.0 && error < 1e-4, "{name}: {error}, {scale}");
        }
    }
}

#[test]
fn gradients_are_finite_differences_of_the_definition() {
    for config in reference::configs() {
        let (flat, batch) = reference::example(&config, 2, 6);
        let network = network(&config, &flat);
        let cotangent = cotangent(2 * config.outputs(), 8);
        let exact: Vec<f64> = flat.iter().map(|&w| f64::from(w)).collect();
        let loss = |weights: &[f64]| -> f64 {
            let raw = reference::forward(&config, weights, &batch);
            raw.iter()
                .zip(&cotangent)
                .map(|(x, c)| x * f64::from(*c))
                .sum()
        };
        let gradient = gradient::<Fast>(&network, &batch, &cotangent);
        for (name, range) in ranges(&config) {
            // along the gradient the derivative is its norm, the maximum over all directions
            let length = norm(&gradient[range.clone()]);
            let step = 1e-6;
            let moved = |sign: f64| {
                let mut weights = exact.clone();
                for index in range.clone() {
                    weights[index] += sign * step * f64::from(gradient[index]) / length;
                }
                loss(&weights)
            };
            let slope = (moved(1.0) - moved(-1.0)) / (2.0 * step);
            let error = (slope - length).abs() / length;
            assert!(error < 1e-3, "{name}: {slope}, {length}");
        }
    }
}

#[test]
fn gradients_are_added() {
    let config = PerformerConfig::preset("nano").unwrap();
    let (flat, batch) = reference::example(&config, 2, 10);
    let network = network(&config, &flat);
    let cotangent = cotangent(2 * config.outputs(), 12);
    let once = gradient::<Fast>(&network, &batch, &cotangent);
    let mut twice = once.clone();
    let forward = network.forward(&batch).unwrap();
    forward.backward(&cotangent, &mut twice).unwrap();
    for (once, twice) in once.iter().zip(&twice) {
        assert!((2.0 * once - twice).abs() <= 1e-4 * (1.0 + once.abs()));
    }
}

#[test]
fn a_gradient_is_the_same_every_time() {
    let config = PerformerConfig::preset("nano").unwrap();
    let (flat, batch) = reference::example(&config, 4, 14);
    let network = network(&config, &flat);
    let cotangent = cotangent(4 * config.outputs(), 16);
    let first = gradient::<Fast>(&network, &batch, &cotangent);
    assert_eq!(first, gradient::<Fast>(&network, &batch, &cotangent));
}
