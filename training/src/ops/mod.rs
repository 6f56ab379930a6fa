//! What a Performer is computed with: one network definition, two sets of operators.
//!
//! [`Plain`] strings dfdx's own operations together; its gradient is dfdx's alone. [`Fast`] puts fused operations
//! with hand-written derivatives on the same tape. The two agree, which is the proof of the second.

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

/// Where a weight lies among all weights, and its shape; a vector is one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Index of its first number.
    pub start: usize,
    /// Rows, the inputs of a layer.
    pub rows: usize,
    /// Columns, the outputs of a layer.
    pub cols: usize,
}

impl Span {
    /// Its place in the list of all weights.
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

/// What follows a linear layer at once.
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
    /// Tokens of a sample.
    pub tokens: usize,
    /// Heads.
    pub heads: usize,
    /// Columns of a head.
    pub width: usize,
    /// The one token that asks; all do when `None`.
    pub query: Option<usize>,
    /// What queries and keys are mapped by.
    pub map: Arc<FeatureMap>,
}

impl Heads {
    /// Tokens that ask, of a sample.
    pub fn queries(&self) -> usize {
        if self.query.is_some() { 1 } else { self.tokens }
    }
}

/// Added to the denominator of attention.
pub const ATTENTION_EPSILON: f32 = 1e-6;
/// Added to the variance of a layer norm.
pub const NORM_EPSILON: f32 = 1e-5;

/// Operations that remember how to be differentiated. Values are matrices of a batch, `[rows, cols]`.
pub trait Operators {
    /// A matrix, cheap to clone.
    type Value: Clone;

    /// Operators over `weights`, all tensors one after another, with memory from `pool`.
    fn new(weights: Arc<Vec<f32>>, pool: Arc<Pool>) -> Self;

    /// A matrix that no gradient is asked of.
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

    /// The numbers of a value, row by row.
    fn read(&self, x: &Self::Value) -> Vec<f32>;

    /// Runs the tape backward from `cotangent`, the gradient of `output`, and adds the gradient of
    /// all weights to `gradient`.
    fn backward(
        self,
        output: &Self::Value,
        cotangent: &[f32],
        gradient: &mut Vec<f32>,
    ) -> Result<(), CpuError>;
}
