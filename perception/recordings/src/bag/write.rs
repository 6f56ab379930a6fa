//! Messages to MCAP, as `ros2 bag` writes it with its MCAP storage.

use std::collections::BTreeMap;
use std::io::{Seek, Write};

use mcap::records::{MessageHeader, Metadata};
use mcap::{Compression, WriteOptions, Writer};
use serde::Serialize;

use crate::definitions::Definition;
use crate::{RecordingError, cdr};
use perception::Stamp;

/// A recording that is being written. The same messages give the same bytes.
pub struct BagWriter<W: Write + Seek> {
    writer: Writer<W>,
    channels: BTreeMap<String, Channel>,
}

struct Channel {
    id: u16,
    count: u32,
}

impl<W: Write + Seek> BagWriter<W> {
    /// Begins an MCAP file with lz4 chunks.
    pub fn begin(sink: W) -> Result<Self, RecordingError> {
        let writer = WriteOptions::new()
            .compression(Some(Compression::Lz4))
            .profile("ros2")
            .library("performer-mpc")
            // a chunk is written at once when it is full, so that a crash leaves whole chunks
            .disable_seeking(true)
            .create(sink)?;
        Ok(Self {
            writer,
            channels: BTreeMap::new(),
        })
    }

    /// Announces a topic, before its messages.
    pub fn topic(&mut self, name: &str, kind: &Definition) -> Result<(), RecordingError> {
        let metadata = BTreeMap::from([("offered_qos_profiles".to_owned(), String::new())]);
        let text = kind.whole();
        let schema = self
            .writer
            .add_schema(kind.name, "ros2msg", text.as_bytes())?;
        let id = self.writer.add_channel(schema, name, "cdr", &metadata)?;
        self.channels
            .insert(name.to_owned(), Channel { id, count: 0 });
        Ok(())
    }

    /// Writes a record of metadata.
    pub fn metadata(
        &mut self,
        name: &str,
        metadata: BTreeMap<String, String>,
    ) -> Result<(), RecordingError> {
        Ok(self.writer.write_metadata(&Metadata {
            name: name.to_owned(),
            metadata,
        })?)
    }

    /// Writes a message of a topic that was announced.
    pub fn message<T: Serialize>(
        &mut self,
        topic: &str,
        arrival: Stamp,
        stamp: Stamp,
        message: &T,
    ) -> Result<(), RecordingError> {
        self.bytes(topic, arrival, stamp, &cdr::encode(message)?)
    }

    /// Writes a message as it came, encapsulation and CDR, of a topic that was announced.
    pub fn bytes(
        &mut self,
        topic: &str,
        arrival: Stamp,
        stamp: Stamp,
        bytes: &[u8],
    ) -> Result<(), RecordingError> {
        let channel = self
            .channels
            .get_mut(topic)
            .ok_or_else(|| RecordingError::Kind {
                topic: topic.to_owned(),
                found: "a message".to_owned(),
                expected: "a topic that was announced".to_owned(),
            })?;
        let nanoseconds = |time: Stamp| {
            u64::try_from(time.0).map_err(|_| RecordingError::Value {
                topic: topic.to_owned(),
                index: channel.count as usize,
                field: "stamp",
                found: format!("{} s", time.as_secs()),
                expected: "0 s or later",
            })
        };
        let header = MessageHeader {
            channel_id: channel.id,
            sequence: channel.count,
            log_time: nanoseconds(arrival)?,
            publish_time: nanoseconds(stamp)?,
        };
        channel.count += 1;
        Ok(self.writer.write_to_known_channel(&header, bytes)?)
    }

    /// True for a topic that was announced.
    pub fn knows(&self, topic: &str) -> bool {
        self.channels.contains_key(topic)
    }

    /// Writes the chunk in progress: all messages so far can then be read back, even if nothing
    /// follows. Each flush begins another chunk, and so costs some compression.
    pub fn flush(&mut self) -> Result<(), RecordingError> {
        Ok(self.writer.flush()?)
    }

    /// Writes the end of the file.
    pub fn finish(mut self) -> Result<(), RecordingError> {
        self.writer.finish()?;
        Ok(())
    }
}
