//! Why there is no map.

use std::path::PathBuf;

use perception::{SensorError, SettingsError, TransformError};
use recordings::RecordingError;

use training::DemonstrationError;

use runtime::recording::OpenError;
use runtime::topics::TopicError;

/// Why a map could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Settings that make none.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A file that is missing or may not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
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
        /// Why not.
        source: Box<DemonstrationError>,
    },
    /// A recording whose readable part is not enough.
    #[error("{error}; {notes}")]
    Damaged {
        /// What is missing from it.
        error: Box<MappingError>,
        /// Where it is damaged.
        notes: String,
    },
    /// A recording that does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A recording that is damaged.
    #[error("{}: {source}", path.display())]
    Recording {
        /// The recording.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<RecordingError>,
    },
    /// A recording without what a map needs.
    #[error("{}: {found}; expected {expected}", path.display())]
    Missing {
        /// The recording.
        path: PathBuf,
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// A recording in which no topic could be chosen.
    #[error("{}: {source}", path.display())]
    Topic {
        /// The recording.
        path: PathBuf,
        /// Why not.
        source: TopicError,
    },
    /// A recording of which no message could be used.
    #[error("{}: no scan could be used: {}{hint}", path.display(), notes.join("; "))]
    Unused {
        /// The recording.
        path: PathBuf,
        /// How many messages of which topic were left out, and why.
        notes: Vec<String>,
        /// The option that may help.
        hint: &'static str,
    },
    /// A sensor whose place is not told.
    #[error(
        "{}: where the scanner is mounted: {source}; --lidar-pose X,Y,YAW gives it where no transform does",
        path.display()
    )]
    Mounting {
        /// The recording.
        path: PathBuf,
        /// Why not.
        source: Box<TransformError>,
    },
    /// A message that no map can take.
    #[error("{}: {place}: {source}", path.display())]
    Sensor {
        /// The source.
        path: PathBuf,
        /// Where in it.
        place: String,
        /// What is wrong.
        source: Box<SensorError>,
    },
}
