//! Files of weights: a file that loads holds finite weights, and its bytes are reproduced by it.
#![no_main]

use controller::performer::{WEIGHT_MAX, Weights};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Weights::card(bytes);
    if let Ok(sealed) = Weights::sealed(bytes) {
        let weights = Weights::from_safetensors(&sealed).expect("a sealed file loads");
        let mut all = weights.tensors().iter().flatten();
        assert!(all.all(|weight| weight.abs() <= WEIGHT_MAX));
    }
});
