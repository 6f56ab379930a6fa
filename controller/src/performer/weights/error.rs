//! Why weights were refused.

use perception::SettingsError;

/// Weights that make no network, with the tensor at fault.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// A network of another shape than the one that is to go on from it.
    #[error("a network of another shape: {found}; expected {expected}")]
    Other {
        /// Its shape.
        found: String,
        /// The shape that can go on.
        expected: String,
    },
    /// The bytes are no safetensors file, or are cut short.
    #[error("weights are no whole safetensors file: {reason}")]
    File {
        /// What the reader says.
        reason: String,
    },
    /// The file does not tell the network's shape.
    #[error("weights have no `config` in their metadata: expected a network's shape as JSON")]
    NoConfig,
    /// The shape cannot be read.
    #[error("`config` in the weights' metadata is no network's shape: {0}")]
    Config(#[source] serde_json::Error),
    /// The shape can be read and makes no network.
    #[error("shape of the network: {0}")]
    Settings(#[from] SettingsError),
    /// A tensor is not there.
    #[error("weights lack tensor {tensor}: expected one of shape {expected:?}")]
    Missing {
        /// Its name.
        tensor: String,
        /// Its shape.
        expected: Vec<usize>,
    },
    /// A tensor is there that the shape does not name.
    #[error("weights hold tensor {tensor}, which this shape of network does not have")]
    Extra {
        /// Its name.
        tensor: String,
    },
    /// A tensor has another shape.
    #[error("tensor {tensor} has shape {found:?}: expected {expected:?}")]
    Shape {
        /// Its name.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape it ought to have.
        expected: Vec<usize>,
    },
    /// A tensor holds numbers of another type.
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
         you trust, seal it by `performer-mpc model FILE --seal`"
    )]
    Unsealed,
    /// The file has another checksum than it says.
    #[error(
        "weights are damaged: sha256 is {found}, expected {expected}: copy the file again from its \
         source"
    )]
    Checksum {
        /// That of the bytes.
        found: String,
        /// What the file says.
        expected: String,
    },
    /// A weight is NaN, infinite or larger than any that was learned.
    #[error("tensor {tensor} is {value} at index {index}: expected -10000 to 10000")]
    Absurd {
        /// Its name.
        tensor: String,
        /// Where, row-major.
        index: usize,
        /// What it is.
        value: f32,
    },
}
