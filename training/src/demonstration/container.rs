//! The outer layer of a recording: records, chunks, channels.

use std::collections::BTreeMap;
use std::sync::Arc;

use mcap::read::ChannelAccumulator;
use mcap::records::Record;
use mcap::sans_io::{LinearReadEvent, LinearReader, LinearReaderOptions};
use mcap::{Channel, McapError};
use perception::Stamp;

use super::write::ABOUT;
use super::{DemonstrationError, ReadSettings, definitions};

/// Largest record that is believed, bytes.
const RECORD_MAX: usize = 1 << 28;

/// What a topic stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Scan,
    Odometry,
    Command,
    Goal,
    Plan,
    Transforms,
}

/// A message as it lies in the file.
pub(super) struct Raw {
    pub role: Role,
    pub channel: Arc<Channel<'static>>,
    /// Which one on its topic.
    pub index: usize,
    pub arrival: Stamp,
    pub bytes: Vec<u8>,
}

/// The layer of chunks, channels and schemas.
#[derive(Default)]
pub(super) struct Container {
    channels: ChannelAccumulator<'static>,
    counts: BTreeMap<String, usize>,
    pub raws: Vec<Raw>,
    pub about: BTreeMap<String, String>,
}

impl Container {
    /// Takes a file apart: the messages on topics that matter, in the order of their arrival.
    pub fn unpack(bytes: &[u8], settings: &ReadSettings) -> Result<Self, DemonstrationError> {
        let mut this = Self::default();
        let options = LinearReaderOptions::default()
            .with_validate_chunk_crcs(true)
            .with_validate_data_section_crc(true)
            .with_validate_summary_section_crc(true)
            .with_record_length_limit(RECORD_MAX);
        let mut reader = LinearReader::new_with_options(options);
        let mut fed = 0;
        let damaged = |byte: usize| {
            move |source: McapError| DemonstrationError::Container {
                byte,
                length: bytes.len(),
                source,
            }
        };
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
                    let record = mcap::parse_record(opcode, data).map_err(damaged(fed))?;
                    this.record(record, settings, &damaged(fed))?;
                }
            }
        }
        // recordings of several processes are only roughly in order
        this.raws.sort_by_key(|raw| raw.arrival);
        Ok(this)
    }

    fn record(
        &mut self,
        record: Record<'_>,
        settings: &ReadSettings,
        damaged: &dyn Fn(McapError) -> DemonstrationError,
    ) -> Result<(), DemonstrationError> {
        match record {
            Record::Schema { header, data } => self
                .channels
                .add_schema(header, data.into_owned().into())
                .map_err(damaged),
            Record::Channel(channel) => self.channels.add_channel(channel).map_err(damaged),
            Record::Metadata(metadata) if metadata.name == ABOUT => {
                self.about = metadata.metadata;
                Ok(())
            }
            Record::Message { header, data } => {
                let Some(channel) = self.channels.get(header.channel_id) else {
                    let fault = McapError::UnknownChannel(header.sequence, header.channel_id);
                    return Err(damaged(fault));
                };
                let Some(role) = settings.role(&channel.topic) else {
                    return Ok(());
                };
                check_kind(role, &channel)?;
                let count = self.counts.entry(channel.topic.clone()).or_default();
                self.raws.push(Raw {
                    role,
                    index: *count,
                    arrival: Stamp(i64::try_from(header.log_time).unwrap_or(i64::MAX)),
                    bytes: data.into_owned(),
                    channel,
                });
                *count += 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl ReadSettings {
    fn role(&self, topic: &str) -> Option<Role> {
        let roles = [
            (self.scan.as_str(), Role::Scan),
            (self.odometry.as_str(), Role::Odometry),
            (self.command.as_str(), Role::Command),
            (self.goal.as_str(), Role::Goal),
            (self.plan.as_str(), Role::Plan),
            ("/tf", Role::Transforms),
            ("/tf_static", Role::Transforms),
        ];
        roles
            .iter()
            .find(|(name, _)| *name == topic)
            .map(|&(_, role)| role)
    }
}

fn check_kind(role: Role, channel: &Channel<'_>) -> Result<(), DemonstrationError> {
    let fault = |found: &str, expected| DemonstrationError::Kind {
        topic: channel.topic.clone(),
        found: found.to_owned(),
        expected,
    };
    if channel.message_encoding != "cdr" {
        let found = format!("encoding {:?}", channel.message_encoding);
        return Err(fault(&found, "encoding \"cdr\""));
    }
    let kind = channel.schema.as_ref().map_or("", |schema| &schema.name);
    let expected = match role {
        Role::Scan => definitions::LASER_SCAN,
        Role::Odometry => definitions::ODOMETRY,
        Role::Command if kind == definitions::TWIST => definitions::TWIST,
        Role::Command => definitions::TWIST_STAMPED,
        Role::Goal => definitions::POSE_STAMPED,
        Role::Plan => definitions::PLAN,
        Role::Transforms => definitions::TF_MESSAGE,
    };
    if kind == expected {
        Ok(())
    } else {
        Err(fault(kind, expected))
    }
}
