//! Errors of offline mapping.

use std::path::PathBuf;

use perception::{SensorError, SettingsError, TransformError};
use recordings::RecordingError;

use training::DemonstrationError;

use runtime::recording::OpenError;
use runtime::topics::TopicError;

/// Reasons why no map can be built.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Invalid settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A file that is missing or not readable.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A log that cannot be read.
    #[error(transparent)]
    Log(#[from] runtime::carmen_log::LogError),
    /// A recording that cannot be replayed.
    #[error("{}: {source}", path.display())]
    Replay {
        /// The recording.
        path: PathBuf,
        /// Cause.
        source: Box<DemonstrationError>,
    },
    /// A damaged recording with an insufficient readable part.
    #[error("{error}; {notes}")]
    Damaged {
        /// Missing content.
        error: Box<MappingError>,
        /// Position of the damage.
        notes: String,
    },
    /// A recording that cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A damaged recording.
    #[error("{}: {source}", path.display())]
    Recording {
        /// The recording.
        path: PathBuf,
        /// The damage.
        source: Box<RecordingError>,
    },
    /// A recording without the required messages.
    #[error("{}: {found}; expected {expected}", path.display())]
    Missing {
        /// The recording.
        path: PathBuf,
        /// Content found.
        found: String,
        /// Content expected.
        expected: String,
    },
    /// A recording without a unique topic.
    #[error("{}: {source}", path.display())]
    Topic {
        /// The recording.
        path: PathBuf,
        /// Cause.
        source: TopicError,
    },
    /// A recording without a usable message.
    #[error("{}: no scan could be used: {}{hint}", path.display(), notes.join("; "))]
    Unused {
        /// The recording.
        path: PathBuf,
        /// Rejected messages by topic and reason.
        notes: Vec<String>,
        /// Option that may help.
        hint: &'static str,
    },
    /// A sensor with unknown mounting.
    #[error(
        "{}: where the scanner is mounted: {source}; --lidar-pose X,Y,YAW gives it where no transform does",
        path.display()
    )]
    Mounting {
        /// The recording.
        path: PathBuf,
        /// Cause.
        source: Box<TransformError>,
    },
    /// A message that cannot be mapped.
    #[error("{}: {place}: {source}", path.display())]
    Sensor {
        /// The source.
        path: PathBuf,
        /// Position in the source.
        place: String,
        /// The fault.
        source: Box<SensorError>,
    },
}
