//! What all recordings share: topics, and messages in the order of their arrival.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{Damage, RecordingError, cdr};
use perception::Stamp;

/// A topic of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name, such as `/scan`.
    pub name: String,
    /// Type of its messages, such as `sensor_msgs/msg/LaserScan`; empty when not told.
    pub kind: String,
    /// How messages are spelled as bytes; only `cdr` is read.
    pub encoding: String,
    /// Messages in the recording.
    pub count: usize,
}

/// A message as it lies in the recording.
#[derive(Debug, Clone)]
pub struct RawMessage {
    /// Where it was heard.
    pub topic: Arc<Topic>,
    /// Which one on its topic, from 0.
    pub index: usize,
    /// When it was recorded.
    pub arrival: Stamp,
    /// Encapsulation and body.
    pub bytes: Vec<u8>,
}

/// A recording that is read from its beginning to its end.
pub trait BagReader {
    /// All topics, in the order of their names, also of messages that are left out.
    fn topics(&self) -> &[Arc<Topic>];

    /// Files that could not be read to their end, as far as reading has shown, in the order of
    /// files.
    fn damage(&self) -> &[Damage];

    /// Leaves only the messages of these topics to be read, from the beginning on.
    fn select(&mut self, topics: &[&str]);

    /// The next message in the order of arrival, none behind the last.
    fn next_message(&mut self) -> Result<Option<RawMessage>, RecordingError>;
}

impl Topic {
    /// Refuses a topic whose messages are not CDR of one of these types.
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
    /// What it says.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, RecordingError> {
        cdr::decode(&self.topic.name, self.index, &self.bytes)
    }

    /// The error of a field that holds what it cannot.
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
