//! The forward pass of `controller::performer::Performer`, in operations of ONNX.
//!
//! ```text
//! x = patches W_p + b_p + position + state MLP                       [1, tokens, width]
//! layer:  x += out(attention(qkv(LN x))),  x += mlp(LN x)
//! attention: g(q) S / (g(q) z + ε),   S = g(k)' v,   z = sum of g(k)   [1, heads, ..]
//! raw = head(LN(x of the readout token))
//! ```
//!
//! The last layer computes only the readout token, as in the inference engine of this project.

use std::ops::Range;

use controller::performer::{
    ATTENTION_EPSILON, AttentionKernel, NORM_EPSILON, PerformerConfig, RELU_FLOOR, Weights,
    projection,
};

use super::graph::GraphBuilder;
use super::messages::{Attribute, Graph};
use super::{PATCHES, RAW, STATE};

/// The operations and constants of a network.
pub(super) fn graph(weights: &Weights) -> Graph {
    let mut network = Network {
        weights,
        graph: GraphBuilder::default(),
    };
    network.constants();
    network.forward();
    network.graph.finish()
}

/// Names of constants that several operations share.
const FLOOR: &str = "attention.relu_floor";
const EPSILON: &str = "attention.epsilon";
const PROJECTION: &str = "attention.projection";
const HALF: &str = "attention.half";
const ROOT: &str = "attention.root";
const LAST_AXIS: &str = "attention.last_axis";

struct Network<'a> {
    weights: &'a Weights,
    graph: GraphBuilder,
}

impl<'a> Network<'a> {
    fn config(&self) -> &'a PerformerConfig {
        self.weights.config()
    }

    fn constants(&mut self) {
        let (config, graph) = (self.config(), &mut self.graph);
        let width = config.head_width();
        graph.floats(EPSILON.to_owned(), &[1], [ATTENTION_EPSILON]);
        graph.integers(LAST_AXIS.to_owned(), &[3]);
        match config.attention {
            AttentionKernel::Relu => {
                graph.floats(FLOOR.to_owned(), &[1], [RELU_FLOOR]);
            }
            AttentionKernel::Favor { features, seed } => {
                let scale = (width as f32).powf(-0.25);
                let rows = projection(width, features, seed);
                // transposed, including the factor width^(-1/4) of queries and keys
                let columns = (0..width).flat_map(|column| {
                    let rows = &rows;
                    (0..features).map(move |row| scale * rows[row * width + column])
                });
                graph.floats(PROJECTION.to_owned(), &[width, features], columns);
                graph.floats(HALF.to_owned(), &[1], [0.5 * scale * scale]);
                graph.floats(ROOT.to_owned(), &[1], [(features as f32).sqrt()]);
            }
        }
    }

    fn forward(&mut self) {
        let config = self.config();
        let mut x = self.embedding();
        for layer in 0..config.layers {
            let is_last = layer + 1 == config.layers;
            x = self.layer(&format!("layers.{layer}"), &x, is_last);
        }
        let normed = self.norm("norm", &x);
        let head = self.mlp("head", &normed);
        let shape = self
            .graph
            .integers("raw.shape".to_owned(), &[1, config.outputs() as i64]);
        self.node("Reshape", &[&head, &shape], RAW);
    }

    /// `[1, tokens, width]`.
    fn embedding(&mut self) -> String {
        let state = self.mlp("state", STATE);
        let position = self.tensor("position");
        let patches = self.linear("patch", PATCHES);
        let placed = self.node("Add", &[&patches, &position], "embedding.placed");
        self.node("Add", &[&placed, &state], "embedding")
    }

    /// `[1, tokens, width]` to the same, or to `[1, 1, width]` in the last layer.
    fn layer(&mut self, name: &str, x: &str, is_last: bool) -> String {
        let width = self.config().width;
        let normed = self.norm(&format!("{name}.norm1"), x);
        let qkv = format!("{name}.qkv");
        let part = |part: &str| format!("{name}.{part}");
        let (x, q, k, v, queries) = if is_last {
            let readout = self.readout(x, &part("x"));
            let asking = self.readout(&normed, &part("asking"));
            let q = self.linear_part(&qkv, 0..width, &asking, &part("q"));
            let kv = self.linear_part(&qkv, width..3 * width, &normed, &part("kv"));
            let [k, v] = self.graph.split(&kv, [part("k"), part("v")]);
            (readout, q, k, v, 1)
        } else {
            let qkv = self.linear(&qkv, &normed);
            let [q, k, v] = self.graph.split(&qkv, [part("q"), part("k"), part("v")]);
            (x.to_owned(), q, k, v, self.config().tokens())
        };
        let attended = self.attention(name, [&q, &k, &v], queries);
        let out = self.linear(&part("out"), &attended);
        let x = self.node("Add", &[&x, &out], &part("after_attention"));
        let normed = self.norm(&part("norm2"), &x);
        let mlp = self.mlp(&part("mlp"), &normed);
        self.node("Add", &[&x, &mlp], &part("after_mlp"))
    }

    /// Queries `[1, queries, width]`, keys and values `[1, tokens, width]` to `[1, queries, width]`.
    fn attention(&mut self, layer: &str, [q, k, v]: [&str; 3], queries: usize) -> String {
        let (tokens, width) = (self.config().tokens(), self.config().width);
        let part = |part: &str| format!("{layer}.attention.{part}");
        let q = self.heads(q, queries);
        let k = self.heads(k, tokens);
        let v = self.heads(v, tokens);
        let q = self.features(&q, false);
        let k = self.features(&k, true);
        let transposed = vec![Attribute::integers("perm", &[0, 1, 3, 2])];
        let k = self
            .graph
            .node("Transpose", &[&k], part("keys"), transposed);
        let summary = self.node("MatMul", &[&k, &v], &part("summary"));
        let mass = self.node("ReduceSum", &[&k, LAST_AXIS], &part("mass"));
        let above = self.node("MatMul", &[&q, &summary], &part("numerator"));
        let mass = self.node("MatMul", &[&q, &mass], &part("weight"));
        let below = self.node("Add", &[&mass, EPSILON], &part("denominator"));
        let heads = self.node("Div", &[&above, &below], &part("heads"));
        let rows = vec![Attribute::integers("perm", &[0, 2, 1, 3])];
        let rows = self.graph.node("Transpose", &[&heads], part("rows"), rows);
        let shape = [1, queries as i64, width as i64];
        let shape = self.graph.integers(part("shape"), &shape);
        self.node("Reshape", &[&rows, &shape], &part("out"))
    }

    /// `[1, rows, width]` to `[1, heads, rows, head_width]`.
    fn heads(&mut self, x: &str, rows: usize) -> String {
        let (heads, width) = (self.config().heads, self.config().head_width());
        let shape = [1, rows as i64, heads as i64, width as i64];
        let shape = self.graph.integers(format!("{x}.shape"), &shape);
        let cut = self.node("Reshape", &[x, &shape], &format!("{x}.cut"));
        let order = vec![Attribute::integers("perm", &[0, 2, 1, 3])];
        self.graph
            .node("Transpose", &[&cut], format!("{x}.heads"), order)
    }

    /// `g` of `[1, heads, rows, head_width]`: `[1, heads, rows, features]`. Keys share their
    /// stabiliser, every query has its own.
    fn features(&mut self, x: &str, are_keys: bool) -> String {
        let part = |part: &str| format!("{x}.{part}");
        match self.config().attention {
            AttentionKernel::Relu => {
                let rectified = self.node("Relu", &[x], &part("rectified"));
                self.node("Add", &[&rectified, FLOOR], &part("features"))
            }
            AttentionKernel::Favor { .. } => {
                let along = self.node("MatMul", &[x, PROJECTION], &part("along"));
                let squares = self.node("Mul", &[x, x], &part("squares"));
                let square = self.node("ReduceSum", &[&squares, LAST_AXIS], &part("square"));
                let half = self.node("Mul", &[&square, HALF], &part("half"));
                let exponents = self.node("Sub", &[&along, &half], &part("exponents"));
                let axes: &[i64] = if are_keys { &[2, 3] } else { &[3] };
                let axes = vec![Attribute::integers("axes", axes)];
                let highest = part("highest");
                let highest = self.graph.node("ReduceMax", &[&exponents], highest, axes);
                let below = self.node("Sub", &[&exponents, &highest], &part("below"));
                let exponentials = self.node("Exp", &[&below], &part("exponentials"));
                self.node("Div", &[&exponentials, ROOT], &part("features"))
            }
        }
    }

    /// The row of the readout token, `[1, 1, width]`.
    fn readout(&mut self, x: &str, output: &str) -> String {
        let row = [self.config().readout() as i64];
        let row = self.graph.integers(format!("{output}.row"), &row);
        let rows = vec![Attribute::integer("axis", 1)];
        self.graph
            .node("Gather", &[x, &row], output.to_owned(), rows)
    }

    /// Two linear layers and a rectifier in between.
    fn mlp(&mut self, name: &str, x: &str) -> String {
        let inner = self.linear(&format!("{name}.0"), x);
        let hidden = self.node("Relu", &[&inner], &format!("{name}.hidden"));
        self.linear(&format!("{name}.1"), &hidden)
    }

    fn norm(&mut self, name: &str, x: &str) -> String {
        let [weight, bias] = ["weight", "bias"].map(|part| self.tensor(&format!("{name}.{part}")));
        let attributes = vec![
            Attribute::integer("axis", -1),
            Attribute::float("epsilon", NORM_EPSILON),
        ];
        let inputs = [x, &weight, &bias];
        self.graph
            .node("LayerNormalization", &inputs, name.to_owned(), attributes)
    }

    fn linear(&mut self, name: &str, x: &str) -> String {
        let [weight, bias] = ["weight", "bias"].map(|part| self.tensor(&format!("{name}.{part}")));
        let product = self.node("MatMul", &[x, &weight], &format!("{name}.product"));
        self.node("Add", &[&product, &bias], name)
    }

    /// Some columns of a linear layer.
    fn linear_part(&mut self, name: &str, columns: Range<usize>, x: &str, output: &str) -> String {
        let [weight, bias] =
            ["weight", "bias"].map(|part| self.values(&format!("{name}.{part}")).1);
        let (inputs, count) = (weight.len() / bias.len(), columns.len());
        let rows = weight.chunks_exact(bias.len());
        let cut = rows.flat_map(|row| row[columns.clone()].iter().copied());
        let weight = format!("{output}.weight");
        let weight = self.graph.floats(weight, &[inputs, count], cut);
        let bias = bias[columns].iter().copied();
        let bias = self.graph.floats(format!("{output}.bias"), &[count], bias);
        let product = self.node("MatMul", &[x, &weight], &format!("{output}.product"));
        self.node("Add", &[&product, &bias], output)
    }

    /// A tensor of the weights as a constant of the same name.
    fn tensor(&mut self, name: &str) -> String {
        let (shape, values) = self.values(name);
        self.graph
            .floats(name.to_owned(), &shape, values.iter().copied())
    }

    /// Shape and values of a tensor of the weights; `Weights` hold every tensor of their shape.
    fn values(&self, name: &str) -> (Vec<usize>, &'a [f32]) {
        let tensors = self.config().tensors().into_iter();
        let found = tensors
            .zip(self.weights.tensors())
            .find(|((other, _), _)| other == name);
        found.map_or((Vec::new(), &[]), |((_, shape), values)| (shape, values))
    }

    /// An operation without attributes.
    fn node(&mut self, op_type: &str, inputs: &[&str], output: &str) -> String {
        self.graph
            .node(op_type, inputs, output.to_owned(), Vec::new())
    }
}
