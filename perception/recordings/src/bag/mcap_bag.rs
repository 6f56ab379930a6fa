//! Reader for MCAP recordings: records, chunks, channels.
//!
//! All checksums are verified; the whole recording is held in memory. A damaged file is read up to
//! the damage.

use std::collections::BTreeMap;
use std::sync::Arc;

use mcap::McapError;
use mcap::read::ChannelAccumulator;
use mcap::records::Record;

use super::container::{self, Break, RECORD_MAX, Step, Stop};
use super::reader::{BagReader, RawMessage, Topic};
use crate::{Damage, RecordingError, decompressed};
use perception::Stamp;

/// Maximum number of topics in a recording.
const TOPICS_MAX: usize = 4096;

/// MCAP recording in memory.
#[derive(Debug, Default)]
pub struct McapBag {
    topics: Vec<Arc<Topic>>,
    /// Messages in the order of arrival.
    messages: Vec<Message>,
    selected: Vec<bool>,
    next: usize,
    counts: Vec<usize>,
    metadata: BTreeMap<String, BTreeMap<String, String>>,
    damage: Vec<Damage>,
}

#[derive(Debug)]
struct Message {
    topic: usize,
    arrival: Stamp,
    bytes: Vec<u8>,
}

impl McapBag {
    /// Parses files in the order of recording. Messages on topics that are not `wanted` are counted
    /// but not kept. A recording without any readable data is rejected; for any other file
    /// [`BagReader::damage`] reports how far it could be read.
    pub fn from_bytes(
        files: &[&[u8]],
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self, RecordingError> {
        let mut this = Self::default();
        let mut topics = Vec::new();
        let mut refused = None;
        let mut is_any_mcap = false;
        for (file, bytes) in files.iter().enumerate() {
            let mut unpacked = Unpacked::new(&mut this, &mut topics, &wanted);
            let broken = container::read(bytes, &mut |step| unpacked.take(step))?;
            is_any_mcap |= unpacked.has_header;
            let (messages, last) = (unpacked.messages, unpacked.last);
            let Some(Break { byte, source }) = broken else {
                continue;
            };
            this.damage.push(Damage {
                file,
                byte: Some(byte as u64),
                length: Some(bytes.len() as u64),
                messages,
                last,
                cause: source.to_string(),
            });
            refused.get_or_insert(RecordingError::Container {
                byte,
                length: bytes.len(),
                source,
            });
        }
        if let (Some(error), false) = (refused, is_any_mcap) {
            return Err(error);
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
        // recordings of several processes are only approximately in order
        this.messages.sort_by_key(|message| message.arrival);
        Ok(this)
    }

    /// Metadata record with this name, if there is one.
    pub fn metadata(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.metadata.get(name)
    }
}

/// File during parsing.
struct Unpacked<'a> {
    bag: &'a mut McapBag,
    topics: &'a mut Vec<Topic>,
    wanted: &'a dyn Fn(&str) -> bool,
    channels: ChannelAccumulator<'static>,
    /// Topics of the channels that had messages.
    places: BTreeMap<u16, usize>,
    has_header: bool,
    /// Number of verified messages, and the latest arrival among them.
    messages: usize,
    last: Option<Stamp>,
    /// Topics and messages that are not yet verified; messages of unwanted topics have no content.
    topics_kept: usize,
    draft: Vec<(usize, Stamp, Option<Vec<u8>>)>,
}

impl<'a> Unpacked<'a> {
    fn new(
        bag: &'a mut McapBag,
        topics: &'a mut Vec<Topic>,
        wanted: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        Self {
            topics_kept: topics.len(),
            bag,
            topics,
            wanted,
            channels: ChannelAccumulator::default(),
            places: BTreeMap::new(),
            has_header: false,
            messages: 0,
            last: None,
            draft: Vec::new(),
        }
    }

    fn take(&mut self, step: Step<'_>) -> Result<(), Stop> {
        match step {
            Step::Record(record) => return self.record(record),
            Step::Keep => self.keep(),
            Step::Drop => {
                self.draft.clear();
                self.topics.truncate(self.topics_kept);
                self.places.retain(|_, place| *place < self.topics_kept);
            }
        }
        Ok(())
    }

    fn keep(&mut self) {
        self.topics_kept = self.topics.len();
        for (topic, arrival, bytes) in self.draft.drain(..) {
            self.topics[topic].count += 1;
            self.messages += 1;
            self.last = self.last.max(Some(arrival));
            if let Some(bytes) = bytes {
                self.bag.messages.push(Message {
                    topic,
                    arrival,
                    bytes,
                });
            }
        }
    }

    fn record(&mut self, record: Record<'_>) -> Result<(), Stop> {
        match record {
            Record::Header(_) => self.has_header = true,
            Record::Schema { header, data } => {
                self.channels.add_schema(header, data.into_owned().into())?;
            }
            Record::Channel(channel) => self.channels.add_channel(channel)?,
            Record::Metadata(metadata) => {
                self.bag.metadata.insert(metadata.name, metadata.metadata);
            }
            Record::Message { header, data } => {
                let Some(channel) = self.channels.get(header.channel_id) else {
                    let (sequence, id) = (header.sequence, header.channel_id);
                    return Err(McapError::UnknownChannel(sequence, id).into());
                };
                let topic = if let Some(&place) = self.places.get(&channel.id) {
                    place
                } else {
                    let place = topic_of(&channel, self.topics)?;
                    self.places.insert(channel.id, place);
                    place
                };
                // an implausible log time is replaced by the publish time, the closest substitute
                let nanoseconds = i64::try_from(header.log_time)
                    .or_else(|_| i64::try_from(header.publish_time))
                    .unwrap_or(i64::MAX);
                let is_wanted = (self.wanted)(&channel.topic);
                let bytes = is_wanted.then(|| data.into_owned());
                self.draft.push((topic, Stamp(nanoseconds), bytes));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Index of the topic of a channel.
fn topic_of(channel: &mcap::Channel<'_>, topics: &mut Vec<Topic>) -> Result<usize, RecordingError> {
    let kind = channel.schema.as_ref().map_or("", |schema| &schema.name);
    if let Some(place) = topics.iter().position(|topic| topic.name == channel.topic) {
        let held = &topics[place];
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

    fn damage(&self) -> &[Damage] {
        &self.damage
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
