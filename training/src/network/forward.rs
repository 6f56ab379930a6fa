//! Forward and backward pass of a batch.
//!
//! ```text
//! s = state.1(relu(state.0(state))),   x = patch(patches) + position + s
//! x <- x + out(attention(qkv(norm1(x)))),   x <- x + mlp.1(relu(mlp.0(norm2(x)))),   every layer
//! raw = head.1(relu(head.0(norm(x_readout))))
//! ```
//!
//! The last layer computes the readout token only.

use std::sync::Arc;

use controller::performer::{FeatureMap, PerformerConfig, STATE_LEN};

use super::layout::Layout;
use super::{Batch, NetworkError};
use crate::ops::{Fast, Heads, Operators, Then};

/// Outputs of a batch and the tape of its backward pass.
pub struct Forward<O: Operators = Fast> {
    raw: Vec<f32>,
    operators: O,
    output: O::Value,
    weights: usize,
}

impl<O: Operators> Forward<O> {
    pub(super) fn new(operators: O, output: O::Value, weights: usize) -> Self {
        Self {
            raw: operators.read(&output),
            operators,
            output,
            weights,
        }
    }

    /// `[len, outputs]` raw outputs.
    pub fn raw(&self) -> &[f32] {
        &self.raw
    }

    /// Adds the gradient of all weights for a cotangent of the raw outputs. The tape takes
    /// `gradient` for the duration of the backward pass, hence a `Vec`.
    pub fn backward(self, cotangent: &[f32], gradient: &mut Vec<f32>) -> Result<(), NetworkError> {
        NetworkError::ensure("cotangent", self.raw.len(), cotangent.len())?;
        NetworkError::ensure("gradient", self.weights, gradient.len())?;
        self.operators
            .backward(&self.output, cotangent, gradient)
            .map_err(NetworkError::Tape)
    }
}

/// The network.
pub(super) fn run<O: Operators>(
    operators: &mut O,
    layout: &Layout,
    config: &PerformerConfig,
    map: &Arc<FeatureMap>,
    batch: &Batch,
) -> O::Value {
    let tokens = config.tokens();
    let state = operators.input(batch.states.clone(), batch.len, STATE_LEN);
    let hidden = operators.linear(&state, layout.state[0], Then::Relu);
    let state = operators.linear(&hidden, layout.state[1], Then::Nothing);
    let patches = operators.input(
        batch.patches(config),
        batch.len * tokens,
        config.patch_len(),
    );
    let embedded = operators.linear(&patches, layout.patch, Then::Nothing);
    let mut x = operators.embed(&embedded, layout.position, &state);
    for (index, layer) in layout.layers.iter().enumerate() {
        let last = index + 1 == config.layers;
        let heads = Heads {
            tokens,
            heads: config.heads,
            width: config.head_width(),
            query: last.then(|| config.readout()),
            map: map.clone(),
        };
        let normed = operators.layer_norm(&x, layer.norm1);
        let qkv = operators.linear(&normed, layer.qkv, Then::Nothing);
        let attended = operators.attention(&qkv, &heads);
        if last {
            x = operators.select(&x, tokens, config.readout());
        }
        x = operators.linear(&attended, layer.out, Then::Add(&x));
        let normed = operators.layer_norm(&x, layer.norm2);
        let hidden = operators.linear(&normed, layer.mlp[0], Then::Relu);
        x = operators.linear(&hidden, layer.mlp[1], Then::Add(&x));
    }
    let normed = operators.layer_norm(&x, layout.norm);
    let hidden = operators.linear(&normed, layout.head[0], Then::Relu);
    operators.linear(&hidden, layout.head[1], Then::Nothing)
}
