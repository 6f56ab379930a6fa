//! What can be wrong with a recording.

use perception::{SensorError, TransformError};
use recordings::{RawMessage, RecordingError};

/// Why a demonstration could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DemonstrationError {
    /// The recording is damaged, or its messages are.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// A frame that no transform leads to.
    #[error("{topic}, message {index}: no transform from frame {frame:?} to {target:?}: {source}")]
    Frame {
        /// The topic.
        topic: String,
        /// Which one on this topic, from 0.
        index: usize,
        /// The frame of the message.
        frame: String,
        /// The frame that it is needed in.
        target: String,
        /// Why not.
        source: Box<TransformError>,
    },
    /// A transform that contradicts those before it.
    #[error("{topic}, message {index}: {source}")]
    Transform {
        /// The topic.
        topic: String,
        /// Which one on this topic, from 0.
        index: usize,
        /// What is wrong with it.
        source: Box<TransformError>,
    },
    /// A cloud or an image that cannot be.
    #[error("{topic}, message {index}: {source}")]
    Sensor {
        /// The topic.
        topic: String,
        /// Which one on this topic, from 0.
        index: usize,
        /// What is wrong with it.
        source: SensorError,
    },
    /// Nothing on a topic that learning cannot do without.
    #[error("no message on {topic}: expected {expected}")]
    Missing {
        /// The topic.
        topic: String,
        /// What it should carry.
        expected: &'static str,
    },
    /// The recording holds a time that its format does not.
    #[error(
        "cannot write entry {entry}: its time is {seconds} s, expected 0 to {} s",
        i32::MAX
    )]
    Time {
        /// Which one, from 0.
        entry: usize,
        /// The time.
        seconds: f64,
    },
}

impl DemonstrationError {
    /// The error of a message of a sensor.
    pub(super) fn sensor(raw: &RawMessage, source: SensorError) -> Self {
        Self::Sensor {
            topic: raw.topic.name.clone(),
            index: raw.index,
            source,
        }
    }
}
