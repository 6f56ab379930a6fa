//! Operators of the Performer: one network definition, two implementations.
//!
//! [`Plain`] composes dfdx's own operations and uses dfdx's gradient. [`Fast`] puts fused
//! operations with hand-written derivatives on the same tape. Tests require that the two agree.

mod attention;
mod fast;
mod feature_map;
mod layer_norm;
mod matmul;
mod plain;
mod pool;
mod product;
mod simd;

pub use fast::Fast;
pub use plain::Plain;
pub use pool::Pool;

use std::sync::Arc;

use controller::performer::FeatureMap;
use dfdx::prelude::CpuError;

/// Position and shape of a tensor in the list of all weights; a vector is one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Index of its first element.
    pub start: usize,
    /// Rows: inputs of a layer.
    pub rows: usize,
    /// Columns: outputs of a layer.
    pub cols: usize,
}

impl Span {
    /// Its range in the list of all weights.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.rows * self.cols
    }
}

/// `y = x W + b`, or gain and offset of a layer norm.
#[derive(Debug, Clone, Copy)]
pub struct Affine {
    /// `[inputs, outputs]` of a linear layer, `[1, width]` of a layer norm.
    pub weight: Span,
    /// `[1, outputs]`.
    pub bias: Span,
}

/// Epilogue of a linear layer.
#[derive(Debug, Clone, Copy)]
pub enum Then<'a, V> {
    /// Nothing.
    Nothing,
    /// `max(y, 0)`.
    Relu,
    /// `y + residual`.
    Add(&'a V),
}

/// Shape of linear attention over a batch.
#[derive(Debug, Clone)]
pub struct Heads {
    /// Tokens per sample.
    pub tokens: usize,
    /// Number of heads.
    pub heads: usize,
    /// Columns per head.
    pub width: usize,
    /// Index of the only query token; all tokens are queries if `None`.
    pub query: Option<usize>,
    /// Feature map of queries and keys.
    pub map: Arc<FeatureMap>,
}

impl Heads {
    /// Queries per sample.
    pub fn queries(&self) -> usize {
        if self.query.is_some() { 1 } else { self.tokens }
    }
}

/// Added to the denominator of attention.
pub const ATTENTION_EPSILON: f32 = 1e-6;
/// Added to the variance of a layer norm.
pub const NORM_EPSILON: f32 = 1e-5;

/// Differentiable operations. Values are matrices of a batch, `[rows, cols]`.
pub trait Operators {
    /// A matrix, cheap to clone.
    type Value: Clone;

    /// Operators over `weights`, all tensors in order, with memory from `pool`.
    fn new(weights: Arc<Vec<f32>>, pool: Arc<Pool>) -> Self;

    /// A matrix without gradient.
    fn input(&mut self, data: Vec<f32>, rows: usize, cols: usize) -> Self::Value;

    /// `then(x W + b)`.
    fn linear(&mut self, x: &Self::Value, layer: Affine, then: Then<Self::Value>) -> Self::Value;

    /// `(x - mean) / sqrt(variance + 1e-5) * gain + offset` of every row.
    fn layer_norm(&mut self, x: &Self::Value, norm: Affine) -> Self::Value;

    /// `x[sample, token] + position[token] + state[sample]`.
    fn embed(&mut self, x: &Self::Value, position: Span, state: &Self::Value) -> Self::Value;

    /// Linear attention: `g(q)' (sum_j g(k_j) v_j') / (g(q)' sum_j g(k_j) + 1e-6)` of every head,
    /// from `[batch * tokens, 3 * heads * width]` to `[batch * queries, heads * width]`.
    fn attention(&mut self, qkv: &Self::Value, heads: &Heads) -> Self::Value;

    /// Row `token` of every sample.
    fn select(&mut self, x: &Self::Value, tokens: usize, token: usize) -> Self::Value;

    /// Elements of a value, row-major.
    fn read(&self, x: &Self::Value) -> Vec<f32>;

    /// Runs the tape backward from `cotangent`, the gradient of `output`. Adds the gradient of all
    /// weights to `gradient`.
    fn backward(
        self,
        output: &Self::Value,
        cotangent: &[f32],
        gradient: &mut Vec<f32>,
    ) -> Result<(), CpuError>;
}
