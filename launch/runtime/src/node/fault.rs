//! What can be wrong with a message, in classes that diagnostics count.

use perception::{SensorError, TransformError};
use recordings::RecordingError;
use recordings::messages::PoseError;

/// Kinds of messages that are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultClass {
    /// Bytes that are no message of the type.
    Malformed,
    /// A number that must be finite is not.
    NotFinite,
    /// More or less of something than there should be.
    Size,
    /// A number outside of what it can be.
    Value,
    /// A rotation that is none.
    Rotation,
    /// A frame that nobody told of, or that contradicts what was told.
    Frame,
    /// From the past or the future, or before what it needs.
    Time,
    /// Of a kind that the settings leave out.
    LeftOut,
}

impl FaultClass {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Malformed,
        Self::NotFinite,
        Self::Size,
        Self::Value,
        Self::Rotation,
        Self::Frame,
        Self::Time,
        Self::LeftOut,
    ];

    /// Its name in diagnostics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NotFinite => "not finite",
            Self::Size => "size",
            Self::Value => "value",
            Self::Rotation => "rotation",
            Self::Frame => "frame",
            Self::Time => "time",
            Self::LeftOut => "left out",
        }
    }
}

/// A message that was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{topic}: {what}")]
pub struct MessageFault {
    /// Where it came.
    pub topic: String,
    /// Its class.
    pub class: FaultClass,
    /// What is wrong with it.
    pub what: String,
}

impl MessageFault {
    /// A fault in the words of whoever found it.
    pub fn new(topic: &str, class: FaultClass, what: impl std::fmt::Display) -> Self {
        Self {
            topic: topic.to_owned(),
            class,
            what: what.to_string(),
        }
    }
}

impl From<&SensorError> for FaultClass {
    fn from(error: &SensorError) -> Self {
        match error {
            SensorError::NotFinite { .. } => Self::NotFinite,
            SensorError::Size { .. } | SensorError::Message { .. } => Self::Size,
            SensorError::LeftOut { .. } => Self::LeftOut,
            SensorError::Scan { .. }
            | SensorError::Camera { .. }
            | SensorError::TooFar { .. }
            | SensorError::MapTooLarge { .. } => Self::Value,
            SensorError::OutOfOrder { .. }
            | SensorError::NoOdometry { .. }
            | SensorError::TooOld { .. }
            | SensorError::TooNew { .. } => Self::Time,
        }
    }
}

impl From<&TransformError> for FaultClass {
    fn from(error: &TransformError) -> Self {
        match error {
            TransformError::Future { .. }
            | TransformError::Past { .. }
            | TransformError::TooOld { .. } => Self::Time,
            TransformError::Value { .. } => Self::Rotation,
            TransformError::TooMany { .. } => Self::Size,
            _ => Self::Frame,
        }
    }
}

impl From<&PoseError> for FaultClass {
    fn from(error: &PoseError) -> Self {
        match error {
            PoseError::NotFinite { .. } => Self::NotFinite,
            PoseError::Far => Self::Value,
            PoseError::Rotation { .. } => Self::Rotation,
        }
    }
}

impl From<&RecordingError> for FaultClass {
    fn from(_: &RecordingError) -> Self {
        Self::Malformed
    }
}

/// Refused messages by class, and the latest one's words.
#[derive(Debug, Clone, Default)]
pub struct FaultCounts {
    counts: [u64; FaultClass::ALL.len()],
    latest: Option<MessageFault>,
}

impl FaultCounts {
    /// Counts one.
    pub fn add(&mut self, fault: MessageFault) {
        self.counts[fault.class as usize] += 1;
        self.latest = Some(fault);
    }

    /// How many there were of a class.
    pub fn of(&self, class: FaultClass) -> u64 {
        self.counts[class as usize]
    }

    /// How many there were.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The latest.
    pub fn latest(&self) -> Option<&MessageFault> {
        self.latest.as_ref()
    }
}
