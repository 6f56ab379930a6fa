//! Policies by name, with their models.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use controller::performer::{Backend, Head, Weights, WeightsError};
use controller::{Agent, ControllerSettings, Policy};

use crate::layers::ConfigError;
use crate::model_file::ModelFile;

/// A policy and its weights.
#[derive(Debug, Clone)]
pub enum Driver {
    /// MPC with the hand-engineered cost only.
    Regular,
    /// MPC with an additional learned cost.
    Performer {
        /// Weights.
        weights: Arc<Weights>,
        /// Precision and instruction set of the network.
        backend: Backend,
    },
    /// A follower of a learned path.
    Explicit {
        /// Weights.
        weights: Arc<Weights>,
        /// Precision and instruction set of the network.
        backend: Backend,
    },
}

/// Reasons why a model is not usable.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the model {}{hint}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
        /// Suggested remedy.
        hint: String,
    },
    /// No file or model of this name.
    #[error(
        "no model {name:?}: searched {places}; expected a file, or the name of a model in one of these \
         directories, to which PERFORMER_MPC_MODELS adds others{}",
        if cfg!(feature = "built-in-model") { "; navigator is built in" } else { "" }
    )]
    Unknown {
        /// The name given.
        name: String,
        /// The directories.
        places: String,
    },
    /// The file is not a model.
    #[error("{}: {source}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: WeightsError,
    },
}

/// Reads the bytes and weights of a model: a file, or a name searched in the directories of models.
pub fn read_model(asked: &Path) -> Result<(Vec<u8>, Weights), ModelError> {
    let file = ModelFile::read(asked)?;
    let weights = Weights::from_safetensors(&file.bytes);
    let weights = weights.map_err(|source| ModelError::Weights {
        path: file.path.unwrap_or_else(|| asked.to_owned()),
        source,
    })?;
    Ok((file.bytes.into_owned(), weights))
}

/// Reads the weights of a model with the expected kind of output.
pub fn read_weights(path: &Path, head: Head) -> Result<Weights, ModelError> {
    Ok(read_model_of(path, head)?.1)
}

/// The same with the file's bytes.
pub fn read_model_of(path: &Path, head: Head) -> Result<(Vec<u8>, Weights), ModelError> {
    let (bytes, weights) = read_model(path)?;
    let fits = weights.config().ensure_head(head);
    fits.map_err(|error| ModelError::Weights {
        path: path.to_owned(),
        source: error.into(),
    })?;
    Ok((bytes, weights))
}

impl Driver {
    /// The policy of these weights, computed by `backend`.
    pub fn learned(weights: Weights, backend: Backend) -> Self {
        match weights.config().head {
            Head::Cost => Self::performer(weights, backend),
            Head::Path => Self::explicit(weights, backend),
        }
    }

    /// The policy that follows the path of these weights, computed by `backend`.
    pub fn explicit(weights: Weights, backend: Backend) -> Self {
        Self::Explicit {
            weights: Arc::new(weights),
            backend,
        }
    }

    /// The policy with the learned cost of these weights, computed by `backend`.
    pub fn performer(weights: Weights, backend: Backend) -> Self {
        Self::Performer {
            weights: Arc::new(weights),
            backend,
        }
    }

    /// A short name for tables and legends.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Performer { .. } => "performer",
            Self::Explicit { .. } => "explicit",
        }
    }

    /// Precision and instruction set of the network, if there is one.
    pub fn backend(&self) -> Option<Backend> {
        match self {
            Self::Regular => None,
            Self::Performer { backend, .. } | Self::Explicit { backend, .. } => Some(*backend),
        }
    }

    /// A new policy.
    pub fn policy(&self, settings: &ControllerSettings) -> Result<Box<dyn Policy>, ConfigError> {
        Ok(match self {
            Self::Regular => settings.regular_policy()?,
            Self::Performer { weights, backend } => settings.performer_policy(weights, *backend)?,
            Self::Explicit { weights, backend } => settings.explicit_policy(weights, *backend)?,
        })
    }

    /// A new agent.
    pub fn agent(&self, settings: &ControllerSettings) -> Result<Agent, ConfigError> {
        Ok(Agent::new(settings, self.policy(settings)?)?)
    }
}
