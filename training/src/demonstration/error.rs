//! What can be wrong with a recording.

/// Why a demonstration could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DemonstrationError {
    /// The container is damaged, cut short, or no MCAP at all.
    #[error("not a whole MCAP file: at byte {byte} of {length}: {source}")]
    Container {
        /// How far it could be read.
        byte: usize,
        /// Size of the file.
        length: usize,
        /// What was found there.
        source: mcap::McapError,
    },
    /// A topic that carries something else.
    #[error("{topic}: found {found}, expected {expected}")]
    Kind {
        /// The topic.
        topic: String,
        /// Type or encoding of its messages.
        found: String,
        /// What could have been read.
        expected: &'static str,
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
    /// A frame that no transform leads to.
    #[error("{topic}, message {index}: no transform from frame {frame:?} to {target:?}")]
    Frame {
        /// The topic.
        topic: String,
        /// Which one on this topic, from 0.
        index: usize,
        /// The frame of the message.
        frame: String,
        /// The frame that it is needed in.
        target: String,
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
    /// The other end does not take the bytes.
    #[error("cannot write the demonstration: {0}")]
    Write(#[from] mcap::McapError),
}
