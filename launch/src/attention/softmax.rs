//! Ordinary attention, to compare with: `softmax(q k' / √e) v`, head by head.
//!
//! Rows of scores are made, normalised and used a block at a time, so that they stay in the cache
//! and memory grows with the number of tokens; time grows with its square all the same. Source:
//! Vaswani et al., "Attention is all you need", 2017.

use controller::performer::kernels::{Finish, Left, PANEL, Right, Then, product};
use controller::performer::{Isa, Rows};

/// Queries whose scores are held at a time.
const BLOCK: usize = 64;

/// Several heads, with their workspace.
#[derive(Debug, Clone)]
pub struct SoftmaxAttention {
    isa: Isa,
    heads: usize,
    head_width: usize,
    /// Keys of one head, transposed, in panels: `[tokens / PANEL, head_width, PANEL]`.
    keys: Vec<f32>,
    /// Values of one head in panels: `[head_width / PANEL, tokens, PANEL]`.
    values: Vec<f32>,
    /// `[BLOCK, tokens]`, rows padded.
    scores: Vec<f32>,
}

impl SoftmaxAttention {
    /// Attention of `heads` heads of `head_width` columns each.
    pub fn new(heads: usize, head_width: usize) -> Self {
        Self {
            isa: Isa::best(),
            heads,
            head_width,
            keys: Vec::new(),
            values: Vec::new(),
            scores: Vec::new(),
        }
    }

    /// Writes `out` `[tokens, heads * head_width]`; head `j` reads columns `j e .. (j+1) e` of all
    /// three.
    ///
    /// # Panics
    /// When a row is shorter than all heads together, or there are more keys than values.
    pub fn attend(&mut self, q: Rows<'_>, k: Rows<'_>, v: Rows<'_>, out: &mut [f32]) {
        let (width, tokens) = (self.head_width, k.count());
        let all = self.heads * width;
        let queries = out.len() / all;
        let scale = (width as f32).sqrt().recip();
        // rows a power of two apart would share the same few lines of the cache
        let stride = tokens + PANEL / 2;
        self.keys
            .resize(tokens.next_multiple_of(PANEL) * width, 0.0);
        self.values
            .resize(width.next_multiple_of(PANEL) * tokens, 0.0);
        self.scores.resize(BLOCK * stride, 0.0);
        let store = |row_stride| Finish {
            scales: None,
            bias: None,
            then: Then::Store,
            row_stride,
        };
        for head in 0..self.heads {
            self.pack(k, v, head, scale);
            let keys = Right {
                words: self.keys.as_slice(),
                depth_stride: PANEL,
                panel_stride: width * PANEL,
            };
            let values = Right {
                words: self.values.as_slice(),
                depth_stride: PANEL,
                panel_stride: tokens * PANEL,
            };
            for first in (0..queries).step_by(BLOCK) {
                let rows = BLOCK.min(queries - first);
                let block = Left {
                    words: &q.values[first * q.stride + head * width..],
                    row_stride: q.stride,
                    depth_stride: 1,
                };
                let scores = &mut self.scores[..rows * stride];
                product(
                    self.isa,
                    [rows, tokens, width],
                    block,
                    keys,
                    scores,
                    store(stride),
                );
                for row in scores.chunks_exact_mut(stride) {
                    normalise(&mut row[..tokens]);
                }
                let shares = Left {
                    words: &*scores,
                    row_stride: stride,
                    depth_stride: 1,
                };
                let out = &mut out[first * all + head * width..];
                product(
                    self.isa,
                    [rows, width, tokens],
                    shares,
                    values,
                    out,
                    store(all),
                );
            }
        }
    }

    /// Lays keys and values of a head out as the product reads them.
    fn pack(&mut self, k: Rows<'_>, v: Rows<'_>, head: usize, scale: f32) {
        let (width, tokens) = (self.head_width, k.count());
        for token in 0..tokens {
            let key = &k.values[token * k.stride + head * width..][..width];
            let panel = token / PANEL * width * PANEL;
            for (column, &entry) in key.iter().enumerate() {
                self.keys[panel + column * PANEL + token % PANEL] = entry * scale;
            }
            let value = &v.values[token * v.stride + head * width..][..width];
            for (panel, part) in value.chunks(PANEL).enumerate() {
                let at = (panel * tokens + token) * PANEL;
                self.values[at..at + part.len()].copy_from_slice(part);
            }
        }
    }
}

/// Scores to shares that add up to 1.
fn normalise(row: &mut [f32]) {
    // eight running results side by side, for the order of a sum is not the compiler's to change
    const LANES: usize = 8;
    let mut highest = [f32::NEG_INFINITY; LANES];
    for chunk in row.chunks(LANES) {
        for (highest, &score) in highest.iter_mut().zip(chunk) {
            *highest = highest.max(score);
        }
    }
    let highest = highest.into_iter().fold(f32::NEG_INFINITY, f32::max);
    for score in row.iter_mut() {
        *score = exponential(*score - highest);
    }
    let mut totals = [0.0; LANES];
    for chunk in row.chunks(LANES) {
        for (total, score) in totals.iter_mut().zip(chunk) {
            *total += score;
        }
    }
    let share = totals.iter().sum::<f32>().recip();
    for score in row {
        *score *= share;
    }
}

/// `exp(x)` for `x <= 0` within two parts in 100,000, in steps that the compiler can lay side by
/// side.
fn exponential(x: f32) -> f32 {
    // adding this rounds to a whole number, which is then in the lowest bits
    let round = 1.5 * 2.0_f32.powi(23);
    let power = (x * std::f32::consts::LOG2_E).max(-126.0);
    let rounded = power + round;
    let part = (power - (rounded - round)) * std::f32::consts::LN_2;
    let series = [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let mantissa = series.iter().fold(0.0, |sum, term| sum * part + term);
    let exponent = rounded
        .to_bits()
        .wrapping_sub(round.to_bits())
        .wrapping_add(127);
    mantissa * f32::from_bits(exponent << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the equation has it, in double precision.
    #[test]
    fn it_is_the_softmax_of_the_scores() {
        let (heads, width, tokens) = (2, 8, 70);
        let all = heads * width;
        let qkv: Vec<f32> = (0..tokens * 3 * all)
            .map(|index| (index * 7919 % 1009) as f32 / 504.5 - 1.0)
            .collect();
        let third = |third: usize| Rows {
            values: &qkv[third * all..],
            stride: 3 * all,
        };
        let mut out = vec![0.0; tokens * all];
        SoftmaxAttention::new(heads, width).attend(third(0), third(1), third(2), &mut out);
        let entry = |third: usize, token: usize, column: usize| {
            f64::from(qkv[token * 3 * all + third * all + column])
        };
        for token in 0..tokens {
            for column in 0..all {
                let head = column / width * width;
                let (mut sum, mut total) = (0.0, 0.0);
                for other in 0..tokens {
                    let score: f64 = (head..head + width)
                        .map(|c| entry(0, token, c) * entry(1, other, c))
                        .sum();
                    let weight = (score / (width as f64).sqrt()).exp();
                    sum += weight * entry(2, other, column);
                    total += weight;
                }
                let found = f64::from(out[token * all + column]);
                assert!((sum / total - found).abs() < 1e-4);
            }
        }
    }
}
