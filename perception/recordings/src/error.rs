//! Errors of reading and writing recordings.

use super::Damage;

/// Error within an MCAP file.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The container is damaged, truncated, or not MCAP.
    #[error(transparent)]
    Mcap(#[from] mcap::McapError),
    /// A string or list of a record extends beyond its end.
    #[error("a text or a list is longer than the record that holds it")]
    Overlong,
}

/// Reason why a recording could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The container is damaged, truncated, or not MCAP.
    #[error("not a whole MCAP file: at byte {byte} of {length}: {source}")]
    Container {
        /// Position up to which it could be read, bytes.
        byte: usize,
        /// Size of the file, bytes.
        length: usize,
        /// Error found there.
        source: ContainerError,
    },
    /// The recording is damaged, but a complete one is required.
    #[error("{0}; expected a whole recording")]
    Damaged(Damage),
    /// The database is damaged, or not one of rosbag2.
    #[cfg(feature = "sqlite")]
    #[error("not a whole rosbag2 database: {what}: {source}")]
    Database {
        /// Data that was read.
        what: &'static str,
        /// Error found there.
        source: rusqlite::Error,
    },
    /// The database has rows that no recorder writes.
    #[error("rosbag2 database: {what} is {found}, expected {expected}")]
    Row {
        /// Data that was read.
        what: &'static str,
        /// Value found.
        found: String,
        /// Values expected.
        expected: &'static str,
    },
    /// The rows of a table are not in order, as in damaged pages that form a cycle.
    #[error("rosbag2 database: message {found} follows message {last}, expected a higher number")]
    Order {
        /// Number of the message.
        found: i64,
        /// Number of the previous message.
        last: i64,
    },
    /// The metadata of a bag are invalid.
    #[error("metadata.yaml: {found}, expected {expected}")]
    Metadata {
        /// Value found.
        found: String,
        /// Values expected.
        expected: &'static str,
    },
    /// The data cannot be decompressed.
    #[error("{what}: compressed with zstd, and damaged: {source}")]
    Compression {
        /// Name of the data.
        what: String,
        /// Cause of the error.
        source: std::io::Error,
    },
    /// The recording has too many topics.
    #[error("more than {most} topics: expected a recording of one robot")]
    Topics {
        /// Maximum number of topics.
        most: usize,
    },
    /// The topic has another type or encoding.
    #[error("{topic}: found {found}, expected {expected}")]
    Kind {
        /// Name of the topic.
        topic: String,
        /// Type or encoding found.
        found: String,
        /// Types or encoding expected.
        expected: String,
    },
    /// The message cannot be decoded.
    #[error("{topic}, message {index}, byte {byte}: {found}, expected {expected}")]
    Message {
        /// Name of the topic.
        topic: String,
        /// Index of the message on this topic, from 0.
        index: usize,
        /// Position in the message, bytes.
        byte: usize,
        /// Value found.
        found: String,
        /// Values expected.
        expected: &'static str,
    },
    /// A field of the message has an invalid value.
    #[error("{topic}, message {index}: {field} is {found}, expected {expected}")]
    Value {
        /// Name of the topic.
        topic: String,
        /// Index of the message on this topic, from 0.
        index: usize,
        /// Name of the field.
        field: &'static str,
        /// Value found.
        found: String,
        /// Values expected.
        expected: &'static str,
    },
    /// The message cannot be encoded.
    #[error("cannot encode a message: {0}")]
    Encode(#[from] cdr_encoding::Error),
    /// The bytes cannot be written.
    #[error("cannot write the recording: {0}")]
    Write(#[from] mcap::McapError),
}
