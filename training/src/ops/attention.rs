//! Linear attention and its derivative, head by head (Katharopoulos et al., 2020; Choromanski et
//! al., 2021). With features `Q = g(q)`, `K = g(k)`:
//!
//! ```text
//! S = K' V,  z = sum_j K_j,  out_t = S' Q_t / (z' Q_t + epsilon)
//! dN_t = dout_t / (z' Q_t + epsilon),  dD_t = -out_t' dN_t
//! dQ_t = S dN_t + dD_t z,  dS = sum_t Q_t dN_t',  dz = sum_t dD_t Q_t
//! dK_j = dS V_j + dz,  dV_j = dS' K_j
//! ```
//!
//! No matrix of tokens by tokens is computed.
#![allow(clippy::inline_always)] // a loop takes the target features of the function that it is inlined into

use controller::performer::kernels::Then;

use super::feature_map::{self, Side};
use super::product::{columns, multiply, rows, transpose};
use super::simd::{Loop, add, axpy, dot, widest};
use super::{ATTENTION_EPSILON, Heads};

/// Buffers for one head at a time.
struct Scratch {
    q: Vec<f32>,
    k: Vec<f32>,
    s: Vec<f32>,
    z: Vec<f32>,
}

/// One head of one sample: position of its columns.
#[derive(Clone, Copy)]
struct Part<'a> {
    heads: &'a Heads,
    /// Rows of one sample of queries, keys and values.
    qkv: &'a [f32],
    /// First column of this head.
    col: usize,
}

impl<'a> Part<'a> {
    fn width(&self) -> usize {
        self.heads.heads * self.heads.width
    }

    /// Columns of this head in a third of every row: 0 queries, 1 keys, 2 values.
    fn rows(self, third: usize) -> impl Iterator<Item = &'a [f32]> {
        let (d, e) = (self.width(), self.heads.width);
        let start = third * d + self.col;
        self.qkv
            .chunks_exact(3 * d)
            .map(move |row| &row[start..start + e])
    }

    fn queries(self) -> impl Iterator<Item = &'a [f32]> {
        let first = self.heads.query.unwrap_or(0);
        self.rows(0).skip(first).take(self.heads.queries())
    }

    fn values(self) -> &'a [f32] {
        &self.qkv[2 * self.width() + self.col..]
    }
}

impl Scratch {
    fn new(heads: &Heads) -> Self {
        let features = heads.map.features(heads.width);
        Self {
            q: vec![0.0; heads.queries() * features],
            k: vec![0.0; heads.tokens * features],
            s: vec![0.0; features * heads.width],
            z: vec![0.0; features],
        }
    }

    /// Features of queries and keys, `S` and `z`.
    #[inline(always)]
    fn summarise(&mut self, part: Part) {
        let (heads, e) = (part.heads, part.heads.width);
        feature_map::map(&heads.map, part.queries(), Side::Query, e, &mut self.q);
        feature_map::map(&heads.map, part.rows(1), Side::Key, e, &mut self.k);
        let features = self.z.len();
        self.z.fill(0.0);
        for k in self.k.chunks_exact(features) {
            add(&mut self.z, k);
        }
        multiply(
            &mut self.s,
            columns(&self.k, features),
            part.values(),
            [features, e, heads.tokens],
            [3 * part.width(), e],
            Then::Store,
        );
    }
}

/// Writes attention of all samples and heads to `out`, which is zero.
pub fn forward(qkv: &[f32], heads: &Heads, out: &mut [f32]) {
    widest(Forward { qkv, heads, out });
}

struct Forward<'a> {
    qkv: &'a [f32],
    heads: &'a Heads,
    out: &'a mut [f32],
}

impl Loop for Forward<'_> {
    #[inline(always)]
    fn run(self) {
        let heads = self.heads;
        let (d, e) = (heads.heads * heads.width, heads.width);
        let mut scratch = Scratch::new(heads);
        let samples = self.qkv.chunks_exact(heads.tokens * 3 * d);
        let outputs = self.out.chunks_exact_mut(heads.queries() * d);
        for (qkv, out) in samples.zip(outputs) {
            for col in (0..d).step_by(e) {
                forward_head(Part { heads, qkv, col }, &mut scratch, out);
            }
        }
    }
}

#[inline(always)]
fn forward_head(part: Part, scratch: &mut Scratch, out: &mut [f32]) {
    let (d, e, features) = (part.width(), part.heads.width, scratch.z.len());
    scratch.summarise(part);
    multiply(
        &mut out[part.col..],
        rows(&scratch.q, features),
        &scratch.s,
        [part.heads.queries(), e, features],
        [e, d],
        Then::Store,
    );
    for (q, out) in scratch
        .q
        .chunks_exact(features)
        .zip(out.chunks_exact_mut(d))
    {
        let denominator = dot(q, &scratch.z) + ATTENTION_EPSILON;
        for out in &mut out[part.col..][..e] {
            *out /= denominator;
        }
    }
}

/// Gradients of one head at a time.
struct Gradients {
    /// `[queries, width]`
    numerator: Vec<f32>,
    q: Vec<f32>,
    k: Vec<f32>,
    s: Vec<f32>,
    z: Vec<f32>,
    transposed: Vec<f32>,
}

/// Adds to the gradient of `qkv` for an output and its gradient.
pub fn backward(qkv: &[f32], heads: &Heads, out: &[f32], dout: &[f32], dqkv: &mut [f32]) {
    widest(Backward {
        qkv,
        heads,
        out,
        dout,
        dqkv,
    });
}

struct Backward<'a> {
    qkv: &'a [f32],
    heads: &'a Heads,
    out: &'a [f32],
    dout: &'a [f32],
    dqkv: &'a mut [f32],
}

impl Loop for Backward<'_> {
    #[inline(always)]
    fn run(self) {
        let heads = self.heads;
        let (d, e) = (heads.heads * heads.width, heads.width);
        let mut scratch = Scratch::new(heads);
        let mut gradients = Gradients::new(heads, &scratch);
        let (rows, queries) = (heads.tokens * 3 * d, heads.queries() * d);
        let inputs = self.qkv.chunks_exact(rows);
        let inputs = inputs.zip(self.dqkv.chunks_exact_mut(rows));
        let outputs = self.out.chunks_exact(queries);
        let outputs = outputs.zip(self.dout.chunks_exact(queries));
        for ((qkv, dqkv), (out, dout)) in inputs.zip(outputs) {
            for col in (0..d).step_by(e) {
                let part = Part { heads, qkv, col };
                scratch.summarise(part);
                gradients.of_query(part, &scratch, out, dout);
                gradients.of_key(part, &scratch, dqkv);
                gradients.pull_back(part, &scratch, dqkv);
            }
        }
    }
}

impl Gradients {
    fn new(heads: &Heads, scratch: &Scratch) -> Self {
        Self {
            numerator: vec![0.0; heads.queries() * heads.width],
            q: scratch.q.clone(),
            k: scratch.k.clone(),
            s: scratch.s.clone(),
            z: scratch.z.clone(),
            transposed: scratch.s.clone(),
        }
    }

    /// `dN`, `dQ`, `dS` and `dz`.
    #[inline(always)]
    fn of_query(&mut self, part: Part, scratch: &Scratch, out: &[f32], dout: &[f32]) {
        let (d, e, features) = (part.width(), part.heads.width, self.z.len());
        let queries = part.heads.queries();
        self.z.fill(0.0);
        let outputs = out.chunks_exact(d).zip(dout.chunks_exact(d));
        let mapped = scratch
            .q
            .chunks_exact(features)
            .zip(self.q.chunks_exact_mut(features));
        let numerators = self.numerator.chunks_exact_mut(e);
        for (((out, dout), (q, dq)), dn) in outputs.zip(mapped).zip(numerators) {
            let denominator = dot(q, &scratch.z) + ATTENTION_EPSILON;
            for (dn, dout) in dn.iter_mut().zip(&dout[part.col..]) {
                *dn = dout / denominator;
            }
            let dd = -dot(&out[part.col..][..e], dn);
            for (dq, z) in dq.iter_mut().zip(&scratch.z) {
                *dq = dd * z;
            }
            axpy(&mut self.z, dd, q);
        }
        transpose(&scratch.s, features, e, &mut self.transposed);
        multiply(
            &mut self.q,
            rows(&self.numerator, e),
            &self.transposed,
            [queries, features, e],
            [features, features],
            Then::Add,
        );
        multiply(
            &mut self.s,
            columns(&scratch.q, features),
            &self.numerator,
            [features, e, queries],
            [e, e],
            Then::Store,
        );
    }

    /// `dK`, and `dV` in place.
    #[inline(always)]
    fn of_key(&mut self, part: Part, scratch: &Scratch, dqkv: &mut [f32]) {
        let (d, e, features) = (part.width(), part.heads.width, self.z.len());
        let tokens = part.heads.tokens;
        for dk in self.k.chunks_exact_mut(features) {
            dk.copy_from_slice(&self.z);
        }
        transpose(&self.s, features, e, &mut self.transposed);
        multiply(
            &mut self.k,
            rows(part.values(), 3 * d),
            &self.transposed,
            [tokens, features, e],
            [features, features],
            Then::Add,
        );
        multiply(
            &mut dqkv[2 * d + part.col..],
            rows(&scratch.k, features),
            &self.s,
            [tokens, e, features],
            [e, 3 * d],
            Then::Add,
        );
    }

    /// Gradient through the feature map to queries and keys.
    #[inline(always)]
    fn pull_back(&self, part: Part, scratch: &Scratch, dqkv: &mut [f32]) {
        let (d, e, features) = (part.width(), part.heads.width, self.z.len());
        let map = &part.heads.map;
        let first = part.heads.query.unwrap_or(0);
        let queries = scratch
            .q
            .chunks_exact(features)
            .zip(self.q.chunks_exact(features));
        let rows = dqkv.chunks_exact_mut(3 * d).skip(first);
        for ((x, dx), (g, dg)) in part.queries().zip(rows).zip(queries) {
            feature_map::pull_back(map, x, g, dg, &mut dx[part.col..][..e]);
        }
        let keys = scratch
            .k
            .chunks_exact(features)
            .zip(self.k.chunks_exact(features));
        for ((x, dx), (g, dg)) in part.rows(1).zip(dqkv.chunks_exact_mut(3 * d)).zip(keys) {
            feature_map::pull_back(map, x, g, dg, &mut dx[d + part.col..][..e]);
        }
    }
}
