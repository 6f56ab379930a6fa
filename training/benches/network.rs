//! Samples a second of one thread, forward and backward, by preset, operators and batch.

use std::time::Instant;

use controller::performer::{PerformerConfig, STATE_LEN, Weights};
use training::ops::{Fast, Operators, Plain};
use training::{Batch, Network};

fn batch(config: &PerformerConfig, len: usize) -> Batch {
    let image = config.tokens() * config.patch_len();
    Batch {
        images: (0..len * image).map(|i| (i * 31 % 256) as u8).collect(),
        states: (0..len * STATE_LEN).map(|i| (i % 7) as f32 / 7.0).collect(),
        len,
    }
}

/// Best of a few rounds: samples a second forward, and forward and backward.
fn rate<O: Operators>(network: &Network, batch: &Batch, rounds: usize) -> (f64, f64) {
    let mut gradient = vec![0.0; network.weights().len()];
    let (mut forward_s, mut both_s) = (f64::MAX, f64::MAX);
    for _ in 0..rounds {
        let start = Instant::now();
        let forward = network.forward_with::<O>(batch).expect("a batch that fits");
        forward_s = forward_s.min(start.elapsed().as_secs_f64());
        let cotangent = vec![1.0; forward.raw().len()];
        forward
            .backward(&cotangent, &mut gradient)
            .expect("a gradient that fits");
        both_s = both_s.min(start.elapsed().as_secs_f64());
    }
    (batch.len as f64 / forward_s, batch.len as f64 / both_s)
}

fn main() {
    println!("preset  operators  batch  forward  forward and backward, samples/s");
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    for name in PerformerConfig::PRESETS {
        if chosen
            .iter()
            .any(|arg| PerformerConfig::PRESETS.contains(&arg.as_str()) && arg != name)
        {
            continue;
        }
        let config = PerformerConfig::preset(name).expect("a preset");
        let network = Network::new(&Weights::random(&config, 0));
        for len in [8, 16, 32] {
            let batch = batch(&config, len);
            let (forward, both) = rate::<Fast>(&network, &batch, 6);
            println!("{name:<7} fast       {len:>5}  {forward:>7.1}  {both:.1}");
            if len == 8 {
                let (forward, both) = rate::<Plain>(&network, &batch, 2);
                println!("{name:<7} plain      {len:>5}  {forward:>7.1}  {both:.1}");
            }
        }
    }
}
