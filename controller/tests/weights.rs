//! Weights come back from their file as they went in, and a file that does not fit is refused.
#![allow(clippy::unwrap_used)]

use controller::CostParameters;
use controller::performer::{
    Head, Performer, PerformerConfig, Precision, View, WEIGHT_MAX, Weights, WeightsError,
};
use serde_json::{Value, json};

fn weights() -> Weights {
    Weights::random(&PerformerConfig::preset("nano").unwrap(), 2)
}

/// A file with its header changed, and without a checksum.
fn edited(edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let bytes = weights().to_safetensors(Precision::F32, "");
    let end = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..end]).unwrap();
    let metadata = header["__metadata__"].as_object_mut().unwrap();
    metadata.remove("sha256").unwrap();
    edit(&mut header);
    let header = header.to_string();
    let mut edited = (header.len() as u64).to_le_bytes().to_vec();
    edited.extend(header.bytes());
    edited.extend(&bytes[end..]);
    edited
}

/// Why a file without a checksum is not given one.
fn refusal(bytes: &[u8]) -> WeightsError {
    Weights::sealed(bytes).unwrap_err()
}

#[test]
fn single_precision_round_trips_bit_by_bit() {
    let weights = weights();
    let bytes = weights.to_safetensors(Precision::F32, r#"{"seed": 2}"#);
    assert_eq!(Weights::from_safetensors(&bytes).unwrap(), weights);
    assert_eq!(Weights::card(&bytes).unwrap(), r#"{"seed": 2}"#);
    assert_eq!(
        weights.to_safetensors(Precision::F32, r#"{"seed": 2}"#),
        bytes
    );
}

#[test]
fn half_precision_is_half_the_size_and_within_a_part_in_256() {
    let weights = weights();
    let full = weights.to_safetensors(Precision::F32, "");
    let half = weights.to_safetensors(Precision::Bf16, "");
    assert!(half.len() < full.len() * 6 / 10);
    let back = Weights::from_safetensors(&half).unwrap();
    for (before, after) in weights.tensors().iter().zip(back.tensors()) {
        for (before, after) in before.iter().zip(after) {
            assert!((before - after).abs() <= before.abs() / 256.0);
        }
    }
    assert_eq!(back.to_safetensors(Precision::Bf16, ""), half);
}

#[test]
fn a_widened_network_has_the_same_output_for_any_path() {
    let mut narrow = PerformerConfig::preset("nano").unwrap();
    narrow.view.route = false;
    let wide = PerformerConfig::preset("nano").unwrap();
    let before = Weights::random(&narrow, 2);
    let after = before.widened(&wide).unwrap();
    assert_eq!(after.config(), &wide);
    let area = wide.view.cells * wide.view.cells;
    let pixel = |index: usize| (index * 7919 % 256) as u8;
    let mut view = View {
        image: (0..narrow.view.channels() * area).map(pixel).collect(),
        state: [0.5, -0.25, 1.0, 0.125, 0.75, -0.5, 0.25, 0.0],
        ..View::default()
    };
    let output = |weights: &Weights, view: &View| Performer::new(weights).forward(view).to_vec();
    let said = output(&before, &view);
    view.image.extend((0..area).map(|index| pixel(3 * index)));
    for (one, other) in said.iter().zip(output(&after, &view)) {
        assert!((one - other).abs() < 1e-5, "{one} {other}");
    }
    let other = PerformerConfig::preset("mini").unwrap();
    assert!(matches!(
        before.widened(&other),
        Err(WeightsError::Other { .. })
    ));
    assert!(matches!(
        after.widened(&narrow),
        Err(WeightsError::Other { .. })
    ));
}

#[test]
fn a_trunk_keeps_its_weights_under_another_head() {
    let cost = PerformerConfig::preset("nano").unwrap();
    let before = Weights::random(&cost, 2);
    assert_eq!(before.with_head(Head::Cost, 4), before);
    let after = before.with_head(Head::Path, 4);
    let path = PerformerConfig {
        head: Head::Path,
        ..cost
    };
    assert_eq!(after.config(), &path);
    let fresh = Weights::random(&path, 4);
    for (name, _) in path.tensors() {
        let from = if name.starts_with("head.") {
            &fresh
        } else {
            &before
        };
        assert_eq!(after.get(&name), from.get(&name), "{name}");
    }
}

#[test]
fn the_same_seed_gives_the_same_weights() {
    let config = PerformerConfig::preset("nano").unwrap();
    assert_eq!(weights(), Weights::random(&config, 2));
    assert_ne!(weights(), Weights::random(&config, 4));
}

#[test]
fn random_weights_start_with_a_cost_toward_the_goal() {
    let weights = weights();
    let cost = &weights.config().cost;
    let mut parameters = CostParameters::default();
    cost.bound(weights.get("head.1.bias").unwrap(), &mut parameters);
    let close = |found: &[f64], expected: &[f64]| {
        let error = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        assert!(error.fold(0.0, f64::max) < 1e-5, "{found:?}");
    };
    close(parameters.reference(0), &[0.0, 0.0, 1.0, 0.0, 0.5, 0.0]);
    close(parameters.reference(3), &[1.5, 0.0, 1.0, 0.0, 0.5, 0.0]);
    let mut factor = [0.0; 21];
    for (index, value) in [(0, 1.0), (2, 1.0), (5, 0.5), (9, 0.5), (14, 0.3), (20, 0.2)] {
        factor[index] = value;
    }
    close(parameters.factor(2), &factor);
}

#[test]
fn every_cut_is_refused() {
    let bytes = weights().to_safetensors(Precision::Bf16, "");
    for length in [0, 4, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        let error = Weights::from_safetensors(&bytes[..length]).unwrap_err();
        assert!(matches!(error, WeightsError::File { .. }));
    }
}

#[test]
fn a_file_without_a_shape_is_refused() {
    let file = edited(|header| {
        header["__metadata__"]
            .as_object_mut()
            .unwrap()
            .remove("config");
    });
    assert!(matches!(refusal(&file), WeightsError::NoConfig));
    let file = edited(|header| header["__metadata__"]["config"] = json!("{}"));
    assert!(matches!(refusal(&file), WeightsError::Config(_)));
    let mut config = PerformerConfig::preset("nano").unwrap();
    config.patch = 7;
    let config = json!(config).to_string();
    let file = edited(|header| header["__metadata__"]["config"] = json!(config));
    assert!(matches!(refusal(&file), WeightsError::Settings(_)));
}

#[test]
fn a_shape_that_names_no_head_is_one_of_a_cost() {
    let file = edited(|header| {
        let entry = &mut header["__metadata__"]["config"];
        let mut config: Value = serde_json::from_str(entry.as_str().unwrap()).unwrap();
        for key in ["head", "path"] {
            assert!(config.as_object_mut().unwrap().remove(key).is_some());
        }
        *entry = json!(config.to_string());
    });
    let sealed = Weights::sealed(&file).unwrap();
    assert_eq!(Weights::from_safetensors(&sealed).unwrap(), weights());
}

#[test]
fn tensors_that_do_not_fit_are_refused_by_name() {
    let rename = |header: &mut Value, to: &str| {
        let tensor = header.as_object_mut().unwrap().remove("norm.bias").unwrap();
        header[to] = tensor;
    };
    let error = refusal(&edited(|header| rename(header, "nrom.bias")));
    assert!(matches!(&error, WeightsError::Extra { tensor } if tensor == "nrom.bias"));

    let mut shorter = PerformerConfig::preset("nano").unwrap();
    shorter.layers = 3;
    let shorter = json!(shorter).to_string();
    let error = refusal(&edited(|header| {
        header["__metadata__"]["config"] = json!(shorter);
    }));
    assert!(
        matches!(&error, WeightsError::Missing { tensor, .. } if tensor == "layers.2.qkv.weight"),
        "{error}"
    );

    let error = refusal(&edited(|header| {
        header["state.0.weight"]["shape"] = json!([32, 8]);
    }));
    assert_eq!(
        error.to_string(),
        "tensor state.0.weight has shape [32, 8]: expected [8, 32]"
    );

    let error = refusal(&edited(|header| header["position"]["dtype"] = json!("I32")));
    assert_eq!(
        error.to_string(),
        "tensor position holds I32: expected F32 or BF16"
    );
}

#[test]
fn a_bit_flipped_anywhere_is_found() {
    let bytes = weights().to_safetensors(Precision::Bf16, r#"{"seed": 2}"#);
    let end = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = 0..end;
    let data = (end..bytes.len()).step_by(397);
    for byte in header.chain(data) {
        let mut flipped = bytes.clone();
        flipped[byte] ^= 1 << (byte % 8);
        assert!(Weights::from_safetensors(&flipped).is_err(), "byte {byte}");
    }
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let message = Weights::from_safetensors(&flipped).unwrap_err().to_string();
    assert!(
        message.starts_with("weights are damaged: sha256 is "),
        "{message}"
    );
    assert!(
        message.ends_with("copy the file again from its source"),
        "{message}"
    );
    assert_eq!(Weights::sealed(&flipped).unwrap_err().to_string(), message);
}

#[test]
fn a_file_without_a_checksum_is_refused_until_it_is_sealed() {
    let whole = weights().to_safetensors(Precision::F32, "");
    let bare = edited(|_| {});
    let message = Weights::from_safetensors(&bare).unwrap_err().to_string();
    assert!(
        message.contains("`performer-mpc model seal FILE`"),
        "{message}"
    );
    assert_eq!(Weights::sealed(&bare).unwrap(), whole);
    assert_eq!(Weights::sealed(&whole).unwrap(), whole);
}

#[test]
fn a_card_of_zeros_does_not_confuse_the_seal() {
    let zeros = "0".repeat(200);
    let bytes = weights().to_safetensors(Precision::F32, &zeros);
    assert_eq!(Weights::from_safetensors(&bytes).unwrap(), weights());
}

#[test]
fn implausible_weights_are_rejected() {
    let config = PerformerConfig::preset("nano").unwrap();
    for absurd in [f32::NAN, f32::NEG_INFINITY, 1.01 * WEIGHT_MAX] {
        let mut tensors = weights().into_tensors();
        *tensors.last_mut().unwrap().last_mut().unwrap() = absurd;
        let error = Weights::new(config.clone(), tensors).unwrap_err();
        let WeightsError::Absurd { tensor, index, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!((tensor.as_str(), index), ("position", 16 * 32 - 1));
    }

    let mut tensors = weights().into_tensors();
    tensors[0].pop();
    let error = Weights::new(config.clone(), tensors.clone()).unwrap_err();
    assert!(matches!(&error, WeightsError::Shape { tensor, .. } if tensor == "patch.weight"));
    tensors.truncate(1);
    tensors[0].push(0.0);
    let error = Weights::new(config, tensors).unwrap_err();
    assert!(matches!(&error, WeightsError::Missing { tensor, .. } if tensor == "patch.bias"));
}
