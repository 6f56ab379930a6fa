//! Weights of a network, and its shape.

mod error;
mod file;
mod random;
mod seal;

pub use error::WeightsError;
pub use file::Precision;

use super::{Head, PerformerConfig};

/// Maximum magnitude of a weight. Trained weights are below 100; beyond the maximum, products of
/// the network and the scales of its 8-bit columns overflow f32.
pub const WEIGHT_MAX: f32 = 1e4;

/// Shape and weights of a network. The two are always consistent, and every weight is finite and at
/// most [`WEIGHT_MAX`] in magnitude.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    config: PerformerConfig,
    /// In the order of [`PerformerConfig::tensors`].
    tensors: Vec<Vec<f32>>,
}

impl Weights {
    /// Weights from their tensors, in the order of [`PerformerConfig::tensors`].
    pub fn new(config: PerformerConfig, tensors: Vec<Vec<f32>>) -> Result<Self, WeightsError> {
        config.validate()?;
        let expected = config.tensors();
        if tensors.len() > expected.len() {
            return Err(WeightsError::Extra {
                tensor: format!("number {}", expected.len()),
            });
        }
        for (index, (name, shape)) in expected.into_iter().enumerate() {
            let Some(values) = tensors.get(index) else {
                return Err(WeightsError::Missing {
                    tensor: name,
                    expected: shape,
                });
            };
            if values.len() != shape.iter().product::<usize>() {
                return Err(WeightsError::Shape {
                    tensor: name,
                    found: vec![values.len()],
                    expected: shape,
                });
            }
            let absurd = |value: &f32| !(value.abs() <= WEIGHT_MAX);
            if let Some(index) = values.iter().position(absurd) {
                return Err(WeightsError::Absurd {
                    tensor: name,
                    index,
                    value: values[index],
                });
            }
        }
        Ok(Self { config, tensors })
    }

    /// Shape of the network.
    pub fn config(&self) -> &PerformerConfig {
        &self.config
    }

    /// All tensors in the order of [`PerformerConfig::tensors`], each flat and row-major.
    pub fn tensors(&self) -> &[Vec<f32>] {
        &self.tensors
    }

    /// The weights extended to a shape with the route channel, which this network may lack; the new
    /// weights are zero and do not change the output. Rejects every other difference in shape.
    pub fn widened(&self, config: &PerformerConfig) -> Result<Self, WeightsError> {
        let mut own = self.config.clone();
        own.view.look_ahead_m = config.view.look_ahead_m;
        own.view.route |= config.view.route;
        if own != *config {
            return Err(WeightsError::Other {
                found: format!("{:?}", self.config),
                expected: format!("{config:?}"),
            });
        }
        let mut tensors = self.tensors.clone();
        if let Some(patch) = tensors.first_mut() {
            // the route is the last channel, so its rows are the last
            patch.resize(config.patch_len() * config.width, 0.0);
        }
        Self::new(own, tensors)
    }

    /// The network with another head, with random weights of this seed; unchanged if it already has
    /// that head.
    pub fn with_head(&self, head: Head, seed: u64) -> Self {
        if head == self.config.head {
            return self.clone();
        }
        let config = PerformerConfig {
            head,
            ..self.config.clone()
        };
        let mut fresh = Self::random(&config, seed);
        let names = config.tensors();
        for ((to, from), (name, _)) in fresh.tensors.iter_mut().zip(&self.tensors).zip(&names) {
            if !name.starts_with("head.") {
                to.clone_from(from);
            }
        }
        fresh
    }

    /// The tensors, for changes; [`Self::new`] makes weights of them again.
    pub fn into_tensors(self) -> Vec<Vec<f32>> {
        self.tensors
    }

    /// A tensor by its name; `None` when the shape has no such tensor.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        let index = self
            .config
            .tensors()
            .iter()
            .position(|(other, _)| other == name)?;
        Some(&self.tensors[index])
    }
}
