//! Weights as a safetensors file.
//!
//! ```text
//! u64 length of the header, little-endian · header, JSON · data
//! header: { "__metadata__": { "config": shape, "card": what is known of the training }, name: .. }
//! ```

use half::bf16;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde_json::{Value, json};

use super::{Weights, WeightsError};
use crate::performer::PerformerConfig;

/// How a file holds weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// As they are.
    F32,
    /// The upper half of every number, rounded to nearest even: half the size, 8 bits of precision.
    Bf16,
}

impl Weights {
    /// Reads a file's bytes. One that does not fit its own shape is refused.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, WeightsError> {
        let config = metadata(bytes, "config")?.ok_or(WeightsError::NoConfig)?;
        let config: PerformerConfig =
            serde_json::from_str(&config).map_err(WeightsError::Config)?;
        config.validate()?;
        let file = SafeTensors::deserialize(bytes).map_err(|error| broken(&error))?;
        let expected = config.tensors();
        let mut names = file.names();
        names.sort_unstable();
        if let Some(extra) = names
            .iter()
            .find(|name| !expected.iter().any(|(known, _)| known == *name))
        {
            return Err(WeightsError::Extra {
                tensor: (*extra).to_owned(),
            });
        }
        let mut tensors = Vec::with_capacity(expected.len());
        for (tensor, shape) in expected {
            let Ok(view) = file.tensor(&tensor) else {
                return Err(WeightsError::Missing {
                    tensor,
                    expected: shape,
                });
            };
            if view.shape() != shape {
                return Err(WeightsError::Shape {
                    tensor,
                    found: view.shape().to_vec(),
                    expected: shape,
                });
            }
            let data = view.data();
            tensors.push(match view.dtype() {
                Dtype::F32 => data
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&number| f32::from_le_bytes(number))
                    .collect(),
                Dtype::BF16 => data
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&number| bf16::from_le_bytes(number).to_f32())
                    .collect(),
                found => {
                    return Err(WeightsError::DataType {
                        tensor,
                        found: format!("{found:?}"),
                    });
                }
            });
        }
        Self::new(config, tensors)
    }

    /// What a file's bytes say of how its weights were made; empty when nothing.
    pub fn card(bytes: &[u8]) -> Result<String, WeightsError> {
        Ok(metadata(bytes, "card")?.unwrap_or_default())
    }

    /// A file's bytes: the same weights and card give the same bytes. The shape goes into the
    /// metadata as JSON, beside `card`, which is free text, JSON by custom.
    pub fn to_safetensors(&self, precision: Precision, card: &str) -> Vec<u8> {
        let (name, size) = match precision {
            Precision::F32 => ("F32", 4),
            Precision::Bf16 => ("BF16", 2),
        };
        let shape = json!(self.config).to_string();
        let mut header = serde_json::Map::new();
        header.insert(
            "__metadata__".to_owned(),
            json!({ "config": shape, "card": card }),
        );
        let mut end = 0;
        for (tensor, shape) in self.config.tensors() {
            let start = end;
            end += size * shape.iter().product::<usize>();
            let entry = json!({ "dtype": name, "shape": shape, "data_offsets": [start, end] });
            header.insert(tensor, entry);
        }
        let mut header = Value::Object(header).to_string().into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut bytes = Vec::with_capacity(8 + header.len() + end);
        bytes.extend((header.len() as u64).to_le_bytes());
        bytes.extend(header);
        for &number in self.tensors.iter().flatten() {
            match precision {
                Precision::F32 => bytes.extend(number.to_le_bytes()),
                Precision::Bf16 => bytes.extend(bf16::from_f32(number).to_le_bytes()),
            }
        }
        bytes
    }
}

fn broken(error: &SafeTensorError) -> WeightsError {
    WeightsError::File {
        reason: error.to_string(),
    }
}

/// An entry of the file's metadata.
fn metadata(bytes: &[u8], key: &str) -> Result<Option<String>, WeightsError> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| broken(&error))?;
    let entries = header.metadata().as_ref();
    Ok(entries.and_then(|entries| entries.get(key).cloned()))
}
