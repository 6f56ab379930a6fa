//! Errors of weights and their files.

use perception::SettingsError;

/// Error of weights that do not form a network, with the tensor at fault.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The shape of the network is incompatible with the one that training continues with.
    #[error("a network of another shape: {found}; expected {expected}")]
    Other {
        /// Its shape.
        found: String,
        /// The compatible shape.
        expected: String,
    },
    /// The bytes are not a safetensors file, or are truncated.
    #[error("weights are no whole safetensors file: {reason}")]
    File {
        /// Message of the parser.
        reason: String,
    },
    /// The metadata lack the shape of the network.
    #[error("weights have no `config` in their metadata: expected a network's shape as JSON")]
    NoConfig,
    /// The shape cannot be parsed.
    #[error("`config` in the weights' metadata is no network's shape: {0}")]
    Config(#[source] serde_json::Error),
    /// The shape is parsed, but invalid.
    #[error("shape of the network: {0}")]
    Settings(#[from] SettingsError),
    /// A tensor is missing.
    #[error("weights lack tensor {tensor}: expected one of shape {expected:?}")]
    Missing {
        /// Its name.
        tensor: String,
        /// Its shape.
        expected: Vec<usize>,
    },
    /// A tensor is not part of the shape.
    #[error("weights hold tensor {tensor}, which this shape of network does not have")]
    Extra {
        /// Its name.
        tensor: String,
    },
    /// A tensor has a wrong shape.
    #[error("tensor {tensor} has shape {found:?}: expected {expected:?}")]
    Shape {
        /// Its name.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The expected shape.
        expected: Vec<usize>,
    },
    /// A tensor has an unsupported data type.
    #[error("tensor {tensor} holds {found}: expected F32 or BF16")]
    DataType {
        /// Its name.
        tensor: String,
        /// Its type.
        found: String,
    },
    /// The file has no checksum.
    #[error(
        "weights have no `sha256` in their metadata: if the file is whole and from a source that \
         you trust, seal it by `performer-mpc model seal FILE`"
    )]
    Unsealed,
    /// The checksum of the file does not match its metadata.
    #[error(
        "weights are damaged: sha256 is {found}, expected {expected}: copy the file again from its \
         source"
    )]
    Checksum {
        /// Checksum of the bytes.
        found: String,
        /// Checksum in the metadata.
        expected: String,
    },
    /// A weight is NaN, infinite or larger than the maximum.
    #[error("tensor {tensor} is {value} at index {index}: expected -10000 to 10000")]
    Absurd {
        /// Its name.
        tensor: String,
        /// Index, row-major.
        index: usize,
        /// Value.
        value: f32,
    },
}
