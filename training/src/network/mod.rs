//! The trainable Performer: the network of the robot's engine, with derivatives.

mod batch;
mod forward;
mod layout;

pub use batch::Batch;
pub use forward::Forward;

use std::sync::Arc;

use controller::performer::{FeatureMap, PerformerConfig, Weights, WeightsError};
use dfdx::prelude::CpuError;
use thiserror::Error;

use crate::ops::{Fast, Operators, Pool};
use layout::Layout;

/// Errors of networks.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// A size does not match the network.
    #[error("{what}: expected {expected} numbers, found {found}")]
    Length {
        /// Name of the data.
        what: &'static str,
        /// Size expected.
        expected: usize,
        /// Size found.
        found: usize,
    },
    /// A sample of an unknown domain.
    #[error("a sample is of ground {found}, from 0: expected one of {grounds}")]
    Ground {
        /// Its index.
        found: usize,
        /// Number of domains of the run.
        grounds: usize,
    },
    /// The tape failed.
    #[error("derivative of the network: {0:?}")]
    Tape(CpuError),
}

impl NetworkError {
    pub(crate) fn ensure(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found {
            return Ok(());
        }
        Err(Self::Length {
            what,
            expected,
            found,
        })
    }
}

/// Weights of a Performer and its operations. All threads share one by reference; a [`Forward`]
/// stays in its thread.
#[derive(Debug, Clone)]
pub struct Network {
    config: PerformerConfig,
    layout: Layout,
    map: Arc<FeatureMap>,
    weights: Arc<Vec<f32>>,
    pool: Arc<Pool>,
}

impl Network {
    /// A network with initial weights.
    pub fn new(weights: &Weights) -> Self {
        let config = weights.config().clone();
        Self {
            layout: Layout::new(&config),
            map: Arc::new(FeatureMap::new(&config.attention, config.head_width())),
            config,
            weights: Arc::new(weights.tensors().concat()),
            pool: Arc::default(),
        }
    }

    /// Weights in the robot's format; rejected if any is not finite.
    pub fn to_weights(&self) -> Result<Weights, WeightsError> {
        let mut rest = self.weights();
        let mut tensors = Vec::new();
        for (_, shape) in self.config.tensors() {
            let (tensor, after) = rest.split_at(shape.iter().product());
            tensors.push(tensor.to_vec());
            rest = after;
        }
        Weights::new(self.config.clone(), tensors)
    }

    /// Configuration.
    pub fn config(&self) -> &PerformerConfig {
        &self.config
    }

    /// All weights, in the order of [`PerformerConfig::tensors`].
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// All weights, mutable. Copies them first if a [`Forward`] is still alive.
    pub fn weights_mut(&mut self) -> &mut [f32] {
        Arc::make_mut(&mut self.weights).as_mut_slice()
    }

    /// Runs a batch with the fused operators.
    pub fn forward(&self, batch: &Batch) -> Result<Forward<Fast>, NetworkError> {
        self.forward_with(batch)
    }

    /// Runs a batch with the given operators.
    pub fn forward_with<O: Operators>(&self, batch: &Batch) -> Result<Forward<O>, NetworkError> {
        batch.check(&self.config)?;
        let mut operators = O::new(self.weights.clone(), self.pool.clone());
        let output = forward::run(&mut operators, &self.layout, &self.config, &self.map, batch);
        Ok(Forward::new(operators, output, self.weights.len()))
    }
}
