//! Errors of recordings.

use perception::{SensorError, TransformError};
use recordings::{RawMessage, RecordingError};

/// Reasons why a demonstration cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DemonstrationError {
    /// The recording or a message is damaged.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// A frame without a transform.
    #[error("{topic}, message {index}: no transform from frame {frame:?} to {target:?}: {source}")]
    Frame {
        /// Topic.
        topic: String,
        /// Index of the message on this topic, from 0.
        index: usize,
        /// The frame of the message.
        frame: String,
        /// The required target frame.
        target: String,
        /// Cause.
        source: Box<TransformError>,
    },
    /// A transform that contradicts earlier ones.
    #[error("{topic}, message {index}: {source}")]
    Transform {
        /// Topic.
        topic: String,
        /// Index of the message on this topic, from 0.
        index: usize,
        /// Cause.
        source: Box<TransformError>,
    },
    /// An invalid cloud or image.
    #[error("{topic}, message {index}: {source}")]
    Sensor {
        /// Topic.
        topic: String,
        /// Index of the message on this topic, from 0.
        index: usize,
        /// Cause.
        source: SensorError,
    },
    /// A required topic has no messages.
    #[error("no message on {topic}: expected {expected}")]
    Missing {
        /// Topic.
        topic: String,
        /// Expected messages.
        expected: &'static str,
    },
    /// The demonstration has a time that the format does not support.
    #[error(
        "cannot write entry {entry}: its time is {seconds} s, expected 0 to {} s",
        i32::MAX
    )]
    Time {
        /// Index of the entry, from 0.
        entry: usize,
        /// Time, s.
        seconds: f64,
    },
}

impl DemonstrationError {
    /// The error of a sensor message.
    pub(super) fn sensor(raw: &RawMessage, source: SensorError) -> Self {
        Self::Sensor {
            topic: raw.topic.name.clone(),
            index: raw.index,
            source,
        }
    }
}
