//! Fused operations on dfdx's tape.
//!
//! A value owns its numbers and registers an empty tensor on the tape; the identity of that tensor
//! is the key of the value's gradient in [`Gradients`]. Gradients are therefore moved instead of
//! zeroed, copied and kept. The gradient of the weights, one long vector under one key, is written
//! to the caller's buffer.

use std::rc::Rc;
use std::sync::Arc;

use dfdx::prelude::{
    Backward, Cpu, CpuError, Gradients, OwnedTape, PutTape, Rank0, Tape, Tensor, TensorFromVec,
    ZerosTensor,
};

use super::matmul::{Matrix, multiply_add};
use super::pool::{Buffer, Pool};
use super::simd::{add, widest};
use super::{Affine, Heads, Operators, Span, Then, attention, layer_norm};

type Key = Tensor<(usize,), f32, Cpu>;
type Grads = Gradients<f32, Cpu>;

/// The fused operators.
pub struct Fast {
    tape: OwnedTape<f32, Cpu>,
    device: Cpu,
    weights: Arc<Vec<f32>>,
    pool: Arc<Pool>,
    /// Key of the gradient of all weights.
    all: Key,
}

/// A matrix, with the key of its gradient if it has one.
#[derive(Clone)]
pub struct Value {
    data: Rc<Buffer>,
    rows: usize,
    cols: usize,
    key: Option<Key>,
}

impl Value {
    fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.data, self.rows, self.cols)
    }
}

/// Gradients during the backward pass.
struct Flow<'a> {
    gradients: &'a mut Grads,
    pool: &'a Arc<Pool>,
}

impl Flow<'_> {
    /// Takes the gradient of a key; empty without one.
    fn take(&mut self, key: &Key) -> Result<Vec<f32>, CpuError> {
        Ok(std::mem::take(self.gradients.get_or_alloc_mut(key)?))
    }

    fn put(&mut self, key: &Key, gradient: Vec<f32>) -> Result<(), CpuError> {
        **self.gradients.get_or_alloc_mut(key)? = gradient;
        Ok(())
    }

    /// Lets `add_to` add to the gradient of a value, if it has one.
    fn accumulate(
        &mut self,
        value: &Value,
        add_to: impl FnOnce(&mut [f32]),
    ) -> Result<(), CpuError> {
        let Some(key) = &value.key else { return Ok(()) };
        let mut gradient = self.take(key)?;
        if gradient.is_empty() {
            gradient = self.pool.zeros(value.data.len()).into_vec();
        }
        add_to(&mut gradient);
        self.put(key, gradient)
    }

    /// Adds a whole gradient; the first one is moved.
    fn accumulate_owned(&mut self, value: &Value, gradient: Buffer) -> Result<(), CpuError> {
        let Some(key) = &value.key else { return Ok(()) };
        let mut sum = self.take(key)?;
        if sum.is_empty() {
            sum = gradient.into_vec();
        } else {
            widest(|| add(&mut sum, &gradient));
        }
        self.put(key, sum)
    }
}

impl Fast {
    fn key(&self) -> Key {
        self.device.tensor_from_vec(Vec::new(), (0,))
    }

    fn value(&self, data: Buffer, cols: usize) -> Value {
        Value {
            rows: data.len() / cols,
            cols,
            data: Rc::new(data),
            key: Some(self.key()),
        }
    }

    fn weight(&self, span: Span) -> &[f32] {
        &self.weights[span.range()]
    }

    /// Records the derivative of `output` on the tape. It receives the gradients of the output, of
    /// all weights and of other values.
    fn record(
        &mut self,
        output: &Value,
        derivative: impl FnOnce(Buffer, &mut [f32], &mut Flow) -> Result<(), CpuError> + 'static,
    ) {
        let (key, all, pool) = (output.key.clone(), self.all.clone(), self.pool.clone());
        self.tape.add_backward_op(move |gradients| {
            let Some(key) = key else { return Ok(()) };
            let mut flow = Flow {
                gradients,
                pool: &pool,
            };
            let of_output = flow.take(&key)?;
            if of_output.is_empty() {
                return Ok(());
            }
            let mut of_weights = flow.take(&all)?;
            derivative(pool.adopt(of_output), &mut of_weights, &mut flow)?;
            flow.put(&all, of_weights)
        });
    }
}

impl Operators for Fast {
    type Value = Value;

    fn new(weights: Arc<Vec<f32>>, pool: Arc<Pool>) -> Self {
        let device = Cpu::default();
        Self {
            tape: OwnedTape::default(),
            all: device.tensor_from_vec(Vec::new(), (0,)),
            device,
            weights,
            pool,
        }
    }

    fn input(&mut self, data: Vec<f32>, rows: usize, cols: usize) -> Value {
        Value {
            data: Rc::new(Buffer::foreign(data)),
            rows,
            cols,
            key: None,
        }
    }

    fn linear(&mut self, x: &Value, layer: Affine, then: Then<Value>) -> Value {
        let Span { rows, cols, .. } = layer.weight;
        let mut y = self.pool.buffer(x.rows * cols);
        for _ in 0..x.rows {
            y.extend_from_slice(self.weight(layer.bias));
        }
        if let Then::Add(residual) = then {
            widest(|| add(&mut y, &residual.data));
        }
        multiply_add(
            &mut y,
            x.matrix(),
            Matrix::new(self.weight(layer.weight), rows, cols),
        );
        let rectified = matches!(then, Then::Relu);
        if rectified {
            widest(|| y.iter_mut().for_each(|y| *y = y.max(0.0)));
        }
        let output = self.value(y, cols);
        let residual = match then {
            Then::Add(residual) => Some(residual.clone()),
            Then::Nothing | Then::Relu => None,
        };
        let (x, weights) = (x.clone(), self.weights.clone());
        let y = rectified.then(|| output.data.clone());
        self.record(&output, move |mut dy, of_weights, flow| {
            if let Some(y) = y {
                widest(|| {
                    for (dy, y) in dy.iter_mut().zip(y.iter()) {
                        *dy = if *y > 0.0 { *dy } else { 0.0 };
                    }
                });
            }
            let of_bias = &mut of_weights[layer.bias.range()];
            widest(|| dy.chunks_exact(cols).for_each(|dy| add(of_bias, dy)));
            let dy_matrix = Matrix::new(&dy, x.rows, cols);
            multiply_add(
                &mut of_weights[layer.weight.range()],
                x.matrix().transposed(),
                dy_matrix,
            );
            flow.accumulate(&x, |dx| {
                let weight = Matrix::new(&weights[layer.weight.range()], rows, cols);
                multiply_add(dx, dy_matrix, weight.transposed());
            })?;
            match residual {
                Some(residual) => flow.accumulate_owned(&residual, dy),
                None => Ok(()),
            }
        });
        output
    }

    fn layer_norm(&mut self, x: &Value, norm: Affine) -> Value {
        let mut y = self.pool.zeros(x.data.len());
        let (gain, offset) = (self.weight(norm.weight), self.weight(norm.bias));
        let moments = layer_norm::forward(&x.data, gain, offset, &mut y);
        let output = self.value(y, x.cols);
        let (x, weights) = (x.clone(), self.weights.clone());
        self.record(&output, move |dy, of_weights, flow| {
            let (mut of_gain, mut of_offset) = (vec![0.0; x.cols], vec![0.0; x.cols]);
            flow.accumulate(&x, |dx| {
                let gain = &weights[norm.weight.range()];
                widest(layer_norm::Backward {
                    x: &x.data,
                    moments: &moments,
                    gain,
                    dy: &dy,
                    dx,
                    dgain: &mut of_gain,
                    doffset: &mut of_offset,
                });
            })?;
            add(&mut of_weights[norm.weight.range()], &of_gain);
            add(&mut of_weights[norm.bias.range()], &of_offset);
            Ok(())
        });
        output
    }

    fn embed(&mut self, x: &Value, position: Span, state: &Value) -> Value {
        let (tokens, width) = (position.rows, position.cols);
        let mut y = self.pool.buffer(x.data.len());
        for (sample, state) in x
            .data
            .chunks_exact(tokens * width)
            .zip(state.data.chunks_exact(width))
        {
            let start = y.len();
            y.extend_from_slice(sample);
            add(&mut y[start..], self.weight(position));
            y[start..]
                .chunks_exact_mut(width)
                .for_each(|y| add(y, state));
        }
        let output = self.value(y, width);
        let (x, state) = (x.clone(), state.clone());
        self.record(&output, move |dy, of_weights, flow| {
            for dy in dy.chunks_exact(tokens * width) {
                add(&mut of_weights[position.range()], dy);
            }
            flow.accumulate(&state, |dstate| {
                let samples = dy.chunks_exact(tokens * width);
                for (dy, dstate) in samples.zip(dstate.chunks_exact_mut(width)) {
                    dy.chunks_exact(width).for_each(|dy| add(dstate, dy));
                }
            })?;
            flow.accumulate_owned(&x, dy)
        });
        output
    }

    fn attention(&mut self, qkv: &Value, heads: &Heads) -> Value {
        let width = heads.heads * heads.width;
        let samples = qkv.rows / heads.tokens;
        let mut out = self.pool.zeros(samples * heads.queries() * width);
        attention::forward(&qkv.data, heads, &mut out);
        let output = self.value(out, width);
        let (qkv, heads, out) = (qkv.clone(), heads.clone(), output.data.clone());
        self.record(&output, move |dout, _, flow| {
            flow.accumulate(&qkv, |dqkv| {
                attention::backward(&qkv.data, &heads, &out, &dout, dqkv);
            })
        });
        output
    }

    fn select(&mut self, x: &Value, tokens: usize, token: usize) -> Value {
        let mut selected = self.pool.buffer(x.data.len() / tokens);
        for row in x.data.chunks_exact(x.cols).skip(token).step_by(tokens) {
            selected.extend_from_slice(row);
        }
        let output = self.value(selected, x.cols);
        let x = x.clone();
        self.record(&output, move |dy, _, flow| {
            flow.accumulate(&x, |dx| {
                let rows = dx.chunks_exact_mut(x.cols).skip(token).step_by(tokens);
                rows.zip(dy.chunks_exact(x.cols))
                    .for_each(|(dx, dy)| add(dx, dy));
            })
        });
        output
    }

    fn read(&self, x: &Value) -> Vec<f32> {
        x.data.to_vec()
    }

    fn backward(
        mut self,
        output: &Value,
        cotangent: &[f32],
        gradient: &mut Vec<f32>,
    ) -> Result<(), CpuError> {
        let Some(key) = output.key.clone() else {
            return Ok(());
        };
        let of_weights = std::mem::take(gradient);
        let mut seed = self.pool.buffer(cotangent.len());
        seed.extend_from_slice(cotangent);
        let (all, pool) = (self.all.clone(), self.pool.clone());
        self.tape.add_backward_op(move |gradients| {
            let mut flow = Flow {
                gradients,
                pool: &pool,
            };
            flow.put(&all, of_weights)?;
            flow.put(&key, seed.into_vec())
        });
        let root: Tensor<Rank0, f32, Cpu> = self.device.zeros();
        let mut gradients = root.put_tape(self.tape).try_backward()?;
        *gradient = std::mem::take(gradients.get_or_alloc_mut(&self.all)?);
        Ok(())
    }
}
