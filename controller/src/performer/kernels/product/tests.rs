//! Tests of products with every instruction set against plain Rust.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::round::to_bf16;
use super::super::tests::{THENS, isas, numbers};
use super::{Finish, Format, Isa, Left, PANEL, Right, RowScale, Scales, Then, Word, product};

/// Random sizes and layouts of a product.
struct Layout {
    size: [usize; 3],
    left: [usize; 2],
    right: usize,
    out: usize,
}

impl Layout {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let size @ [rows, columns, depth] = [30, 100, 40].map(|most| rng.random_range(1..=most));
        let slack = rng.random_range(0..4);
        let left = if rng.random() {
            [depth + slack, 1]
        } else {
            // read across
            [1, rows + slack]
        };
        Self {
            size,
            left,
            right: columns + rng.random_range(0..40),
            out: columns + slack,
        }
    }
}

/// Compares products of words of every instruction set with plain Rust. The right factor and the
/// output end with their last word. `one` has a 1 in every part.
fn compare<W: Word>(one: W, mut word: impl FnMut(&mut ChaCha8Rng) -> W) {
    let mut rng = ChaCha8Rng::seed_from_u64(16);
    for round in 0..150 {
        let layout = Layout::random(&mut rng);
        let [rows, columns, depth] = layout.size;
        let [row_stride, depth_stride] = layout.left;
        let a_len = (rows - 1) * row_stride + (depth - 1) * depth_stride + 1;
        let a: Vec<W> = (0..a_len).map(|_| word(&mut rng)).collect();
        let b_len = (depth - 1) * layout.right + columns;
        let b: Vec<W> = (0..b_len).map(|_| word(&mut rng)).collect();
        let left = Left {
            words: a.as_slice(),
            row_stride,
            depth_stride,
        };
        let right = Right {
            words: b.as_slice(),
            depth_stride: layout.right,
            panel_stride: PANEL,
        };
        let seed = 2 * round;
        let row_scales: Vec<_> = numbers(2 * rows, seed)
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&[lowest, step]| RowScale { lowest, step })
            .collect();
        let column_steps = numbers(columns, seed + 2);
        let column_sums: Vec<_> = (0..columns)
            .map(|column| {
                let words = b[column..].iter().step_by(layout.right);
                W::number(words.fold(W::Sum::default(), |sum, &w| one.multiply_add(w, sum)))
            })
            .collect();
        let is_whole = matches!(W::FORMAT, Format::Shorts | Format::Bytes);
        let bias = numbers(columns, seed + 6);
        for then in THENS {
            let finish = Finish {
                scales: is_whole.then_some(Scales {
                    rows: &row_scales,
                    column_steps: &column_steps,
                    column_sums: &column_sums,
                }),
                bias: rng.random::<bool>().then_some(bias.as_slice()),
                then,
                row_stride: layout.out,
            };
            let multiply = |isa| {
                let mut out = numbers((rows - 1) * layout.out + columns, seed + 8);
                product(isa, layout.size, left, right, &mut out, finish);
                out
            };
            let plain = multiply(Isa::PORTABLE);
            for isa in isas() {
                for (quick, plain) in multiply(isa).into_iter().zip(&plain) {
                    let is_same = if is_whole {
                        quick.to_bits() == plain.to_bits()
                    } else {
                        (quick - plain).abs() < 5e-5
                    };
                    assert!(is_same, "{isa} {:?} {then:?} {quick} {plain}", layout.size);
                }
            }
        }
    }
}

#[test]
fn products_equal_those_in_plain_rust_with_every_instruction_set() {
    compare(1.0, |rng| rng.random_range(-1.0..1.0_f32));
    compare([to_bf16(1.0); 2], |rng| {
        [(); 2].map(|()| to_bf16(rng.random_range(-1.0..1.0)))
    });
    // the words serve as either factor: those on the left range from 0 to 255
    compare([1; 2], |rng| {
        [(); 2].map(|()| rng.random_range(-128..=255_i16))
    });
    compare([1; 4], ChaCha8Rng::random::<[u8; 4]>);
}

#[test]
fn products_read_no_column_beyond_their_own() {
    let (rows, columns, depth, stride) = (7, 37, 5, 80);
    let a = numbers(rows * depth, 2);
    let mut b = numbers(depth * stride, 4);
    let left = Left {
        words: a.as_slice(),
        row_stride: depth,
        depth_stride: 1,
    };
    let multiply = |isa, b: &[f32]| {
        let right = Right {
            words: b,
            depth_stride: stride,
            panel_stride: PANEL,
        };
        let finish = Finish {
            scales: None,
            bias: None,
            then: Then::Store,
            row_stride: stride,
        };
        let mut out = vec![0.5; rows * stride];
        product(isa, [rows, columns, depth], left, right, &mut out, finish);
        out
    };
    for isa in isas() {
        let expected = multiply(isa, &b);
        for row in b.chunks_exact_mut(stride) {
            row[columns..].fill(f32::NAN);
        }
        let out = multiply(isa, &b);
        assert_eq!(out, expected);
        for row in out.chunks_exact(stride) {
            assert!(row[columns..].iter().all(|&out| out == 0.5), "{isa}");
        }
    }
}
