//! A layer `y = x W + b` whose weights are laid out for the kernel that multiplies them.

use half::bf16;

use super::Kernel;
use super::product::{Finish, Left, PANEL, Right, RowScale, Scales, Then, Word, product};
use super::quantise::{column_step, quantise_rows, quantise_weight};
use super::round::{round_rows, to_bf16};

/// Panels of [`PANEL`] columns, each `[depth, PANEL]` words, the last filled up with zeros.
#[derive(Debug, Clone)]
enum Packed {
    Reference(Vec<f32>),
    Bf16(Vec<[bf16; 2]>),
    Int8 {
        words: Vec<[u8; 4]>,
        column_steps: Vec<f32>,
        column_sums: Vec<f32>,
    },
}

/// Activations on their way into a product.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    pairs: Vec<[bf16; 2]>,
    bytes: Vec<[u8; 4]>,
    rows: Vec<RowScale>,
}

/// A matrix and a bias.
#[derive(Debug, Clone)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    bias: Vec<f32>,
    packed: Packed,
}

fn pack<W: Word>(
    [depth, columns]: [usize; 2],
    zero: W,
    word: impl Fn(usize, usize) -> W,
) -> Vec<W> {
    let mut packed = Vec::with_capacity(columns.next_multiple_of(PANEL) * depth);
    for start in (0..columns).step_by(PANEL) {
        for depth in 0..depth {
            packed.extend((start..start + PANEL).map(|column| {
                if column < columns {
                    word(depth, column)
                } else {
                    zero
                }
            }));
        }
    }
    packed
}

impl Linear {
    /// From `weight` `[inputs, columns]`, row-major, and its bias `[columns]`, the outputs of the
    /// range `outputs`.
    pub fn new(
        kernel: Kernel,
        weight: &[f32],
        bias: &[f32],
        outputs: std::ops::Range<usize>,
    ) -> Self {
        let (columns, inputs) = (bias.len(), weight.len() / bias.len());
        let count = outputs.len();
        let at = |input: usize, output: usize| {
            if input < inputs {
                weight[input * columns + outputs.start + output]
            } else {
                0.0
            }
        };
        let packed = match kernel {
            Kernel::Reference => Packed::Reference(pack([inputs, count], 0.0, at)),
            Kernel::Bf16 => Packed::Bf16(pack(
                [inputs.div_ceil(2), count],
                [bf16::ZERO; 2],
                |pair, output| [0, 1].map(|half| to_bf16(at(2 * pair + half, output))),
            )),
            Kernel::Int8 => {
                let column = |output| (0..inputs).map(move |input| at(input, output));
                let column_steps: Vec<f32> = (0..count)
                    .map(|output| column_step(column(output)))
                    .collect();
                let whole =
                    |input, output| quantise_weight(at(input, output), column_steps[output]);
                let sum = |output| {
                    (0..inputs)
                        .map(|input| f32::from(whole(input, output)))
                        .sum()
                };
                Packed::Int8 {
                    words: pack([inputs.div_ceil(4), count], [0; 4], |four, output| {
                        [0, 1, 2, 3].map(|i| whole(4 * four + i, output).cast_unsigned())
                    }),
                    column_sums: (0..count).map(sum).collect(),
                    column_steps,
                }
            }
        };
        Self {
            inputs,
            outputs: count,
            bias: bias[outputs].to_vec(),
            packed,
        }
    }

    /// Writes `out` `[rows, outputs]` from `x` `[rows, inputs]`.
    pub fn apply(&self, x: &[f32], out: &mut [f32], then: Then, scratch: &mut Scratch) {
        let rows = x.len() / self.inputs;
        let finish = Finish {
            scales: None,
            bias: Some(&self.bias),
            then,
            row_stride: self.outputs,
        };
        match &self.packed {
            Packed::Reference(words) => {
                let depth = self.inputs;
                let a = Left {
                    words: x,
                    row_stride: depth,
                    depth_stride: 1,
                };
                product(
                    [rows, self.outputs, depth],
                    a,
                    panels(words, depth),
                    out,
                    finish,
                );
            }
            Packed::Bf16(words) => {
                let depth = self.inputs.div_ceil(2);
                scratch.pairs.resize(rows * depth, [bf16::ZERO; 2]);
                round_rows(x, self.inputs, &mut scratch.pairs);
                let a = Left {
                    words: scratch.pairs.as_slice(),
                    row_stride: depth,
                    depth_stride: 1,
                };
                product(
                    [rows, self.outputs, depth],
                    a,
                    panels(words, depth),
                    out,
                    finish,
                );
            }
            Packed::Int8 {
                words,
                column_steps,
                column_sums,
            } => {
                let depth = self.inputs.div_ceil(4);
                scratch.bytes.resize(rows * depth, [0; 4]);
                scratch.rows.resize(rows, RowScale::default());
                quantise_rows(x, self.inputs, &mut scratch.bytes, &mut scratch.rows);
                let a = Left {
                    words: scratch.bytes.as_slice(),
                    row_stride: depth,
                    depth_stride: 1,
                };
                let scales = Some(Scales {
                    rows: &scratch.rows,
                    column_steps,
                    column_sums,
                });
                product(
                    [rows, self.outputs, depth],
                    a,
                    panels(words, depth),
                    out,
                    Finish { scales, ..finish },
                );
            }
        }
    }
}

fn panels<W>(words: &[W], depth: usize) -> Right<'_, W> {
    Right {
        words,
        depth_stride: PANEL,
        panel_stride: depth * PANEL,
    }
}
