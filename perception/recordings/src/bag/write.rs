//! Writer for MCAP files in the format of `ros2 bag` with its MCAP storage.

use std::collections::BTreeMap;
use std::io::{Seek, Write};

use mcap::records::{MessageHeader, Metadata};
use mcap::{Compression, WriteOptions, Writer};
use serde::Serialize;

use crate::definitions::Definition;
use crate::{RecordingError, cdr};
use perception::Stamp;

/// Writer of a recording. Identical messages result in identical bytes.
pub struct BagWriter<W: Write + Seek> {
    writer: Writer<W>,
    channels: BTreeMap<String, Channel>,
}

struct Channel {
    id: u16,
    count: u32,
}

impl<W: Write + Seek> BagWriter<W> {
    /// Creates an MCAP file with lz4 chunks.
    pub fn begin(sink: W) -> Result<Self, RecordingError> {
        let writer = WriteOptions::new()
            .compression(Some(Compression::Lz4))
            .profile("ros2")
            .library("performer-mpc")
            // a chunk is written as soon as it is full, so that a crash leaves complete chunks
            .disable_seeking(true)
            .create(sink)?;
        Ok(Self {
            writer,
            channels: BTreeMap::new(),
        })
    }

    /// Adds a topic; required before its messages.
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

    /// Writes a metadata record.
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

    /// Serializes and writes a message of a topic that was added.
    pub fn message<T: Serialize>(
        &mut self,
        topic: &str,
        arrival: Stamp,
        stamp: Stamp,
        message: &T,
    ) -> Result<(), RecordingError> {
        self.bytes(topic, arrival, stamp, &cdr::encode(message)?)
    }

    /// Writes a serialized message, encapsulation header and CDR, of a topic that was added.
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

    /// True for a topic that was added.
    pub fn knows(&self, topic: &str) -> bool {
        self.channels.contains_key(topic)
    }

    /// Writes the current chunk, so that all messages so far can be read back even if nothing
    /// follows. Each flush begins another chunk and thereby reduces the compression.
    pub fn flush(&mut self) -> Result<(), RecordingError> {
        Ok(self.writer.flush()?)
    }

    /// Writes the end of the file.
    pub fn finish(mut self) -> Result<(), RecordingError> {
        self.writer.finish()?;
        Ok(())
    }
}
