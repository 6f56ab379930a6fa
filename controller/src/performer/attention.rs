//! Linear attention: the attention matrix of all pairs of tokens is never formed.
//!
//! ```text
//! out_t = g(q_t)' S / (g(q_t)' z + ε),   S = sum_j g(k_j) v_j',   z = sum_j g(k_j)
//! relu    g(x) = max(x, 0) + 0.001
//! favor   g(x) = exp(W u - |u|²/2 - c) / sqrt(m),   u = x e^(-1/4)
//! ```
//!
//! `S` `[m, e]` and `z` `[m]` are sums over tokens, so that the time is linear in their number. `c`
//! keeps the exponentials in range and cancels: it is the maximum over the features of the query,
//! and over the features of all keys of the head. Source: Choromanski et al., "Rethinking Attention
//! with Performers", ICLR 2021, sections 2 and 3.

// Compiled separately for each instruction set that a caller enables.
#![allow(clippy::inline_always)]

use super::kernels::{Finish, Isa, Left, PANEL, Right, SimdKernel, Then, product, sum_lanes};
use super::{AttentionKernel, projection};

/// `ε` of the denominator: prevents a division by zero for a query without a matching key.
pub const ATTENTION_EPSILON: f32 = 1e-6;
/// Lower bound of the features of the `relu` kernel, so that every query has a nonzero denominator.
pub const RELU_FLOOR: f32 = 1e-3;

/// The map `g` from keys and queries to positive features.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureMap {
    /// `max(x, 0) + 0.001`.
    Relu,
    /// Positive random features.
    Favor {
        /// Directions, `[features, head_width]`.
        projection: Vec<f32>,
        /// Number of features.
        features: usize,
    },
}

impl FeatureMap {
    /// The feature map of a kernel for heads of a width.
    pub fn new(kernel: &AttentionKernel, head_width: usize) -> Self {
        match *kernel {
            AttentionKernel::Relu => Self::Relu,
            AttentionKernel::Favor { features, seed } => Self::Favor {
                projection: projection(head_width, features, seed),
                features,
            },
        }
    }

    /// Number of features of a head of a width.
    pub fn features(&self, head_width: usize) -> usize {
        match self {
            Self::Relu => head_width,
            Self::Favor { features, .. } => *features,
        }
    }

    /// Writes the features of one head for every row: `[count, features]`. Keys share their
    /// stabiliser, every query has its own.
    #[inline(always)]
    fn map(&self, rows: Rows<'_>, head: usize, width: usize, are_keys: bool, out: &mut [f32]) {
        let at = |row: usize| &rows.values[row * rows.stride + head * width..][..width];
        let m = self.features(width);
        match self {
            Self::Relu => {
                for (row, out) in out.chunks_exact_mut(m).enumerate() {
                    for (out, &x) in out.iter_mut().zip(at(row)) {
                        *out = x.max(0.0) + RELU_FLOOR;
                    }
                }
            }
            Self::Favor { projection, .. } => {
                let scale = (width as f32).powf(-0.25);
                let root = (m as f32).sqrt().recip();
                let mut highest = f32::NEG_INFINITY;
                for (row, out) in out.chunks_exact_mut(m).enumerate() {
                    let x = at(row);
                    let half_square = 0.5 * scale * scale * dot(x, x);
                    for (out, direction) in out.iter_mut().zip(projection.chunks_exact(width)) {
                        *out = scale * dot(direction, x) - half_square;
                    }
                    if are_keys {
                        highest = out.iter().copied().fold(highest, f32::max);
                    } else {
                        let own = out.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                        exponentials(out, own, root);
                    }
                }
                if are_keys {
                    exponentials(out, highest, root);
                }
            }
        }
    }
}

/// Features of the keys of one head, and their sum.
struct Keys<'a> {
    map: &'a FeatureMap,
    rows: Rows<'a>,
    head: usize,
    width: usize,
    out: &'a mut [f32],
    /// `[features]`.
    mass: &'a mut [f32],
}

impl SimdKernel for Keys<'_> {
    #[inline(always)]
    fn run(self) {
        self.map
            .map(self.rows, self.head, self.width, true, self.out);
        self.mass.fill(0.0);
        for key in self.out.chunks_exact(self.mass.len()) {
            for (z, g) in self.mass.iter_mut().zip(key) {
                *z += g;
            }
        }
    }
}

/// Features of the queries of one head, divided by `g(q)' z + ε`.
struct Queries<'a> {
    map: &'a FeatureMap,
    rows: Rows<'a>,
    head: usize,
    width: usize,
    out: &'a mut [f32],
    /// `[features]`.
    mass: &'a [f32],
}

impl SimdKernel for Queries<'_> {
    #[inline(always)]
    fn run(self) {
        self.map
            .map(self.rows, self.head, self.width, false, self.out);
        for query in self.out.chunks_exact_mut(self.mass.len()) {
            let scale = (dot(query, self.mass) + ATTENTION_EPSILON).recip();
            for g in query {
                *g *= scale;
            }
        }
    }
}

/// Dot product with partial sums in lanes, which the compiler can vectorise.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    sum_lanes(lanes) + rest.sum::<f32>()
}

/// `exp(x - highest) scale`, in place.
fn exponentials(values: &mut [f32], highest: f32, scale: f32) {
    for x in values {
        *x = (*x - highest).exp() * scale;
    }
}

/// Rows inside a larger matrix: row `t` begins at `values[t * stride]`.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The matrix from the first entry of the first row on.
    pub values: &'a [f32],
    /// Distance between rows, entries.
    pub stride: usize,
}

impl Rows<'_> {
    /// Number of rows.
    pub fn count(&self) -> usize {
        self.values.len().div_ceil(self.stride)
    }
}

/// Linear attention of several heads, with its workspace.
#[derive(Debug, Clone)]
pub struct LinearAttention {
    isa: Isa,
    map: FeatureMap,
    heads: usize,
    head_width: usize,
    /// `[tokens, m]`.
    keys: Vec<f32>,
    /// `[queries, m]`.
    queries: Vec<f32>,
    /// `S`, `[m, e]`.
    summary: Vec<f32>,
    /// `z`, `[m]`.
    mass: Vec<f32>,
}

impl LinearAttention {
    /// Attention of `heads` heads of `head_width` columns each, with the instructions of `isa`.
    pub fn new(isa: Isa, map: FeatureMap, heads: usize, head_width: usize) -> Self {
        Self {
            isa,
            map,
            heads,
            head_width,
            keys: Vec::new(),
            queries: Vec::new(),
            summary: Vec::new(),
            mass: Vec::new(),
        }
    }

    /// Writes `out` `[queries, heads * head_width]`; head `j` reads columns `j e .. (j+1) e` of
    /// all three.
    ///
    /// # Panics
    /// When a row is shorter than all heads together, or there are more keys than values.
    pub fn attend(&mut self, q: Rows<'_>, k: Rows<'_>, v: Rows<'_>, out: &mut [f32]) {
        let (width, tokens) = (self.head_width, k.count());
        let m = self.map.features(width);
        let all = self.heads * width;
        let queries = out.len() / all;
        self.keys.resize(tokens * m, 0.0);
        self.queries.resize(queries * m, 0.0);
        self.summary.resize(m * width, 0.0);
        self.mass.resize(m, 0.0);
        for head in 0..self.heads {
            self.isa.run(Keys {
                map: &self.map,
                rows: k,
                head,
                width,
                out: &mut self.keys,
                mass: &mut self.mass,
            });
            let keys_transposed = Left {
                words: self.keys.as_slice(),
                row_stride: 1,
                depth_stride: m,
            };
            let finish = |row_stride| Finish {
                scales: None,
                bias: None,
                then: Then::Store,
                row_stride,
            };
            product(
                self.isa,
                [m, width, tokens],
                keys_transposed,
                right(&v.values[head * width..], v.stride),
                &mut self.summary,
                finish(width),
            );
            self.isa.run(Queries {
                map: &self.map,
                rows: q,
                head,
                width,
                out: &mut self.queries,
                mass: &self.mass,
            });
            let queries_scaled = Left {
                words: self.queries.as_slice(),
                row_stride: m,
                depth_stride: 1,
            };
            product(
                self.isa,
                [queries, width, m],
                queries_scaled,
                right(&self.summary, width),
                &mut out[head * width..],
                finish(all),
            );
        }
    }
}

/// View of a row-major matrix as a right factor.
fn right(words: &[f32], depth_stride: usize) -> Right<'_, f32> {
    Right {
        words,
        depth_stride,
        panel_stride: PANEL,
    }
}
