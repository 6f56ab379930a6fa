//! Reading and writing of weights as safetensors files.
//!
//! ```text
//! u64 length of the header, little-endian · header, JSON · data
//! header: { "__metadata__": { "config": shape, "card": description of the training,
//!                             "sha256": checksum of all bytes }, name: .. }
//! ```

use half::bf16;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde_json::{Value, json};

use super::{Weights, WeightsError, seal};
use crate::performer::PerformerConfig;

/// Precision of the weights in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Single precision, unchanged.
    F32,
    /// bfloat16, rounded to nearest even: half the size, 8 bits of precision.
    Bf16,
}

impl Weights {
    /// Reads weights from the bytes of a file. Rejects a file without a checksum, with a wrong
    /// checksum, or with tensors that do not fit its shape.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, WeightsError> {
        seal::ensure(bytes, metadata(bytes, seal::KEY)?.as_deref())?;
        Self::unsealed(bytes)
    }

    /// Adds a checksum to a file that has none, with the same tensors, shape and card. Rejects a
    /// file that [`Self::from_safetensors`] would reject for another reason.
    pub fn sealed(bytes: &[u8]) -> Result<Vec<u8>, WeightsError> {
        if let Some(said) = metadata(bytes, seal::KEY)? {
            seal::ensure(bytes, Some(&said))?;
            return Ok(bytes.to_vec());
        }
        Self::unsealed(bytes)?;
        let end = header_end(bytes).unwrap_or(bytes.len());
        let mut header: Value =
            serde_json::from_slice(&bytes[8..end]).map_err(|error| WeightsError::File {
                reason: error.to_string(),
            })?;
        header["__metadata__"][seal::KEY] = json!(seal::BLANK);
        let mut sealed = with_header(&header);
        sealed.extend(&bytes[end..]);
        seal::seal(&mut sealed);
        Self::from_safetensors(&sealed)?;
        Ok(sealed)
    }

    fn unsealed(bytes: &[u8]) -> Result<Self, WeightsError> {
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

    /// The model card in the metadata of a file, which describes the training; empty when there is
    /// none.
    pub fn card(bytes: &[u8]) -> Result<String, WeightsError> {
        Ok(metadata(bytes, "card")?.unwrap_or_default())
    }

    /// Writes the bytes of a file with its checksum; the same weights and card give the same bytes.
    /// The metadata contain the shape as JSON, and `card`, which is free text, by convention JSON.
    pub fn to_safetensors(&self, precision: Precision, card: &str) -> Vec<u8> {
        let (name, size) = match precision {
            Precision::F32 => ("F32", 4),
            Precision::Bf16 => ("BF16", 2),
        };
        let shape = json!(self.config).to_string();
        let mut header = serde_json::Map::new();
        header.insert(
            "__metadata__".to_owned(),
            json!({ "config": shape, "card": card, seal::KEY: seal::BLANK }),
        );
        let mut end = 0;
        for (tensor, shape) in self.config.tensors() {
            let start = end;
            end += size * shape.iter().product::<usize>();
            let entry = json!({ "dtype": name, "shape": shape, "data_offsets": [start, end] });
            header.insert(tensor, entry);
        }
        let mut bytes = with_header(&Value::Object(header));
        bytes.reserve_exact(end);
        for &number in self.tensors.iter().flatten() {
            match precision {
                Precision::F32 => bytes.extend(number.to_le_bytes()),
                Precision::Bf16 => bytes.extend(bf16::from_f32(number).to_le_bytes()),
            }
        }
        seal::seal(&mut bytes);
        bytes
    }
}

/// Offset of the end of the header of a file, at which its data begin.
pub(super) fn header_end(bytes: &[u8]) -> Option<usize> {
    let length = u64::from_le_bytes(*bytes.first_chunk()?);
    let end = usize::try_from(length).ok()?.checked_add(8)?;
    (end <= bytes.len()).then_some(end)
}

/// The start of a file with a header, padded so that the data are aligned.
fn with_header(header: &Value) -> Vec<u8> {
    let mut header = header.to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes
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
