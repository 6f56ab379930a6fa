//! The trained network equals its definition and the robot's engine.

use controller::performer::{Performer, PerformerConfig, STATE_LEN, View, Weights};
use perception::Pose2;
use training::ops::Plain;
use training::{Batch, Network};

mod reference;

/// Tensors of a flat list of weights.
fn weights(config: &PerformerConfig, flat: &[f32]) -> Weights {
    let mut start = 0;
    let tensors = config.tensors().into_iter().map(|(_, shape)| {
        let len = shape.iter().product::<usize>();
        start += len;
        flat[start - len..start].to_vec()
    });
    Weights::new(config.clone(), tensors.collect()).expect("weights that fit")
}

fn assert_close(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs() / (1.0 + expected.abs());
        assert!(error < tolerance, "{what}, {index}: {found}, {expected}");
    }
}

#[test]
fn both_operator_sets_compute_the_definition() {
    for config in reference::configs() {
        let (flat, batch) = reference::example(&config, 3, 2);
        let network = Network::new(&weights(&config, &flat));
        let exact: Vec<f64> = flat.iter().map(|&w| f64::from(w)).collect();
        let expected: Vec<f32> = reference::forward(&config, &exact, &batch)
            .iter()
            .map(|&x| x as f32)
            .collect();
        let fast = network.forward(&batch).unwrap();
        let plain = network.forward_with::<Plain>(&batch).unwrap();
        assert_close(fast.raw(), &expected, 1e-4, "fast");
        assert_close(plain.raw(), &expected, 1e-4, "plain");
    }
}

#[test]
fn the_robot_computes_the_same() {
    let small = ["nano", "small", "base"].map(|name| PerformerConfig::preset(name).unwrap());
    for config in small.into_iter().chain(reference::configs()) {
        let (flat, batch) = reference::example(&config, 2, 4);
        let weights = weights(&config, &flat);
        let mut robot = Performer::new(&weights);
        let forward = Network::new(&weights).forward(&batch).unwrap();
        let image = batch.images.len() / batch.len;
        let outputs = config.outputs();
        for sample in 0..batch.len {
            let mut state = [0.0; STATE_LEN];
            state.copy_from_slice(&batch.states[sample * STATE_LEN..][..STATE_LEN]);
            let view = View {
                image: batch.images[sample * image..][..image].to_vec(),
                state,
                odom_from_view: Pose2::default(),
            };
            let found = &forward.raw()[sample * outputs..][..outputs];
            assert_close(found, robot.forward(&view), 1e-4, "robot");
        }
    }
}

#[test]
fn a_batch_is_its_samples() {
    let config = PerformerConfig::preset("nano").unwrap();
    let (flat, batch) = reference::example(&config, 3, 6);
    let network = Network::new(&weights(&config, &flat));
    let together = network.forward(&batch).unwrap();
    let image = batch.images.len() / batch.len;
    for sample in 0..batch.len {
        let one = Batch {
            images: batch.images[sample * image..][..image].to_vec(),
            states: batch.states[sample * STATE_LEN..][..STATE_LEN].to_vec(),
            len: 1,
        };
        let alone = network.forward(&one).unwrap();
        let outputs = alone.raw().len();
        let expected = &together.raw()[sample * outputs..][..outputs];
        assert_close(alone.raw(), expected, 1e-5, "alone");
    }
}

#[test]
fn weights_go_in_and_out_unchanged() {
    let config = PerformerConfig::preset("nano").unwrap();
    let weights = Weights::random(&config, 8);
    let network = Network::new(&weights);
    assert_eq!(network.weights().len(), config.parameters());
    assert_eq!(network.to_weights().unwrap(), weights);
}

#[test]
fn a_batch_of_another_shape_is_refused() {
    let config = PerformerConfig::preset("nano").unwrap();
    let network = Network::new(&Weights::random(&config, 0));
    let (_, mut batch) = reference::example(&config, 2, 0);
    batch.states.pop();
    let error = network.forward(&batch).err().unwrap().to_string();
    assert_eq!(error, "states of a batch: expected 16 numbers, found 15");
}
