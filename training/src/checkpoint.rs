//! Checkpoints: the state of a run with its optimiser as a safetensors file.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::settings::TrainingSettings;
use crate::trainer::TrainerState;

/// Format version.
const FORMAT: &str = "performer-mpc checkpoint 2";
/// Names of the tensors: weights, average gradient, average squared gradient.
const TENSORS: [&str; 3] = ["weights", "first", "second"];

/// Reasons to reject a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not a safetensors file, or truncated.
    #[error("not a checkpoint: {0}")]
    Layout(#[from] safetensors::SafeTensorError),
    /// Metadata is missing or invalid.
    #[error("metadata {key:?} is {found}: expected {expected}")]
    Metadata {
        /// Key.
        key: &'static str,
        /// Value found.
        found: String,
        /// Value expected.
        expected: String,
    },
    /// The size of a tensor does not match the network.
    #[error("tensor {name:?} holds {found} numbers: expected {expected}")]
    Size {
        /// Name of the tensor.
        name: &'static str,
        /// Size found.
        found: usize,
        /// Size expected.
        expected: usize,
    },
    /// The settings of the run differ.
    #[error("the checkpoint was made with other settings: {key} was {then} and is {now}")]
    Settings {
        /// Path of the setting.
        key: String,
        /// Value in the checkpoint.
        then: String,
        /// Value of this run.
        now: String,
    },
}

/// State and origin of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// State to restore.
    pub state: TrainerState,
    /// Settings of the run.
    pub settings: TrainingSettings,
    /// Seed of the run.
    pub seed: u64,
    /// Other origins of the run as text: data and initial weights.
    pub origin: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    step: u64,
    rounds: u64,
    seed: u64,
    settings: TrainingSettings,
    origin: BTreeMap<String, String>,
}

/// The only metadata entry: several entries would have no defined order.
const KEY: &str = "run";

struct Floats<'a> {
    values: &'a [f32],
    shape: [usize; 1],
}

impl View for Floats<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values)
    }
}

impl Checkpoint {
    /// Serialises the checkpoint; the same run gives the same bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CheckpointError> {
        let header = Header {
            format: FORMAT.to_owned(),
            step: self.state.step,
            rounds: self.state.rounds,
            seed: self.seed,
            settings: self.settings.clone(),
            origin: self.origin.clone(),
        };
        let header = serde_json::to_string(&header).map_err(|error| CheckpointError::Metadata {
            key: KEY,
            found: error.to_string(),
            expected: "settings that JSON can hold".to_owned(),
        })?;
        let state = &self.state;
        let tensors = [&state.weights, &state.first, &state.second].map(|values| Floats {
            values,
            shape: [values.len()],
        });
        let metadata = HashMap::from([(KEY.to_owned(), header)]);
        Ok(safetensors::serialize(
            TENSORS.into_iter().zip(tensors),
            Some(metadata),
        )?)
    }

    /// Reads a checkpoint.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes)?;
        let text = metadata
            .metadata()
            .as_ref()
            .and_then(|entries| entries.get(KEY))
            .ok_or_else(|| CheckpointError::Metadata {
                key: KEY,
                found: "missing".to_owned(),
                expected: FORMAT.to_owned(),
            })?;
        let header: Header =
            serde_json::from_str(text).map_err(|error| CheckpointError::Metadata {
                key: KEY,
                found: error.to_string(),
                expected: FORMAT.to_owned(),
            })?;
        if header.format != FORMAT {
            return Err(CheckpointError::Metadata {
                key: KEY,
                found: header.format,
                expected: FORMAT.to_owned(),
            });
        }
        let tensors = SafeTensors::deserialize(bytes)?;
        let read = |name| -> Result<Vec<f32>, CheckpointError> {
            let tensor = tensors.tensor(name)?;
            if tensor.dtype() != Dtype::F32 {
                return Err(CheckpointError::Metadata {
                    key: name,
                    found: format!("{:?}", tensor.dtype()),
                    expected: "F32".to_owned(),
                });
            }
            let chunks = tensor.data().as_chunks::<4>().0.iter();
            Ok(chunks.map(|bytes| f32::from_le_bytes(*bytes)).collect())
        };
        let [weights, first, second] = TENSORS;
        Ok(Self {
            state: TrainerState {
                step: header.step,
                rounds: header.rounds,
                weights: read(weights)?,
                first: read(first)?,
                second: read(second)?,
            },
            settings: header.settings,
            seed: header.seed,
            origin: header.origin,
        })
    }

    /// Rejects another seed, other settings, another origin or another network.
    pub fn fits(
        &self,
        settings: &TrainingSettings,
        seed: u64,
        origin: &BTreeMap<String, String>,
        parameters: usize,
    ) -> Result<(), CheckpointError> {
        let differs = |key: &str, then: String, now: String| CheckpointError::Settings {
            key: key.to_owned(),
            then,
            now,
        };
        if self.seed != seed {
            return Err(differs("seed", self.seed.to_string(), seed.to_string()));
        }
        if self.settings != *settings {
            let table = |settings| serde_json::to_value(settings).unwrap_or_default();
            let (then, now) = (table(&self.settings), table(settings));
            let (key, then, now) = first_difference(String::new(), &then, &now);
            return Err(differs(&key, then.to_string(), now.to_string()));
        }
        for (key, now) in origin {
            let then = self.origin.get(key).cloned().unwrap_or_default();
            if then != *now {
                return Err(differs(key, then, now.clone()));
            }
        }
        let state = &self.state;
        let sizes = [&state.weights, &state.first, &state.second].map(Vec::len);
        for (name, found) in TENSORS.into_iter().zip(sizes) {
            if found != parameters {
                return Err(CheckpointError::Size {
                    name,
                    found,
                    expected: parameters,
                });
            }
        }
        Ok(())
    }
}

/// The path of the first different entry of two tables, with both values.
fn first_difference<'a>(
    path: String,
    then: &'a Value,
    now: &'a Value,
) -> (String, &'a Value, &'a Value) {
    let differing = then.as_object().and_then(|table| {
        let mut entries = table.iter();
        entries.find(|(key, value)| now.get(key.as_str()).is_some_and(|now| now != *value))
    });
    match differing {
        None => (path, then, now),
        Some((key, value)) => {
            let dot = if path.is_empty() { "" } else { "." };
            first_difference(format!("{path}{dot}{key}"), value, &now[key])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            state: TrainerState {
                step: 7,
                rounds: 1,
                weights: vec![0.5, -1.25, 3.0],
                first: vec![1.0, 2.0, 3.0],
                second: vec![4.0, 5.0, 6.0],
            },
            settings: TrainingSettings::default(),
            seed: 3,
            origin: BTreeMap::from([("demonstrations".to_owned(), "2 files".to_owned())]),
        }
    }

    #[test]
    fn a_round_trip_keeps_state_and_bytes() {
        let kept = checkpoint();
        let bytes = kept.to_bytes().unwrap();
        assert_eq!(bytes, kept.to_bytes().unwrap());
        assert_eq!(Checkpoint::from_bytes(&bytes).unwrap(), kept);
    }

    #[test]
    fn damaged_files_are_rejected() {
        let bytes = checkpoint().to_bytes().unwrap();
        for len in 0..bytes.len() {
            assert!(Checkpoint::from_bytes(&bytes[..len]).is_err(), "{len}");
        }
    }

    #[test]
    fn another_run_is_rejected_with_the_first_difference() {
        let kept = checkpoint();
        kept.fits(&kept.settings, 3, &kept.origin, 3).unwrap();
        let message = |settings: &TrainingSettings, seed, parameters| {
            kept.fits(settings, seed, &kept.origin, parameters)
                .unwrap_err()
                .to_string()
        };
        let other = TrainingSettings {
            batch: 64,
            ..kept.settings.clone()
        };
        assert!(message(&other, 3, 3).ends_with("batch was 32 and is 64"));
        let mut other = kept.settings.clone();
        other.aggregation.share = 0.25;
        assert!(message(&other, 3, 3).ends_with("aggregation.share was 0.5 and is 0.25"));
        assert!(message(&kept.settings, 4, 3).ends_with("seed was 3 and is 4"));
        assert!(message(&kept.settings, 3, 4).contains("holds 3 numbers: expected 4"));
        let other = BTreeMap::from([("demonstrations".to_owned(), "3 files".to_owned())]);
        let refused = kept.fits(&kept.settings, 3, &other, 3).unwrap_err();
        let expected = "demonstrations was 2 files and is 3 files";
        assert!(refused.to_string().ends_with(expected));
    }
}
