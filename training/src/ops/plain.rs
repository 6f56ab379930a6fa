//! Operators of dfdx only: slower, the reference for the fused ones.

use std::sync::Arc;

use controller::performer::FeatureMap;
use dfdx::prelude::{
    Axes2, Axes4, Axis, Backward, BroadcastTo, Cpu, CpuError, HasShape, MaxTo, OwnedTape,
    PermuteTo, PutTape, Rank0, ReshapeTo, SplitTape, SumTo, Tape, Tensor, TensorFromVec, TryMatMul,
    WithEmptyTape, ZerosTensor,
};

use super::feature_map::{RELU_OFFSET, Side, scale};
use super::{ATTENTION_EPSILON, Affine, Heads, NORM_EPSILON, Operators, Pool, Span, Then};

type Matrix = Tensor<(usize, usize), f32, Cpu>;
type Taped = OwnedTape<f32, Cpu>;
/// `[batch, heads, tokens, columns]`
type Split = Tensor<(usize, usize, usize, usize), f32, Cpu, Taped>;

/// The reference operators.
pub struct Plain {
    tape: Taped,
    device: Cpu,
    weights: Arc<Vec<f32>>,
    /// Tensors created from weights so far.
    made: Vec<(Span, Matrix)>,
}

impl Plain {
    fn weight(&mut self, span: Span) -> Matrix {
        let data = self.weights[span.range()].to_vec();
        let tensor = self.device.tensor_from_vec(data, (span.rows, span.cols));
        self.made.push((span, tensor.clone()));
        tensor
    }

    /// A vector repeated for every row of a matrix.
    fn row(&mut self, span: Span, rows: usize) -> Tensor<(usize, usize), f32, Cpu, Taped> {
        self.weight(span)
            .put_tape(Taped::default())
            .reshape_like(&(span.cols,))
            .broadcast_like::<_, Axis<0>>(&(rows, span.cols))
    }

    fn begin(&mut self, x: &Matrix) -> Tensor<(usize, usize), f32, Cpu, Taped> {
        x.clone().put_tape(std::mem::take(&mut self.tape))
    }

    fn end(&mut self, y: Tensor<(usize, usize), f32, Cpu, Taped>) -> Matrix {
        let (y, tape) = y.split_tape();
        self.tape = tape;
        y
    }

    /// `[batch, heads, tokens, width]` of one third of the columns.
    fn third(
        qkv: Tensor<(usize, usize), f32, Cpu, Taped>,
        third: usize,
        rows: std::ops::Range<usize>,
        heads: &Heads,
    ) -> Split {
        let width = heads.heads * heads.width;
        let batch = qkv.shape().0 / heads.tokens;
        qkv.reshape_like(&(batch, heads.tokens, 3 * width))
            .slice((0..batch, rows.clone(), third * width..(third + 1) * width))
            .reshape_like(&(batch, rows.len(), heads.heads, heads.width))
            .permute::<(usize, usize, usize, usize), Axes4<0, 2, 1, 3>>()
    }

    fn map(&self, x: Split, map: &FeatureMap, side: Side) -> Split {
        let FeatureMap::Favor {
            projection,
            features,
        } = map
        else {
            return x.relu() + RELU_OFFSET;
        };
        let (batch, heads, tokens, width) = *x.shape();
        let shape = (batch, heads, tokens, *features);
        let x = x * scale(width);
        let half_square = x.with_empty_tape().square().sum::<_, Axis<3>>() * 0.5;
        let projection: Tensor<(usize, usize), f32, Cpu> = self
            .device
            .tensor_from_vec(projection.clone(), (*features, width));
        let projected = x
            .reshape_like(&(batch * heads * tokens, width))
            .matmul(projection.permute::<(usize, usize), Axes2<1, 0>>())
            .reshape_like(&shape);
        let (exponent, tape) =
            (projected - half_square.broadcast_like::<_, Axis<3>>(&shape)).split_tape();
        let most = exponent.clone().max::<_, Axis<3>>();
        let most = match side {
            Side::Query => most.broadcast_like::<_, Axis<3>>(&shape),
            Side::Key => most
                .max::<_, Axis<2>>()
                .broadcast_like::<_, Axes2<2, 3>>(&shape),
        };
        (exponent.put_tape(tape) - most).exp() * (*features as f32).sqrt().recip()
    }
}

impl Operators for Plain {
    type Value = Matrix;

    fn new(weights: Arc<Vec<f32>>, _: Arc<Pool>) -> Self {
        Self {
            tape: Taped::default(),
            device: Cpu::default(),
            weights,
            made: Vec::new(),
        }
    }

    fn input(&mut self, data: Vec<f32>, rows: usize, cols: usize) -> Matrix {
        self.device.tensor_from_vec(data, (rows, cols))
    }

    fn linear(&mut self, x: &Matrix, layer: Affine, then: Then<Matrix>) -> Matrix {
        let weight = self.weight(layer.weight);
        let bias = self.row(layer.bias, x.shape().0);
        let y = self.begin(x).matmul(weight) + bias;
        let y = match then {
            Then::Nothing => y,
            Then::Relu => y.relu(),
            Then::Add(residual) => y + residual.clone(),
        };
        self.end(y)
    }

    fn layer_norm(&mut self, x: &Matrix, norm: Affine) -> Matrix {
        let gain = self.row(norm.weight, x.shape().0);
        let offset = self.row(norm.bias, x.shape().0);
        let y = self.begin(x).normalize::<Axis<1>>(NORM_EPSILON) * gain + offset;
        self.end(y)
    }

    fn embed(&mut self, x: &Matrix, position: Span, state: &Matrix) -> Matrix {
        let (rows, width) = *x.shape();
        let shape = (rows / position.rows, position.rows, width);
        let position = self.weight(position).put_tape(Taped::default());
        let y = self.begin(x).reshape_like(&shape)
            + position.broadcast_like::<_, Axis<0>>(&shape)
            + state
                .clone()
                .put_tape(Taped::default())
                .broadcast_like::<_, Axis<1>>(&shape);
        self.end(y.reshape_like(&(rows, width)))
    }

    fn attention(&mut self, qkv: &Matrix, heads: &Heads) -> Matrix {
        let asking = heads
            .query
            .map_or(0..heads.tokens, |token| token..token + 1);
        let queries = asking.len();
        let q = self.begin(qkv);
        let (k, v) = (q.with_empty_tape(), q.with_empty_tape());
        let q = self.map(Self::third(q, 0, asking, heads), &heads.map, Side::Query);
        let k = self.map(
            Self::third(k, 1, 0..heads.tokens, heads),
            &heads.map,
            Side::Key,
        );
        let v = Self::third(v, 2, 0..heads.tokens, heads);
        let batch = v.shape().0;
        let total = k
            .with_empty_tape()
            .sum::<_, Axis<2>>()
            .broadcast_like::<_, Axis<2>>(q.shape());
        let denominator = (q.with_empty_tape() * total).sum::<_, Axis<3>>() + ATTENTION_EPSILON;
        let summary = k
            .permute::<(usize, usize, usize, usize), Axes4<0, 1, 3, 2>>()
            .matmul(v);
        let numerator = q.matmul(summary);
        let denominator = denominator.broadcast_like::<_, Axis<3>>(numerator.shape());
        let out = (numerator / denominator)
            .permute::<(usize, usize, usize, usize), Axes4<0, 2, 1, 3>>()
            .reshape_like(&(batch * queries, heads.heads * heads.width));
        self.end(out)
    }

    fn select(&mut self, x: &Matrix, tokens: usize, token: usize) -> Matrix {
        let (rows, width) = *x.shape();
        let batch = rows / tokens;
        let y = self
            .begin(x)
            .reshape_like(&(batch, tokens, width))
            .slice((0..batch, token..token + 1, 0..width))
            .reshape_like(&(batch, width));
        self.end(y)
    }

    fn read(&self, x: &Matrix) -> Vec<f32> {
        x.as_vec()
    }

    fn backward(
        mut self,
        output: &Matrix,
        cotangent: &[f32],
        gradient: &mut Vec<f32>,
    ) -> Result<(), CpuError> {
        let (key, cotangent) = (output.clone(), cotangent.to_vec());
        self.tape.add_backward_op(move |gradients| {
            gradients
                .get_or_alloc_mut(&key)?
                .copy_from_slice(&cotangent);
            Ok(())
        });
        let root: Tensor<Rank0, f32, Cpu> = self.device.zeros();
        let mut gradients = root.put_tape(self.tape).try_backward()?;
        for (span, tensor) in &self.made {
            let of_weight = gradients.get_or_alloc_mut(tensor)?;
            for (sum, term) in gradient[span.range()].iter_mut().zip(&**of_weight) {
                *sum += term;
            }
        }
        Ok(())
    }
}
