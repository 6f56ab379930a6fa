//! MCAP: records, chunks, channels. All checksums are verified, so what is read is what was
//! written; the whole recording is held in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use mcap::McapError;
use mcap::read::ChannelAccumulator;
use mcap::records::{Record, op};
use mcap::sans_io::{LinearReadEvent, LinearReader, LinearReaderOptions};

use super::bag::{BagReader, RawMessage, Topic};
use super::{RecordingError, decompressed, mcap_lengths};
use crate::Stamp;

/// Largest record that is believed, bytes.
const RECORD_MAX: usize = 1 << 27;
/// Most topics of a recording.
const TOPICS_MAX: usize = 4096;

/// Kinds of records that are taken apart.
const TAKEN_APART: [u8; 4] = [op::SCHEMA, op::CHANNEL, op::MESSAGE, op::METADATA];

/// A recording in memory.
#[derive(Debug, Default)]
pub struct McapBag {
    topics: Vec<Arc<Topic>>,
    /// In the order of arrival.
    messages: Vec<Message>,
    selected: Vec<bool>,
    next: usize,
    counts: Vec<usize>,
    metadata: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug)]
struct Message {
    topic: usize,
    arrival: Stamp,
    bytes: Vec<u8>,
}

impl McapBag {
    /// Takes whole files apart, in the order of recording. Messages on topics that are not
    /// `wanted` are counted but not kept.
    pub fn from_bytes(
        files: &[&[u8]],
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self, RecordingError> {
        let mut this = Self::default();
        let mut topics = Vec::new();
        for bytes in files {
            this.unpack(bytes, &mut topics, &wanted)?;
        }
        let mut order: Vec<usize> = (0..topics.len()).collect();
        order.sort_by(|&a, &b| topics[a].name.cmp(&topics[b].name));
        let mut rank = vec![0; topics.len()];
        for (place, &topic) in order.iter().enumerate() {
            rank[topic] = place;
        }
        for message in &mut this.messages {
            message.topic = rank[message.topic];
        }
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        this.selected = vec![true; topics.len()];
        this.counts = vec![0; topics.len()];
        this.topics = topics.into_iter().map(Arc::new).collect();
        // recordings of several processes are only roughly in order
        this.messages.sort_by_key(|message| message.arrival);
        Ok(this)
    }

    /// A record of metadata by its name, if there is one.
    pub fn metadata(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.metadata.get(name)
    }

    fn unpack(
        &mut self,
        bytes: &[u8],
        topics: &mut Vec<Topic>,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<(), RecordingError> {
        let options = LinearReaderOptions::default()
            .with_validate_chunk_crcs(true)
            .with_validate_data_section_crc(true)
            .with_validate_summary_section_crc(true)
            .with_record_length_limit(RECORD_MAX);
        let mut reader = LinearReader::new_with_options(options);
        let mut channels = ChannelAccumulator::default();
        let mut places = BTreeMap::new();
        let mut fed = 0;
        let damaged = |byte: usize| {
            move |source: McapError| RecordingError::Container {
                byte,
                length: bytes.len(),
                source,
            }
        };
        if let Some((byte, source)) = mcap_lengths::flaw(bytes) {
            return Err(damaged(byte)(source));
        }
        while let Some(event) = reader.next_event() {
            match event.map_err(damaged(fed))? {
                LinearReadEvent::ReadRequest(wanted) => {
                    let given = wanted.min(bytes.len() - fed);
                    reader
                        .insert(given)
                        .copy_from_slice(&bytes[fed..fed + given]);
                    reader.notify_read(given);
                    fed += given;
                }
                LinearReadEvent::Record { data, opcode } => {
                    if !TAKEN_APART.contains(&opcode) {
                        continue;
                    }
                    if !mcap_lengths::fits(opcode, data) {
                        return Err(RecordingError::Overlong {
                            byte: fed,
                            length: bytes.len(),
                        });
                    }
                    let record = mcap::parse_record(opcode, data).map_err(damaged(fed))?;
                    match record {
                        Record::Schema { header, data } => channels
                            .add_schema(header, data.into_owned().into())
                            .map_err(damaged(fed))?,
                        Record::Channel(channel) => {
                            channels.add_channel(channel).map_err(damaged(fed))?;
                        }
                        Record::Metadata(metadata) => {
                            self.metadata.insert(metadata.name, metadata.metadata);
                        }
                        Record::Message { header, data } => {
                            let Some(channel) = channels.get(header.channel_id) else {
                                let (sequence, id) = (header.sequence, header.channel_id);
                                let fault = McapError::UnknownChannel(sequence, id);
                                return Err(damaged(fed)(fault));
                            };
                            let topic = if let Some(&place) = places.get(&channel.id) {
                                place
                            } else {
                                let place = topic_of(&channel, topics)?;
                                places.insert(channel.id, place);
                                place
                            };
                            topics[topic].count += 1;
                            if wanted(&channel.topic) {
                                let nanoseconds = i64::try_from(header.log_time);
                                self.messages.push(Message {
                                    topic,
                                    arrival: Stamp(nanoseconds.unwrap_or(i64::MAX)),
                                    bytes: data.into_owned(),
                                });
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }
}

/// The place of a channel's topic.
fn topic_of(channel: &mcap::Channel<'_>, topics: &mut Vec<Topic>) -> Result<usize, RecordingError> {
    let kind = channel.schema.as_ref().map_or("", |schema| &schema.name);
    if let Some(place) = topics.iter().position(|topic| topic.name == channel.topic) {
        let held = &mut topics[place];
        if held.kind != kind || held.encoding != channel.message_encoding {
            return Err(RecordingError::Kind {
                topic: channel.topic.clone(),
                found: kind.to_owned(),
                expected: format!("{}, as before", held.kind),
            });
        }
        return Ok(place);
    }
    if topics.len() == TOPICS_MAX {
        return Err(RecordingError::Topics { most: TOPICS_MAX });
    }
    topics.push(Topic {
        name: channel.topic.clone(),
        kind: kind.to_owned(),
        encoding: channel.message_encoding.clone(),
        count: 0,
    });
    Ok(topics.len() - 1)
}

impl BagReader for McapBag {
    fn topics(&self) -> &[Arc<Topic>] {
        &self.topics
    }

    fn select(&mut self, topics: &[&str]) {
        self.next = 0;
        self.counts.fill(0);
        for (selected, topic) in self.selected.iter_mut().zip(&self.topics) {
            *selected = topics.contains(&topic.name.as_str());
        }
    }

    fn next_message(&mut self) -> Result<Option<RawMessage>, RecordingError> {
        while let Some(message) = self.messages.get(self.next) {
            self.next += 1;
            if !self.selected[message.topic] {
                continue;
            }
            let topic = Arc::clone(&self.topics[message.topic]);
            let index = self.counts[message.topic];
            self.counts[message.topic] += 1;
            let what = format!("{}, message {index}", topic.name);
            return Ok(Some(RawMessage {
                topic,
                index,
                arrival: message.arrival,
                bytes: decompressed(&what, message.bytes.clone(), RECORD_MAX)?,
            }));
        }
        Ok(None)
    }
}
