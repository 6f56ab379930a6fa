//! What can be wrong with a recording.

use super::Damage;

/// What is wrong within an MCAP file.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The container is damaged, cut short, or no MCAP at all.
    #[error(transparent)]
    Mcap(#[from] mcap::McapError),
    /// A record whose texts and lists do not end within it.
    #[error("a text or a list is longer than the record that holds it")]
    Overlong,
}

/// Why a recording could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The container is damaged, cut short, or no MCAP at all.
    #[error("not a whole MCAP file: at byte {byte} of {length}: {source}")]
    Container {
        /// How far it could be read.
        byte: usize,
        /// Size of the file.
        length: usize,
        /// What was found there.
        source: ContainerError,
    },
    /// A recording that is read up to some damage, where only a whole one will do.
    #[error("{0}; expected a whole recording")]
    Damaged(Damage),
    /// A database that is damaged, or none of rosbag2.
    #[cfg(feature = "sqlite")]
    #[error("not a whole rosbag2 database: {what}: {source}")]
    Database {
        /// What was being read.
        what: &'static str,
        /// What was found there.
        source: rusqlite::Error,
    },
    /// A database with rows that no recorder writes.
    #[error("rosbag2 database: {what} is {found}, expected {expected}")]
    Row {
        /// What was read.
        what: &'static str,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// A table whose rows are not in order, as when damaged pages lead back to themselves.
    #[error("rosbag2 database: message {found} follows message {last}, expected a higher number")]
    Order {
        /// Number of the message.
        found: i64,
        /// Number of the one before.
        last: i64,
    },
    /// The metadata of a bag do not say what they should.
    #[error("metadata.yaml: {found}, expected {expected}")]
    Metadata {
        /// What is there.
        found: String,
        /// What should be.
        expected: &'static str,
    },
    /// Bytes that do not unpack.
    #[error("{what}: compressed with zstd, and damaged: {source}")]
    Compression {
        /// Which bytes.
        what: String,
        /// What was found.
        source: std::io::Error,
    },
    /// More topics than a recording has.
    #[error("more than {most} topics: expected a recording of one robot")]
    Topics {
        /// Topics that it may have.
        most: usize,
    },
    /// A topic that carries something else.
    #[error("{topic}: found {found}, expected {expected}")]
    Kind {
        /// The topic.
        topic: String,
        /// Type or encoding of its messages.
        found: String,
        /// What could have been read.
        expected: String,
    },
    /// A message that does not decode.
    #[error("{topic}, message {index}, byte {byte}: {found}, expected {expected}")]
    Message {
        /// The topic.
        topic: String,
        /// Which one on this topic, from 0.
        index: usize,
        /// Where in the message.
        byte: usize,
        /// What was found there.
        found: String,
        /// What should have been.
        expected: &'static str,
    },
    /// A message that decodes to something that cannot be.
    #[error("{topic}, message {index}: {field} is {found}, expected {expected}")]
    Value {
        /// The topic.
        topic: String,
        /// Which one on this topic, from 0.
        index: usize,
        /// The field.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// A message that does not encode.
    #[error("cannot encode a message: {0}")]
    Encode(#[from] cdr_encoding::Error),
    /// The other end does not take the bytes.
    #[error("cannot write the recording: {0}")]
    Write(#[from] mcap::McapError),
}
