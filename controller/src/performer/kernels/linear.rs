//! Linear layer `y = x W + b` with weights packed for the kernel.

use half::bf16;

use super::isa::Isa;
use super::product::{Finish, Left, PANEL, Right, RowScale, Scales, Then, Word, product};
use super::quantise::{Whole, column_step, quantise_rows, quantise_weight};
use super::round::{round_rows, to_bf16};
use super::{Backend, Kernel};

/// Packed weights: panels of [`PANEL`] columns, each `[depth, PANEL]` words, the last padded with
/// zeros.
#[derive(Debug, Clone)]
enum Packed {
    Reference(Vec<f32>),
    Bf16(Vec<[bf16; 2]>),
    Int8 {
        words: WholeWords,
        column_steps: Vec<f32>,
        column_sums: Vec<f32>,
    },
}

/// Quantised weights in the word format of an instruction set.
#[derive(Debug, Clone)]
enum WholeWords {
    Shorts(Vec<[i16; 2]>),
    Bytes(Vec<[u8; 4]>),
}

/// Workspace of rounded activations.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    pairs: Vec<[bf16; 2]>,
    shorts: Vec<[i16; 2]>,
    bytes: Vec<[u8; 4]>,
    rows: Vec<RowScale>,
}

/// Linear layer: packed matrix and bias.
#[derive(Debug, Clone)]
pub struct Linear {
    isa: Isa,
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
    /// A layer with the outputs in the range `outputs` of `weight` `[inputs, columns]`, row-major,
    /// and its bias `[columns]`.
    pub fn new(
        Backend { kernel, isa }: Backend,
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
                let words = if isa.multiplies_bytes() {
                    WholeWords::Bytes(pack([inputs.div_ceil(4), count], [0; 4], |four, output| {
                        [0, 1, 2, 3].map(|i| whole(4 * four + i, output).cast_unsigned())
                    }))
                } else {
                    WholeWords::Shorts(pack([inputs.div_ceil(2), count], [0; 2], |two, output| {
                        [0, 1].map(|i| i16::from(whole(2 * two + i, output)))
                    }))
                };
                Packed::Int8 {
                    words,
                    column_sums: (0..count).map(sum).collect(),
                    column_steps,
                }
            }
        };
        Self {
            isa,
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
            Packed::Reference(words) => self.multiply(rows, x, words, out, finish),
            Packed::Bf16(words) => {
                scratch
                    .pairs
                    .resize(rows * self.inputs.div_ceil(2), [bf16::ZERO; 2]);
                round_rows(self.isa, x, self.inputs, &mut scratch.pairs);
                self.multiply(rows, &scratch.pairs, words, out, finish);
            }
            Packed::Int8 {
                words,
                column_steps,
                column_sums,
            } => {
                let Scratch {
                    shorts,
                    bytes,
                    rows: scales,
                    ..
                } = scratch;
                scales.resize(rows, RowScale::default());
                match words {
                    WholeWords::Shorts(_) => self.quantise(x, shorts, scales),
                    WholeWords::Bytes(_) => self.quantise(x, bytes, scales),
                }
                let scales = Some(Scales {
                    rows: scales,
                    column_steps,
                    column_sums,
                });
                let finish = Finish { scales, ..finish };
                match words {
                    WholeWords::Shorts(words) => self.multiply(rows, shorts, words, out, finish),
                    WholeWords::Bytes(words) => self.multiply(rows, bytes, words, out, finish),
                }
            }
        }
    }

    /// Quantises activations into words of `A_WORD` integers.
    fn quantise<Q: Whole, const A_WORD: usize>(
        &self,
        x: &[f32],
        words: &mut Vec<[Q; A_WORD]>,
        scales: &mut [RowScale],
    ) {
        let depth = self.inputs.div_ceil(A_WORD);
        words.resize(scales.len() * depth, [Q::default(); A_WORD]);
        quantise_rows(self.isa, x, self.inputs, words, scales);
    }

    /// Multiplies rows of words by the weights.
    fn multiply<W: Word>(
        &self,
        rows: usize,
        x: &[W],
        weight: &[W],
        out: &mut [f32],
        finish: Finish<'_>,
    ) {
        let depth = weight.len() / self.outputs.next_multiple_of(PANEL);
        let left = Left {
            words: x,
            row_stride: depth,
            depth_stride: 1,
        };
        let size = [rows, self.outputs, depth];
        product(self.isa, size, left, panels(weight, depth), out, finish);
    }
}

fn panels<W>(words: &[W], depth: usize) -> Right<'_, W> {
    Right {
        words,
        depth_stride: PANEL,
        panel_stride: depth * PANEL,
    }
}
