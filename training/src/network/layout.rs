//! Position of each tensor in the flat list of weights.

use controller::performer::PerformerConfig;

use crate::ops::{Affine, Span};

/// Weights of one attention block.
#[derive(Debug, Clone)]
pub struct LayerLayout {
    pub norm1: Affine,
    pub qkv: Affine,
    pub out: Affine,
    pub norm2: Affine,
    pub mlp: [Affine; 2],
}

/// Weights of the network.
#[derive(Debug, Clone)]
pub struct Layout {
    pub patch: Affine,
    pub state: [Affine; 2],
    pub position: Span,
    pub layers: Vec<LayerLayout>,
    pub norm: Affine,
    pub head: [Affine; 2],
}

impl Layout {
    /// The layout of a configuration.
    pub fn new(config: &PerformerConfig) -> Self {
        let index = Index::new(config);
        let layers = (0..config.layers).map(|layer| {
            let affine = |name: &str| index.affine(&format!("layers.{layer}.{name}"));
            LayerLayout {
                norm1: affine("norm1"),
                qkv: affine("qkv"),
                out: affine("out"),
                norm2: affine("norm2"),
                mlp: [affine("mlp.0"), affine("mlp.1")],
            }
        });
        Self {
            patch: index.affine("patch"),
            state: [index.affine("state.0"), index.affine("state.1")],
            position: index.span("position"),
            layers: layers.collect(),
            norm: index.affine("norm"),
            head: [index.affine("head.0"), index.affine("head.1")],
        }
    }
}

/// Tensors by name.
struct Index(Vec<(String, Span)>);

impl Index {
    fn new(config: &PerformerConfig) -> Self {
        Self(spans(config))
    }

    /// The names come from this file only and match those of the configuration.
    fn span(&self, name: &str) -> Span {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or_else(|| unreachable!("no tensor {name}"), |(_, span)| *span)
    }

    fn affine(&self, name: &str) -> Affine {
        Affine {
            weight: self.span(&format!("{name}.weight")),
            bias: self.span(&format!("{name}.bias")),
        }
    }
}

fn spans(config: &PerformerConfig) -> Vec<(String, Span)> {
    let mut start = 0;
    let place = |(name, shape): (String, Vec<usize>)| {
        let cols = shape.last().copied().unwrap_or(1);
        let rows = shape.iter().product::<usize>() / cols;
        let span = Span { start, rows, cols };
        start += rows * cols;
        (name, span)
    };
    config.tensors().into_iter().map(place).collect()
}
