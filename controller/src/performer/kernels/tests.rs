//! Products against sums in double precision, and against each other.

use half::bf16;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::product::{RowScale, Scales, Size, Word};
use super::quantise::{column_step, quantise_rows, quantise_weight};
use super::round::to_bf16;
use super::{Finish, Kernel, Left, Linear, PANEL, Right, Scratch, Then, portable, product};

const KERNELS: [Kernel; 3] = [Kernel::Reference, Kernel::Bf16, Kernel::Int8];

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// What a kernel makes of the factors of `x W`: `[rows, inputs]` and `[inputs, outputs]`.
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
                let mut words = vec![[0; 4]; inputs.div_ceil(4)];
                let mut scale = [RowScale::default()];
                quantise_rows(row, inputs, &mut words, &mut scale);
                let [RowScale { lowest, step }] = scale;
                let whole = bytemuck::cast_slice::<_, u8>(&words)[..inputs].to_vec();
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
            let layer = Linear::new(kernel, &weight, &bias, 0..outputs);
            let expected = exact(kernel, &x, &weight, &bias);
            for then in [Then::Store, Then::Relu, Then::Add] {
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
                        "{kernel:?} {then:?} {rows} {inputs} {outputs}: {error}"
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
        let mut whole = vec![0.0; 5 * 96];
        let mut part = vec![0.0; 5 * 40];
        Linear::new(kernel, &weight, &bias, 0..96).apply(&x, &mut whole, Then::Store, &mut scratch);
        Linear::new(kernel, &weight, &bias, 50..90).apply(&x, &mut part, Then::Store, &mut scratch);
        for (whole, part) in whole.chunks_exact(96).zip(part.chunks_exact(40)) {
            assert_eq!(whole[50..90], *part);
        }
    }
}

/// The quickest product here against the one in plain Rust.
fn compare<W: Word>(words: impl Fn(u64) -> Vec<W>, scales: Option<Scales<'_>>) {
    let (rows, columns, depth) = (30, 75, 40);
    let (a, b) = (words(2), words(4));
    // a is read across, b out of a wider matrix
    let left = Left {
        words: a.as_slice(),
        row_stride: 1,
        depth_stride: rows,
    };
    let right = Right {
        words: b.as_slice(),
        depth_stride: columns + 5,
        panel_stride: PANEL,
    };
    let finish = Finish {
        scales,
        bias: None,
        then: Then::Store,
        row_stride: columns + 1,
    };
    let mut quick = vec![0.0; rows * (columns + 1)];
    let mut plain = quick.clone();
    product([rows, columns, depth], left, right, &mut quick, finish);
    let size = Size {
        rows,
        columns,
        depth,
    };
    portable::product(size, left, right, &mut plain, finish);
    for (quick, plain) in quick.iter().zip(&plain) {
        assert!((quick - plain).abs() < 2e-5, "{quick} {plain}");
    }
    #[cfg(target_arch = "x86_64")]
    if super::avx2::product(size, left, right, &mut quick, finish) {
        assert_eq!(quick, plain);
    }
}

#[test]
fn the_quickest_product_equals_the_plain_one() {
    compare(|seed| numbers(40 * 80, seed), None);
    compare(
        |seed| {
            let numbers = numbers(2 * 40 * 80, seed);
            let pairs = numbers.as_chunks::<2>().0;
            pairs.iter().map(|&pair| pair.map(to_bf16)).collect()
        },
        None,
    );
    let bytes = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..40 * 80).map(|_| rng.random()).collect::<Vec<[u8; 4]>>()
    };
    let rows: Vec<_> = numbers(2 * 30, 6)
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&[lowest, step]| RowScale {
            lowest: 1e-4 * lowest,
            step: 1e-4 * step,
        })
        .collect();
    compare(
        bytes,
        Some(Scales {
            rows: &rows,
            column_steps: &numbers(75, 8),
            column_sums: &numbers(75, 10),
        }),
    );
}

#[test]
fn what_is_not_finite_is_not_hidden() {
    for kernel in KERNELS {
        let layer = Linear::new(kernel, &[1.0; 6], &[0.0; 2], 0..2);
        for bad in [f32::NAN, -f32::NAN, f32::from_bits(0x7fff_ffff)] {
            let mut out = [0.0; 2];
            layer.apply(
                &[0.5, bad, 1.0],
                &mut out,
                Then::Relu,
                &mut Scratch::default(),
            );
            assert!(out[0].is_nan() && out[1].is_nan(), "{kernel:?} {out:?}");
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
