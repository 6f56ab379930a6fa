//! Faults of messages in classes, which diagnostics count.

use perception::{SensorError, TransformError};
use recordings::RecordingError;
use recordings::messages::PoseError;

/// Classes of rejected messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultClass {
    /// The bytes are not a message of the type.
    Malformed,
    /// A number is not finite.
    NotFinite,
    /// The number of elements is wrong.
    Size,
    /// A number is out of bounds.
    Value,
    /// A rotation is invalid.
    Rotation,
    /// A frame is unknown or contradicts earlier transforms.
    Frame,
    /// The stamp is in the past or the future, or before required data.
    Time,
    /// Excluded by the settings.
    LeftOut,
}

impl FaultClass {
    /// All classes in the order of their indices.
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

    /// Name in diagnostics.
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

/// A rejected message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{topic}: {what}")]
pub struct MessageFault {
    /// Topic.
    pub topic: String,
    /// Class.
    pub class: FaultClass,
    /// Description.
    pub what: String,
}

impl MessageFault {
    /// A fault with a description.
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

/// Rejected messages by class, with the latest one.
#[derive(Debug, Clone, Default)]
pub struct FaultCounts {
    counts: [u64; FaultClass::ALL.len()],
    latest: Option<MessageFault>,
}

impl FaultCounts {
    /// Counts a fault.
    pub fn add(&mut self, fault: MessageFault) {
        self.counts[fault.class as usize] += 1;
        self.latest = Some(fault);
    }

    /// Number of faults of a class.
    pub fn of(&self, class: FaultClass) -> u64 {
        self.counts[class as usize]
    }

    /// Total number.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The latest.
    pub fn latest(&self) -> Option<&MessageFault> {
        self.latest.as_ref()
    }
}
