//! The forward pass.
//!
//! ```text
//! x = patches W_p + b_p + position + state MLP                       [tokens, width]
//! layer:  x += out(attention(qkv(LN x))),  x += mlp(LN x)
//! y = LN(x of the readout token),  raw = head(y)
//! ```
//!
//! In the last layer the readout token alone is carried on: all that is needed of the others
//! there are their keys and values.

use super::attention::{FeatureMap, LinearAttention, Rows};
use super::kernels::{Kernel, Linear, Scratch, Then};
use super::norm::Norm;
use super::{PerformerConfig, View, Weights};

/// Two linear layers and a rectifier in between.
#[derive(Debug, Clone)]
struct Mlp {
    inner: Linear,
    outer: Linear,
}

impl Mlp {
    fn apply(
        &self,
        x: &[f32],
        hidden: &mut [f32],
        out: &mut [f32],
        then: Then,
        scratch: &mut Scratch,
    ) {
        self.inner.apply(x, hidden, Then::Relu, scratch);
        self.outer.apply(hidden, out, then, scratch);
    }
}

/// One attention block.
#[derive(Debug, Clone)]
struct Layer {
    norm1: Norm,
    q: Linear,
    /// Keys and values.
    kv: Linear,
    out: Linear,
    norm2: Norm,
    mlp: Mlp,
}

/// A network ready to run, with its workspace.
#[derive(Debug, Clone)]
pub struct Performer {
    config: PerformerConfig,
    patch: Linear,
    state: Mlp,
    position: Vec<f32>,
    layers: Vec<Layer>,
    norm: Norm,
    head: Mlp,
    attention: LinearAttention,
    workspace: Workspace,
    raw: Vec<f32>,
}

/// Activations, `[tokens, ..]` each.
#[derive(Debug, Clone)]
struct Workspace {
    patches: Vec<f32>,
    x: Vec<f32>,
    normed: Vec<f32>,
    q: Vec<f32>,
    kv: Vec<f32>,
    attended: Vec<f32>,
    hidden: Vec<f32>,
    scratch: Scratch,
}

impl Performer {
    /// A network that computes in single precision.
    pub fn new(weights: &Weights) -> Self {
        Self::with_kernel(weights, Kernel::Reference)
    }

    /// A network that computes as `kernel` says.
    pub fn with_kernel(weights: &Weights, kernel: Kernel) -> Self {
        let config = weights.config().clone();
        let names = config.tensors();
        let tensor = |name: &str| -> &[f32] {
            let index = names.iter().position(|(other, _)| other == name);
            // `Weights` hold every tensor of their shape
            index.map_or(&[], |index| &weights.tensors()[index])
        };
        let part_by = |kernel, name: &str, outputs| {
            let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
            Linear::new(kernel, tensor(&weight), tensor(&bias), outputs)
        };
        let part = |name: &str, outputs| part_by(kernel, name, outputs);
        let linear_by =
            |kernel, name: &str| part_by(kernel, name, 0..tensor(&format!("{name}.bias")).len());
        let linear = |name: &str| linear_by(kernel, name);
        let mlp_by = |kernel, name: &str| Mlp {
            inner: linear_by(kernel, &format!("{name}.0")),
            outer: linear_by(kernel, &format!("{name}.1")),
        };
        let mlp = |name: &str| mlp_by(kernel, name);
        // small, and what they round is not averaged by what follows
        let at_ends = match kernel {
            Kernel::Int8 => Kernel::Bf16,
            other => other,
        };
        let norm = |name: &str| Norm {
            weight: tensor(&format!("{name}.weight")).to_vec(),
            bias: tensor(&format!("{name}.bias")).to_vec(),
        };
        let (n, d) = (config.tokens(), config.width);
        let layers = (0..config.layers)
            .map(|layer| Layer {
                norm1: norm(&format!("layers.{layer}.norm1")),
                q: part(&format!("layers.{layer}.qkv"), 0..d),
                kv: part(&format!("layers.{layer}.qkv"), d..3 * d),
                out: linear(&format!("layers.{layer}.out")),
                norm2: norm(&format!("layers.{layer}.norm2")),
                mlp: mlp(&format!("layers.{layer}.mlp")),
            })
            .collect();
        let zeros = |len: usize| vec![0.0; len];
        Self {
            patch: linear("patch"),
            state: mlp_by(at_ends, "state"),
            position: tensor("position").to_vec(),
            layers,
            norm: norm("norm"),
            head: mlp_by(at_ends, "head"),
            attention: LinearAttention::new(
                FeatureMap::new(&config.attention, config.head_width()),
                config.heads,
                config.head_width(),
            ),
            workspace: Workspace {
                patches: zeros(n * config.patch_len()),
                x: zeros(n * d),
                normed: zeros(n * d),
                q: zeros(n * d),
                kv: zeros(n * 2 * d),
                attended: zeros(n * d),
                hidden: zeros(n * config.mlp_width.max(d)),
                scratch: Scratch::default(),
            },
            raw: zeros(config.outputs()),
            config,
        }
    }

    /// Shape of the network.
    pub fn config(&self) -> &PerformerConfig {
        &self.config
    }

    /// Raw outputs `[outputs()]` for a view of this network's [`super::ViewSettings`].
    ///
    /// # Panics
    /// When the view's image is of another size.
    pub fn forward(&mut self, view: &View) -> &[f32] {
        self.embed(view);
        let (n, d) = (self.config.tokens(), self.config.width);
        let mlp_width = self.config.mlp_width;
        let readout = self.config.readout();
        let Workspace {
            x,
            normed,
            q,
            kv,
            attended,
            hidden,
            scratch,
            ..
        } = &mut self.workspace;
        let last = self.layers.len() - 1;
        for (index, layer) in self.layers.iter().enumerate() {
            layer.norm1.apply(x, normed);
            layer.kv.apply(normed, kv, Then::Store, scratch);
            // rows that are carried on
            let (first, count) = if index == last { (readout, 1) } else { (0, n) };
            let rows = first * d..(first + count) * d;
            let (q, attended) = (&mut q[..count * d], &mut attended[..count * d]);
            layer
                .q
                .apply(&normed[rows.clone()], q, Then::Store, scratch);
            let keys = Rows {
                values: kv,
                stride: 2 * d,
            };
            let values = Rows {
                values: &kv[d..],
                stride: 2 * d,
            };
            let queries = Rows {
                values: q,
                stride: d,
            };
            self.attention.attend(queries, keys, values, attended);
            let (x, normed) = (&mut x[rows.clone()], &mut normed[rows]);
            layer.out.apply(attended, x, Then::Add, scratch);
            layer.norm2.apply(x, normed);
            let hidden = &mut hidden[..count * mlp_width];
            layer.mlp.apply(normed, hidden, x, Then::Add, scratch);
        }
        let normed = &mut normed[..d];
        self.norm.apply(&x[readout * d..][..d], normed);
        self.head.apply(
            normed,
            &mut hidden[..d],
            &mut self.raw,
            Then::Store,
            scratch,
        );
        &self.raw
    }

    /// Patches, places and state become the first tokens.
    fn embed(&mut self, view: &View) {
        let config = &self.config;
        let (cells, side) = (config.view.cells, config.patch);
        assert_eq!(view.image.len(), config.view.channels() * cells * cells);
        let Workspace {
            patches,
            x,
            normed,
            hidden,
            scratch,
            ..
        } = &mut self.workspace;
        let tokens_a_row = cells / side;
        let patch_len = config.patch_len();
        for (line, image_row) in view.image.chunks_exact(cells).enumerate() {
            let (channel, row) = (line / cells, line % cells);
            let in_patch = (channel * side + row % side) * side;
            for (column, run) in image_row.chunks_exact(side).enumerate() {
                let token = row / side * tokens_a_row + column;
                let patch = &mut patches[token * patch_len + in_patch..][..side];
                for (out, &value) in patch.iter_mut().zip(run) {
                    *out = f32::from(value) / 255.0;
                }
            }
        }
        let d = config.width;
        let state = &mut normed[..d];
        self.state
            .apply(&view.state, &mut hidden[..d], state, Then::Store, scratch);
        for (x, position) in x.chunks_exact_mut(d).zip(self.position.chunks_exact(d)) {
            for ((x, position), state) in x.iter_mut().zip(position).zip(&*state) {
                *x = position + state;
            }
        }
        self.patch.apply(patches, x, Then::Add, scratch);
    }
}
