//! Tests of layers against sums in double precision, and of every instruction set against plain
//! Rust.

use std::sync::Once;

use half::bf16;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::product::RowScale;
use super::quantise::{Whole, column_step, quantise_rows, quantise_weight};
use super::round::{round_rows, to_bf16};
use super::{Backend, Isa, Kernel, Linear, Scratch, Then};

const KERNELS: [Kernel; 3] = [Kernel::Reference, Kernel::Bf16, Kernel::Int8];

pub(super) const THENS: [Then; 3] = [Then::Store, Then::Relu, Then::Add];

/// Instruction sets to compare with plain Rust; prints those that the machine lacks.
pub(super) fn isas() -> Vec<Isa> {
    static REPORT: Once = Once::new();
    REPORT.call_once(|| {
        let missing: Vec<_> = Isa::missing().collect();
        println!("skipped, not on this machine: {}", missing.join(", "));
    });
    Isa::available().collect()
}

pub(super) fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// The factors of `x W` as rounded by a kernel: `[rows, inputs]` and `[inputs, outputs]`.
fn rounded(kernel: Kernel, x: &[f32], weight: &[f32], outputs: usize) -> [Vec<f64>; 2] {
    let inputs = weight.len() / outputs;
    match kernel {
        Kernel::Reference => {
            [x, weight].map(|factor| factor.iter().copied().map(f64::from).collect())
        }
        Kernel::Bf16 => [x, weight].map(|factor| {
            let numbers = factor.iter().map(|&value| bf16::from_f32(value).to_f64());
            numbers.collect()
        }),
        Kernel::Int8 => {
            let rows = x.chunks_exact(inputs).flat_map(|row| {
                let (words, RowScale { lowest, step }) = quantised::<u8, 4>(Isa::PORTABLE, row);
                let whole = words.as_flattened()[..inputs].to_vec();
                whole
                    .into_iter()
                    .map(move |q| f64::from(lowest) + f64::from(step) * f64::from(q))
            });
            let weight = weight.iter().enumerate().map(|(index, &w)| {
                let column = weight[index % outputs..].iter().step_by(outputs);
                let step = column_step(column.copied());
                f64::from(step) * f64::from(quantise_weight(w, step))
            });
            [rows.collect(), weight.collect()]
        }
    }
}

/// A row quantised to integers.
fn quantised<Q: Whole, const A_WORD: usize>(isa: Isa, row: &[f32]) -> (Vec<[Q; A_WORD]>, RowScale) {
    let mut words = vec![[Q::default(); A_WORD]; row.len().div_ceil(A_WORD)];
    let mut scale = [RowScale::default()];
    quantise_rows(isa, row, row.len(), &mut words, &mut scale);
    (words, scale[0])
}

#[test]
fn bytes_are_the_nearest_steps() {
    for (seed, len) in [(2, 1), (4, 3), (6, 16), (8, 77), (10, 256)] {
        let mut x = numbers(len, seed);
        x[0] *= 20.0;
        let [rounded, _] = rounded(Kernel::Int8, &x, &x, 1);
        let spread = |x: &[f32]| {
            let highest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            f64::from(highest - x.iter().copied().fold(f32::INFINITY, f32::min))
        };
        let step = spread(&x) / 255.0;
        for (x, rounded) in x.iter().zip(rounded) {
            assert!((f64::from(*x) - rounded).abs() <= 0.5001 * step);
        }
    }
}

/// `x W + b` in double precision, of factors that the kernel has rounded.
fn exact(kernel: Kernel, x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f64> {
    let outputs = bias.len();
    let inputs = weight.len() / outputs;
    let [x, weight] = rounded(kernel, x, weight, outputs);
    let mut out = Vec::new();
    for x in x.chunks_exact(inputs) {
        for (output, &bias) in bias.iter().enumerate() {
            let terms = (0..inputs).map(|i| x[i] * weight[i * outputs + output]);
            out.push(f64::from(bias) + terms.sum::<f64>());
        }
    }
    out
}

#[test]
fn layers_equal_sums_in_double_precision_whatever_their_size() {
    let sizes = [
        (1, 1, 1),
        (1, 8, 256),
        (2, 7, 31),
        (13, 64, 32),
        (14, 33, 33),
        (27, 500, 96),
        (64, 17, 108),
    ];
    for (seed, (rows, inputs, outputs)) in sizes.into_iter().enumerate() {
        let seed = 10 * seed as u64;
        let x = numbers(rows * inputs, seed);
        let weight = numbers(inputs * outputs, seed + 2);
        let bias = numbers(outputs, seed + 4);
        let before = numbers(rows * outputs, seed + 6);
        for kernel in KERNELS {
            let expected = exact(kernel, &x, &weight, &bias);
            for isa in isas() {
                let layer = Linear::new(Backend { kernel, isa }, &weight, &bias, 0..outputs);
                for then in THENS {
                    let mut out = before.clone();
                    layer.apply(&x, &mut out, then, &mut Scratch::default());
                    for ((out, expected), before) in out.iter().zip(&expected).zip(&before) {
                        let expected = match then {
                            Then::Store => *expected,
                            Then::Relu => expected.max(0.0),
                            Then::Add => expected + f64::from(*before),
                        };
                        let error = (f64::from(*out) - expected).abs();
                        assert!(
                            error < 2e-6 * (1.0 + inputs as f64),
                            "{isa} {kernel:?} {then:?} {rows} {inputs} {outputs}: {error}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn layers_of_whole_numbers_give_the_same_bits_with_every_instruction_set() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    for seed in 0..40 {
        let [rows, inputs, outputs] = [30, 300, 90].map(|most| rng.random_range(1..=most));
        let mut x = numbers(rows * inputs, 10 * seed);
        // extremes of both factors, so that sums of bytes are as large as they can be
        for (index, x) in x.iter_mut().enumerate() {
            if index % 3 == 0 {
                *x = x.signum();
            }
        }
        let weight: Vec<_> = numbers(inputs * outputs, 10 * seed + 2)
            .into_iter()
            .enumerate()
            .map(|(index, w)| if index % 2 == 0 { w.signum() } else { w })
            .collect();
        let bias = numbers(outputs, 10 * seed + 4);
        for then in THENS {
            let apply = |isa| {
                let kernel = Kernel::Int8;
                let layer = Linear::new(Backend { kernel, isa }, &weight, &bias, 0..outputs);
                let mut out = numbers(rows * outputs, 10 * seed + 6);
                layer.apply(&x, &mut out, then, &mut Scratch::default());
                out
            };
            let plain = apply(Isa::PORTABLE);
            for isa in isas() {
                assert_eq!(
                    apply(isa),
                    plain,
                    "{isa} {then:?} {rows} {inputs} {outputs}"
                );
            }
        }
    }
}

#[test]
fn rows_are_rounded_to_the_same_bits_with_every_instruction_set() {
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    for len in [1, 7, 8, 31, 32, 33, 100, 255, 256, 1024] {
        let ordinary = numbers(len, len as u64);
        let tiny = ordinary.iter().map(|x| x * 1e-38).collect();
        let huge = ordinary.iter().map(|x| x * 3e38).collect();
        let with = |value: f32, at: usize| {
            let mut row = ordinary.clone();
            row[at] = value;
            row
        };
        let at = rng.random_range(0..len);
        let rows = [
            vec![0.3; len],
            with(f32::NAN, at),
            with(f32::INFINITY, at),
            with(f32::NEG_INFINITY, at),
            tiny,
            huge,
            ordinary.clone(),
        ];
        for row in rows {
            let plain = quantised::<u8, 4>(Isa::PORTABLE, &row);
            let is_finite = row.iter().all(|x| x.is_finite());
            // the largest spread is no number
            assert!(is_finite || plain.1.step.is_nan());
            for isa in isas() {
                let (bytes, scale) = quantised::<u8, 4>(isa, &row);
                let (shorts, _) = quantised::<i16, 2>(isa, &row);
                assert_eq!(bytes, plain.0, "{isa} {len}");
                assert_eq!(scale.step.to_bits(), plain.1.step.to_bits());
                assert!(scale.step.is_nan() || scale.lowest == plain.1.lowest);
                let (bytes, shorts) = (bytes.as_flattened(), shorts.as_flattened());
                for (&byte, &short) in bytes[..len].iter().zip(shorts) {
                    assert_eq!(i16::from(byte), short, "{isa} {len}");
                }
                let mut pairs = vec![[bf16::ZERO; 2]; len.div_ceil(2)];
                round_rows(isa, &row, len, &mut pairs);
                for (&pair, &x) in pairs.as_flattened().iter().zip(&row) {
                    let near = to_bf16(x);
                    // too small to be normal may become zero
                    let is_flushed = x.abs() < f32::MIN_POSITIVE && pair.to_f32() == 0.0;
                    assert!(
                        pair == near || x.is_nan() && pair.is_nan() || is_flushed,
                        "{isa} {x}"
                    );
                }
            }
        }
    }
}

#[test]
fn part_of_a_layer_equals_its_columns() {
    let (weight, bias) = (numbers(24 * 96, 2), numbers(96, 4));
    let x = numbers(5 * 24, 6);
    let mut scratch = Scratch::default();
    for kernel in KERNELS {
        for isa in isas() {
            let mut whole = vec![0.0; 5 * 96];
            let mut part = vec![0.0; 5 * 40];
            let backend = Backend { kernel, isa };
            let mut apply = |outputs, out: &mut [f32]| {
                Linear::new(backend, &weight, &bias, outputs).apply(
                    &x,
                    out,
                    Then::Store,
                    &mut scratch,
                );
            };
            apply(0..96, &mut whole);
            apply(50..90, &mut part);
            for (whole, part) in whole.chunks_exact(96).zip(part.chunks_exact(40)) {
                assert_eq!(whole[50..90], *part, "{isa} {kernel:?}");
            }
        }
    }
}

#[test]
fn values_that_are_not_finite_propagate() {
    for kernel in KERNELS {
        for isa in isas() {
            let layer = Linear::new(Backend { kernel, isa }, &[1.0; 6], &[0.0; 2], 0..2);
            let apply = |bad| {
                let mut out = [0.0; 2];
                let x = [0.5, bad, 1.0];
                layer.apply(&x, &mut out, Then::Relu, &mut Scratch::default());
                out
            };
            for bad in [f32::NAN, -f32::NAN, f32::from_bits(0x7fff_ffff)] {
                let out = apply(bad);
                assert!(
                    out[0].is_nan() && out[1].is_nan(),
                    "{isa} {kernel:?} {out:?}"
                );
            }
            let out = apply(f32::INFINITY);
            assert!(
                !out[0].is_finite() && !out[1].is_finite(),
                "{isa} {kernel:?} {out:?}"
            );
        }
    }
}

#[test]
fn rounding_is_to_nearest_even() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for _ in 0..10_000 {
        let value = f32::from_bits(rng.random());
        let (ours, theirs) = (to_bf16(value), bf16::from_f32(value));
        assert!(
            ours == theirs || (ours.is_nan() && theirs.is_nan()),
            "{value}"
        );
    }
}

#[test]
fn weights_are_rounded_to_the_nearest_and_ties_to_even() {
    let step = 0.25_f32;
    for steps in -508..=508 {
        // quarters of a step, ties among them
        let weight = step * steps as f32 / 4.0;
        let nearest = (weight / step).round_ties_even();
        assert_eq!(
            f32::from(quantise_weight(weight, step)),
            nearest,
            "{weight}"
        );
    }
    assert_eq!(quantise_weight(1.0, 0.0), 0);
}
