//! What came in and went out, to an MCAP file, by a thread of its own.
//!
//! A message is recorded at the time of the tick that took it in, before that tick's command, so
//! that a replay takes in the same messages before the same ticks.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use crossbeam::channel::{Sender, bounded};
use perception::recording::definitions::{
    CAMERA_INFO, Definition, IMAGE, LASER_SCAN, ODOMETRY, PATH, POINT_CLOUD2, POSE_STAMPED,
    TF_MESSAGE, TWIST_STAMPED,
};
use perception::recording::messages::{Header, PathMessage};
use perception::recording::{BagWriter, RecordingError, cdr};
use perception::{Stamp, Twist};

use super::mailbox::{RawInput, Source};
use super::messages::{BOOL, DIAGNOSTIC_ARRAY, DiagnosticArray, EMPTY, SPEED_LIMIT, TEXT, Text};
use super::pilot::{Pilot, Tick};
use super::settings::NodeSettings;
use super::views::{local_plan, twist_stamped};
use crate::config::Config;

/// Topic of commands: one a tick, with an empty frame where none was sent.
pub(super) const COMMANDS: &str = "/cmd_vel";
/// Topic of settings as TOML: all at the beginning, later those of the node that changed.
pub(super) const MAP_CLEARED: &str = "/performer_mpc/map_cleared";
/// Topic of stops that the watchdog sent: taken into account before the tick of their time, with
/// [`REPLACED`] where they took the place of that tick's command.
pub(super) const WATCHDOG: &str = "/performer_mpc/watchdog_stop";
pub(super) const REPLACED: &str = "replaced";
pub(super) const SETTINGS: &str = "/performer_mpc/settings";
const LOCAL_PLAN: &str = "/local_plan";
const DIAGNOSTICS: &str = "/diagnostics";
/// Messages that may wait to be written.
const WAITING: usize = 4096;

/// Why nothing is recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The file cannot be written.
    #[error("cannot record to {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The container cannot be written.
    #[error("cannot record: {0}")]
    Container(#[from] RecordingError),
    /// The settings cannot be told.
    #[error("cannot record the settings: {0}")]
    Settings(#[from] toml::ser::Error),
}

/// A message that waits to be written.
struct Entry {
    topic: String,
    kind: &'static Definition,
    at: Stamp,
    bytes: Vec<u8>,
}

/// A recording under way.
#[derive(Debug)]
pub struct Recorder {
    entries: Option<Sender<Entry>>,
    writer: Option<JoinHandle<()>>,
    base_frame: String,
    odom_frame: String,
    dropped: u64,
}

impl Source {
    /// The type of its messages.
    pub fn definition(&self) -> &'static Definition {
        match self {
            Self::FixedTransforms | Self::Transforms => &TF_MESSAGE,
            Self::Odometry => &ODOMETRY,
            Self::CameraInfo(_) => &CAMERA_INFO,
            Self::SpeedLimit => &SPEED_LIMIT,
            Self::EmergencyStop | Self::ProtectiveField => &BOOL,
            Self::StopReset => &EMPTY,
            Self::Plan => &PATH,
            Self::GoalPose => &POSE_STAMPED,
            Self::Scan => &LASER_SCAN,
            Self::Points => &POINT_CLOUD2,
            Self::Depth(_) => &IMAGE,
        }
    }
}

impl Recorder {
    /// Begins a file with the settings that all that follows depends on.
    pub fn begin(path: &Path, config: &Config, now: Stamp) -> Result<Self, RecorderError> {
        let file = File::create(path).map_err(|source| RecorderError::File {
            path: path.to_owned(),
            source,
        })?;
        let mut bag = BagWriter::begin(BufWriter::new(file))?;
        let (sender, entries) = bounded::<Entry>(WAITING);
        let shown = path.display().to_string();
        let writer = std::thread::spawn(move || {
            let written = entries.iter().try_for_each(|entry| write(&mut bag, &entry));
            if let Err(error) = written.and_then(|()| bag.finish()) {
                tracing::error!("recording to {shown} ended: {error}");
            }
        });
        let mut this = Self {
            entries: Some(sender),
            writer: Some(writer),
            base_frame: config.node.base_frame.clone(),
            odom_frame: config.node.odom_frame.clone(),
            dropped: 0,
        };
        let data = toml::to_string(config)?;
        this.add(SETTINGS, &TEXT, now, cdr::encode(&Text { data })?);
        Ok(this)
    }

    /// A message that was taken in before or after the tick of this time.
    pub(super) fn input(&mut self, topic: &str, message: RawInput, now: Stamp) {
        let topic = format!("/{}", topic.trim_start_matches('/'));
        self.add(&topic, message.source.definition(), now, message.bytes);
    }

    /// The goal was taken away.
    pub(super) fn stopped(&mut self, now: Stamp) {
        self.encode("/plan", &PATH, now, &PathMessage::default());
    }

    /// The map was forgotten.
    pub(super) fn map_cleared(&mut self, now: Stamp) {
        self.encode(MAP_CLEARED, &TEXT, now, &Text::default());
    }

    /// The watchdog sent a stop, since the last tick or in the place of this tick's command.
    pub(super) fn watchdog_stopped(&mut self, is_replaced: bool, now: Stamp) {
        let data = if is_replaced { REPLACED } else { "" }.to_owned();
        self.encode(WATCHDOG, &TEXT, now, &Text { data });
    }

    /// Settings changed.
    pub(super) fn adjusted(&mut self, settings: &NodeSettings, now: Stamp) {
        if let Ok(data) = toml::to_string(settings) {
            self.encode(SETTINGS, &TEXT, now, &Text { data });
        }
    }

    /// A tick's command and plan.
    pub(super) fn tick(&mut self, tick: &Tick, pilot: &Pilot) {
        let frame = if tick.command.is_some() {
            &self.base_frame
        } else {
            ""
        };
        let command = tick.command.unwrap_or(Twist::ZERO);
        let command = twist_stamped(tick.stamp, frame, command);
        self.encode(COMMANDS, &TWIST_STAMPED, tick.stamp, &command);
        if tick.command.is_some() {
            let plan = local_plan(tick.stamp, &self.odom_frame, pilot.action());
            self.encode(LOCAL_PLAN, &PATH, tick.stamp, &plan);
        }
    }

    /// How the node is.
    pub(super) fn diagnosis(&mut self, now: Stamp, report: &DiagnosticArray) {
        self.encode(DIAGNOSTICS, &DIAGNOSTIC_ARRAY, now, report);
    }

    fn encode<T: serde::Serialize>(
        &mut self,
        topic: &str,
        kind: &'static Definition,
        at: Stamp,
        message: &T,
    ) {
        match cdr::encode(message) {
            Ok(bytes) => self.add(topic, kind, at, bytes),
            Err(_) => self.dropped += 1,
        }
    }

    fn add(&mut self, topic: &str, kind: &'static Definition, at: Stamp, bytes: Vec<u8>) {
        let entry = Entry {
            topic: topic.to_owned(),
            kind,
            at,
            bytes,
        };
        let sent = self.entries.as_ref().map(|entries| entries.try_send(entry));
        if !matches!(sent, Some(Ok(()))) {
            self.dropped += 1;
        }
    }

    /// Messages that were not written, because the disk is slow or full.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Ends the file.
    pub fn finish(mut self) {
        self.close();
    }

    fn close(&mut self) {
        self.entries = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join(); // what went wrong was logged
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.close();
    }
}

fn write(bag: &mut BagWriter<BufWriter<File>>, entry: &Entry) -> Result<(), RecordingError> {
    if !bag.knows(&entry.topic) {
        bag.topic(&entry.topic, entry.kind)?;
    }
    bag.bytes(&entry.topic, entry.at, entry.at, &entry.bytes)
}

/// The header of what is told of a frame at a time.
pub(super) fn header(stamp: Stamp, frame: &str) -> Header {
    Header {
        stamp: stamp.into(),
        frame_id: frame.to_owned(),
    }
}
