//! The exported network in ONNX Runtime gives the outputs of our own engine.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use controller::performer::{
    AttentionKernel, Head, Performer, PerformerConfig, Precision, STATE_LEN, View, Weights,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Largest error, relative to the largest output.
const TOLERANCE: f32 = 1e-4;
/// Inputs a network.
const VIEWS: usize = 8;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Python with ONNX Runtime that `launch/setup.sh test` installs; in CI it must be there.
fn python() -> Option<PathBuf> {
    let path = root().join("target/onnx/bin/python");
    if path.exists() {
        return Some(path);
    }
    let missing = format!("{} is missing: run launch/setup.sh test", path.display());
    assert!(std::env::var("CI").is_err(), "{missing}");
    println!("skipped: {missing}");
    None
}

fn random_view(config: &PerformerConfig, rng: &mut ChaCha8Rng) -> View {
    let cells = config.view.channels() * config.view.cells.pow(2);
    View {
        image: (0..cells)
            .map(|_| match rng.random_range(0..4_u8) {
                0 => 255,
                1 => rng.random(),
                _ => 0,
            })
            .collect(),
        state: [(); STATE_LEN].map(|()| rng.random_range(-1.0..1.0)),
        ..View::default()
    }
}

/// Patches `[tokens, channels, side, side]` of a view, cell by cell.
fn patches(config: &PerformerConfig, view: &View) -> Vec<f32> {
    let (cells, side) = (config.view.cells, config.patch);
    let mut patches = Vec::new();
    for (row, column) in (0..config.tokens()).map(|token| (token * side / cells, token)) {
        let column = column % (cells / side);
        for channel in 0..config.view.channels() {
            for (y, x) in (0..side * side).map(|cell| (cell / side, cell % side)) {
                let line = (channel * cells + row * side + y) * cells;
                patches.push(f32::from(view.image[line + column * side + x]) / 255.0);
            }
        }
    }
    patches
}

/// Outputs `[views, outputs]` of ONNX Runtime for inputs `[views, patches then state]`.
fn onnx_runtime(python: &Path, model: &str, directory: &Path, inputs: &[f32]) -> Vec<f32> {
    let [into, from] = ["inputs.f32", "outputs.f32"].map(|name| directory.join(name));
    let bytes: Vec<u8> = inputs.iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(&into, bytes).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx_runtime.py");
    let output = Command::new(python)
        .arg(script)
        .arg(model)
        .args([&into, &from])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let bytes = std::fs::read(from).unwrap();
    let numbers = bytes.as_chunks().0.iter();
    numbers.map(|&number| f32::from_le_bytes(number)).collect()
}

/// Exports a model and compares what ONNX Runtime makes of it with our single-precision engine.
fn compare(python: &Path, model: &Path) {
    let directory = tempfile::tempdir().unwrap();
    let onnx = directory.path().join("model.onnx");
    let onnx = onnx.to_str().unwrap();
    let exported = Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
        .args(["model", "export", "--onnx", onnx, "--model"])
        .arg(model)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&exported.stderr);
    assert!(exported.status.success(), "{errors}");
    let bytes = std::fs::read(model).unwrap();
    let weights = Weights::from_safetensors(&bytes).unwrap();
    let config = weights.config();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let views: Vec<View> = (0..VIEWS).map(|_| random_view(config, &mut rng)).collect();
    let inputs: Vec<f32> = views
        .iter()
        .flat_map(|view| {
            let state = view.state.into_iter();
            patches(config, view).into_iter().chain(state)
        })
        .collect();
    let theirs = onnx_runtime(python, onnx, directory.path(), &inputs);
    assert_eq!(theirs.len(), VIEWS * config.outputs());
    let mut performer = Performer::new(&weights);
    let rows = views.iter().zip(theirs.chunks_exact(config.outputs()));
    for (view, theirs) in rows {
        let ours = performer.forward(view);
        let scale = ours.iter().fold(0.0, |most: f32, y| most.max(y.abs()));
        let error = ours
            .iter()
            .zip(theirs)
            .fold(0.0, |most: f32, (a, b)| most.max((a - b).abs()));
        assert!(
            scale > 0.1 && error <= TOLERANCE * scale,
            "{error} of {scale}: {config:?}"
        );
    }
}

/// Random weights of a preset with heads and biases of a size that shows in the outputs.
fn random(config: &PerformerConfig, directory: &Path) -> PathBuf {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut tensors = Weights::random(config, 3).into_tensors();
    let names = config.tensors();
    for ((name, shape), tensor) in names.iter().zip(&mut tensors) {
        let reach = if name == "head.1.weight" { 0.3 } else { 0.1 };
        if shape.len() == 1 || name == "head.1.weight" {
            for value in tensor {
                *value += rng.random_range(-reach..reach);
            }
        }
    }
    let weights = Weights::new(config.clone(), tensors).unwrap();
    let path = directory.join("random.safetensors");
    std::fs::write(&path, weights.to_safetensors(Precision::F32, "{}")).unwrap();
    path
}

#[test]
fn onnx_runtime_computes_random_networks_as_our_engine_does() {
    let Some(python) = python() else { return };
    let directory = tempfile::tempdir().unwrap();
    let nano = PerformerConfig::preset("nano").unwrap();
    let favor = AttentionKernel::Favor {
        features: 24,
        seed: 5,
    };
    let mut single = nano.clone();
    single.layers = 1;
    let mut path = nano.clone();
    path.head = Head::Path;
    path.attention = favor;
    let small = PerformerConfig::preset("small").unwrap();
    for config in [nano, single, path, small] {
        compare(&python, &random(&config, directory.path()));
    }
}

#[test]
fn onnx_runtime_computes_the_shipped_models_as_our_engine_does() {
    let Some(python) = python() else { return };
    for name in ["navigator", "explicit"] {
        compare(&python, &root().join(format!("models/{name}.safetensors")));
    }
}

#[test]
fn an_export_is_the_same_bytes_each_time() {
    let weights = Weights::random(&PerformerConfig::preset("nano").unwrap(), 0);
    let bytes = launch::onnx::export(&weights, "{}");
    assert_eq!(bytes, launch::onnx::export(&weights, "{}"));
    for name in [
        launch::onnx::PATCHES,
        launch::onnx::STATE,
        launch::onnx::RAW,
    ] {
        let found = bytes
            .windows(name.len())
            .any(|part| part == name.as_bytes());
        assert!(found, "{name}");
    }
}
