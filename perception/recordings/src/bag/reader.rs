//! Common interface of recordings: topics, and messages in the order of arrival.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{Damage, RecordingError, cdr};
use perception::Stamp;

/// Topic of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Name, such as `/scan`.
    pub name: String,
    /// Type of the messages, such as `sensor_msgs/msg/LaserScan`; empty if the recording omits it.
    pub kind: String,
    /// Serialization format of the messages; only `cdr` is supported.
    pub encoding: String,
    /// Number of messages in the recording.
    pub count: usize,
}

/// Serialized message of a recording.
#[derive(Debug, Clone)]
pub struct RawMessage {
    /// Topic of the message.
    pub topic: Arc<Topic>,
    /// Index of the message on its topic, from 0.
    pub index: usize,
    /// Time of recording.
    pub arrival: Stamp,
    /// Encapsulation header and body.
    pub bytes: Vec<u8>,
}

/// Recording that is read sequentially from beginning to end.
pub trait BagReader {
    /// All topics, ordered by name, including those that are not selected.
    fn topics(&self) -> &[Arc<Topic>];

    /// Files that could not be read to their end, as far as detected so far, in the order of files.
    fn damage(&self) -> &[Damage];

    /// Selects the topics to read, and restarts at the beginning.
    fn select(&mut self, topics: &[&str]);

    /// Next message in the order of arrival; `None` after the last one.
    fn next_message(&mut self) -> Result<Option<RawMessage>, RecordingError>;
}

impl Topic {
    /// Rejects a topic whose messages are not CDR of one of these types.
    pub fn expect(&self, kinds: &[&str]) -> Result<(), RecordingError> {
        let fault = |found: String, expected: String| RecordingError::Kind {
            topic: self.name.clone(),
            found,
            expected,
        };
        if self.encoding != "cdr" {
            let found = format!("encoding {:?}", self.encoding);
            return Err(fault(found, "encoding \"cdr\"".to_owned()));
        }
        if kinds.contains(&self.kind.as_str()) {
            return Ok(());
        }
        Err(fault(self.kind.clone(), kinds.join(" or ")))
    }
}

impl RawMessage {
    /// Decodes the message.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, RecordingError> {
        cdr::decode(&self.topic.name, self.index, &self.bytes)
    }

    /// Creates an error for a field with an invalid value.
    pub fn fault(
        &self,
        field: &'static str,
        found: &dyn std::fmt::Display,
        expected: &'static str,
    ) -> RecordingError {
        RecordingError::Value {
            topic: self.topic.name.clone(),
            index: self.index,
            field,
            found: found.to_string(),
            expected,
        }
    }
}
