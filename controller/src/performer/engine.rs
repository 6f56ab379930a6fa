//! The forward pass of the network.
//!
//! ```text
//! x = patches W_p + b_p + position + state MLP                       [tokens, width]
//! layer:  x += out(attention(qkv(LN x))),  x += mlp(LN x)
//! y = LN(x of the readout token),  raw = head(y)
//! ```
//!
//! The last layer computes the output of the readout token alone: of the other tokens it needs only
//! keys and values.
// Compiled separately for each instruction set that a caller enables.
#![allow(clippy::inline_always)]

use super::attention::{FeatureMap, LinearAttention, Rows};
use super::kernels::{Backend, Isa, Kernel, Linear, Scratch, SimdKernel, Then};
use super::norm::Norm;
use super::{PerformerConfig, View, Weights};

/// Two linear layers with a rectifier (`relu`) in between.
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

/// A Vision Performer for inference, with its workspace.
#[derive(Debug, Clone)]
pub struct Performer {
    isa: Isa,
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
    /// A network in single precision, with the widest instruction set of this machine.
    pub fn new(weights: &Weights) -> Self {
        let (kernel, isa) = (Kernel::Reference, Isa::best());
        Self::with_backend(weights, Backend { kernel, isa })
    }

    /// A network with the precision and instruction set of `backend`.
    pub fn with_backend(weights: &Weights, backend: Backend) -> Self {
        let config = weights.config().clone();
        let names = config.tensors();
        let tensor = |name: &str| -> &[f32] {
            let index = names.iter().position(|(other, _)| other == name);
            // `Weights` contain every tensor of their shape
            index.map_or(&[], |index| &weights.tensors()[index])
        };
        let part_by = |backend, name: &str, outputs| {
            let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
            Linear::new(backend, tensor(&weight), tensor(&bias), outputs)
        };
        let part = |name: &str, outputs| part_by(backend, name, outputs);
        let linear_by =
            |backend, name: &str| part_by(backend, name, 0..tensor(&format!("{name}.bias")).len());
        let linear = |name: &str| linear_by(backend, name);
        let mlp_by = |backend, name: &str| Mlp {
            inner: linear_by(backend, &format!("{name}.0")),
            outer: linear_by(backend, &format!("{name}.1")),
        };
        let mlp = |name: &str| mlp_by(backend, name);
        // small layers, whose rounding errors later layers do not average out
        let at_ends = Backend {
            kernel: match backend.kernel {
                Kernel::Int8 => Kernel::Bf16,
                other => other,
            },
            ..backend
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
            isa: backend.isa,
            attention: LinearAttention::new(
                backend.isa,
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
            layer.norm1.apply(self.isa, x, normed);
            layer.kv.apply(normed, kv, Then::Store, scratch);
            // rows that the layer computes
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
            layer.norm2.apply(self.isa, x, normed);
            let hidden = &mut hidden[..count * mlp_width];
            layer.mlp.apply(normed, hidden, x, Then::Add, scratch);
        }
        let normed = &mut normed[..d];
        self.norm.apply(self.isa, &x[readout * d..][..d], normed);
        self.head.apply(
            normed,
            &mut hidden[..d],
            &mut self.raw,
            Then::Store,
            scratch,
        );
        &self.raw
    }

    /// Embeds patches, positions and state as tokens.
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
        self.isa.run(Patches {
            image: &view.image,
            cells,
            side,
            len: config.patch_len(),
            out: patches,
        });
        let d = config.width;
        let state = &mut normed[..d];
        self.state
            .apply(&view.state, &mut hidden[..d], state, Then::Store, scratch);
        self.isa.run(Positions {
            position: &self.position,
            state,
            x,
        });
        self.patch.apply(patches, x, Then::Add, scratch);
    }
}

/// Cuts an image `[channels, cells, cells]` into patches `[tokens, channels, side, side]` of
/// numbers from 0 to 1.
struct Patches<'a> {
    image: &'a [u8],
    cells: usize,
    side: usize,
    /// Number of entries of a patch.
    len: usize,
    out: &'a mut [f32],
}

impl Patches<'_> {
    /// Cuts patches of a constant `side`, for which the compiler can vectorise the loops.
    #[inline(always)]
    fn cut(self, side: usize) {
        let cells = self.cells;
        for (line, image_row) in self.image.chunks_exact(cells).enumerate() {
            let (channel, row) = (line / cells, line % cells);
            let in_patch = (channel * side + row % side) * side;
            for (column, run) in image_row.chunks_exact(side).enumerate() {
                let token = row / side * (cells / side) + column;
                let patch = &mut self.out[token * self.len + in_patch..][..side];
                for (out, &value) in patch.iter_mut().zip(run) {
                    *out = f32::from(value) / 255.0;
                }
            }
        }
    }
}

impl SimdKernel for Patches<'_> {
    #[inline(always)]
    fn run(self) {
        match self.side {
            8 => self.cut(8),
            10 => self.cut(10),
            side => self.cut(side),
        }
    }
}

/// Initialises every token with its position embedding and the state: `x = position + state`.
struct Positions<'a> {
    /// `[tokens, width]`.
    position: &'a [f32],
    /// `[width]`.
    state: &'a [f32],
    /// `[tokens, width]`.
    x: &'a mut [f32],
}

impl SimdKernel for Positions<'_> {
    #[inline(always)]
    fn run(self) {
        let width = self.state.len();
        let tokens = self.x.chunks_exact_mut(width);
        for (x, position) in tokens.zip(self.position.chunks_exact(width)) {
            for ((x, position), state) in x.iter_mut().zip(position).zip(self.state) {
                *x = position + state;
            }
        }
    }
}
