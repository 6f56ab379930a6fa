//! Recording of inputs and outputs by a separate thread to MCAP files.
//!
//! A message is recorded at the time of the tick that processed it, before the command of that
//! tick, so that a replay processes the same messages before the same ticks. This part never waits
//! for the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use controller::Intervention;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use perception::{Stamp, Twist};
use recordings::definitions::{
    CAMERA_INFO, Definition, IMAGE, LASER_SCAN, ODOMETRY, PATH, POINT_CLOUD2, POSE_STAMPED,
    TF_MESSAGE, TWIST_STAMPED,
};
use recordings::messages::{Header, PathMessage};
use recordings::{RecordingError, cdr};

use super::black_box::{
    Account, ActiveFile, Carry, Entry, IncidentCause, Incidents, Order, Task, Writer,
};
use super::diagnosis::recorder_status;
use super::mailbox::{RawInput, Source};
use super::messages::{
    BOOL, DIAGNOSTIC_ARRAY, DiagnosticArray, DiagnosticStatus, EMPTY, SPEED_LIMIT, TEXT, Text,
};
use super::pilot::{Pilot, Tick};
use super::settings::NodeSettings;
use super::views::{local_plan, twist_stamped};
use crate::RobotConfig;

/// Topic of commands: one per tick, with an empty frame if none was sent.
pub const COMMANDS: &str = "/cmd_vel";
/// Topic of events at which the map was cleared.
pub(super) const MAP_CLEARED: &str = "/performer_mpc/map_cleared";
/// Topic of watchdog stops: processed before the tick of their time, with [`REPLACED`] if they
/// replaced the command of that tick.
pub(super) const WATCHDOG: &str = "/performer_mpc/watchdog_stop";
pub(super) const REPLACED: &str = "replaced";
/// Topic of settings as TOML: all at the beginning, later those of the node that changed.
pub(super) const SETTINGS: &str = "/performer_mpc/settings";
const LOCAL_PLAN: &str = "/local_plan";
const DIAGNOSTICS: &str = "/diagnostics";
/// Maximum number of queued messages, and of their bytes.
const WAITING_MAX: usize = 4096;
const WAITING_BYTES_MAX: usize = 256 << 20;
/// Maximum time for the writer to finish its files after the loop ends.
const FINISH_MAX: Duration = Duration::from_secs(10);
/// Maximum command of a robot at rest, m/s and rad/s.
const REST: f64 = 1e-3;

/// Errors of the recorder.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The file cannot be written.
    #[error("cannot record to {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The container cannot be written.
    #[error("cannot record: {0}")]
    Container(#[from] RecordingError),
    /// The writer's thread cannot be started.
    #[error("cannot record: {0}")]
    Thread(std::io::Error),
    /// The settings cannot be serialised.
    #[error("cannot record the settings: {0}")]
    Settings(#[from] toml::ser::Error),
}

impl RecorderError {
    /// True if the file is lost, false if only one message is.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::File { .. } | Self::Thread(_) | Self::Container(RecordingError::Write(_)) => true,
            Self::Container(_) | Self::Settings(_) => false,
        }
    }
}

/// The control loop's side of the recorder.
#[derive(Debug)]
pub struct Recorder {
    orders: Sender<Order>,
    account: Arc<Account>,
    /// Closes when the writer has finished.
    ended: Receiver<()>,
    base_frame: String,
    odom_frame: String,
    /// True while the last command moved the robot.
    is_moving: bool,
}

/// Requests to save an incident, from any thread.
#[derive(Debug, Clone)]
pub struct IncidentAlarm {
    orders: Sender<Order>,
    account: Arc<Account>,
}

impl IncidentAlarm {
    /// Saves the seconds around this time. Never waits; a lost request is counted.
    pub fn raise(&self, cause: IncidentCause, at: Stamp) {
        if self.orders.try_send(Order::Save(cause, at)).is_err() {
            Account::add(&self.account.unsaved, 1);
        }
    }
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
    /// The recorder according to the settings, if enabled: `record` for a file of the whole drive,
    /// `incidents.enabled` for incident files.
    pub fn of(config: &RobotConfig, now: Stamp) -> Result<Option<Self>, RecorderError> {
        let node = &config.node;
        if node.record {
            let name = format!("performer_mpc_{}.mcap", now.0);
            let path = Path::new(&node.record_directory).join(name);
            return Self::begin(&path, config, now).map(Some);
        }
        if node.incidents.enabled {
            return Self::start(None, config, now).map(Some);
        }
        Ok(None)
    }

    /// Creates a file of the drive, with the settings first. Its name is `NAME.mcap.active` until
    /// it is finished, with a number if the name exists.
    pub fn begin(path: &Path, config: &RobotConfig, now: Stamp) -> Result<Self, RecorderError> {
        let (file, path) = ActiveFile::create(path)?;
        tracing::info!("recording to {}", path.display());
        Self::start(Some((file, path)), config, now)
    }

    fn start(
        drive: Option<(ActiveFile, PathBuf)>,
        config: &RobotConfig,
        now: Stamp,
    ) -> Result<Self, RecorderError> {
        let node = &config.node;
        let account = Arc::new(Account::default());
        let incidents = node.incidents.enabled.then(|| {
            let directory = match node.incidents.directory.as_str() {
                "" => &node.record_directory,
                directory => directory,
            };
            Incidents::new(&node.incidents, directory.into(), Arc::clone(&account))
        });
        let (orders, asked) = bounded(WAITING_MAX);
        let (alive, ended) = bounded(1);
        let writer = Writer::new(asked, Arc::clone(&account), drive, incidents);
        std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || {
                writer.run();
                drop(alive);
            })
            .map_err(RecorderError::Thread)?;
        let mut this = Self {
            orders,
            account,
            ended,
            base_frame: node.base_frame.clone(),
            odom_frame: node.odom_frame.clone(),
            is_moving: false,
        };
        let data = toml::to_string(config)?;
        let bytes = cdr::encode(&Text { data })?;
        this.add(SETTINGS, &TEXT, now, bytes, Carry::Settings);
        Ok(this)
    }

    /// Records a message processed before or after the tick of this time.
    pub(super) fn input(&mut self, topic: &str, message: RawInput, now: Stamp) {
        let topic = format!("/{}", topic.trim_start_matches('/'));
        let (kind, carry) = (message.source.definition(), Carry::of(&message.source));
        self.add(&topic, kind, now, message.bytes, carry);
    }

    /// Records the removal of the goal.
    pub(super) fn stopped(&mut self, now: Stamp) {
        self.encode("/plan", &PATH, now, &PathMessage::default(), Carry::Route);
    }

    /// Records that the map was cleared.
    pub(super) fn map_cleared(&mut self, now: Stamp) {
        self.encode(MAP_CLEARED, &TEXT, now, &Text::default(), Carry::Momentary);
    }

    /// Records a stop of the watchdog, since the last tick or in place of this tick's command.
    pub(super) fn watchdog_stopped(&mut self, is_replaced: bool, now: Stamp) {
        let data = if is_replaced { REPLACED } else { "" }.to_owned();
        self.encode(WATCHDOG, &TEXT, now, &Text { data }, Carry::Momentary);
        if std::mem::replace(&mut self.is_moving, false) {
            self.alarm().raise(IncidentCause::Watchdog, now);
        }
    }

    /// Records changed settings.
    pub(super) fn adjusted(&mut self, settings: &NodeSettings, now: Stamp) {
        if let Ok(data) = toml::to_string(settings) {
            self.encode(SETTINGS, &TEXT, now, &Text { data }, Carry::Settings);
        }
    }

    /// Records the command and plan of a tick. A tick on which the guard brings the robot to rest
    /// is an incident; a limited command is none.
    pub(super) fn tick(&mut self, tick: &Tick, pilot: &Pilot) {
        let frame = if tick.command.is_some() {
            &self.base_frame
        } else {
            ""
        };
        let command = tick.command.unwrap_or(Twist::ZERO);
        let message = twist_stamped(tick.stamp, frame, command);
        let now = tick.stamp;
        self.encode(COMMANDS, &TWIST_STAMPED, now, &message, Carry::Momentary);
        if tick.command.is_some() {
            let plan = local_plan(now, &self.odom_frame, pilot.action());
            self.encode(LOCAL_PLAN, &PATH, now, &plan, Carry::Momentary);
        }
        if tick.end.is_some() {
            self.add("", &TEXT, now, Vec::new(), Carry::Ended);
        }
        let was_moving = self.is_moving;
        self.is_moving = command.linear.abs() > REST || command.angular.abs() > REST;
        let cause = match pilot.action().intervention {
            None | Some(Intervention::Limited) => return,
            Some(Intervention::EmergencyStop) => IncidentCause::EmergencyStop, // and ends the drive
            Some(_) if !pilot.is_driving() => return,
            Some(reason) => IncidentCause::Guard(reason),
        };
        if was_moving && !self.is_moving {
            self.alarm().raise(cause, now);
        }
    }

    /// Records diagnostics.
    pub(super) fn diagnosis(&mut self, now: Stamp, report: &DiagnosticArray) {
        self.encode(
            DIAGNOSTICS,
            &DIAGNOSTIC_ARRAY,
            now,
            report,
            Carry::Momentary,
        );
    }

    /// Handle for incidents that neither the guard nor this node detects, such as bumper contacts.
    pub fn alarm(&self) -> IncidentAlarm {
        IncidentAlarm {
            orders: self.orders.clone(),
            account: Arc::clone(&self.account),
        }
    }

    /// Status of the recorder.
    pub(super) fn status(&self) -> DiagnosticStatus {
        recorder_status(&self.account)
    }

    fn encode<T: serde::Serialize>(
        &mut self,
        topic: &str,
        kind: &'static Definition,
        at: Stamp,
        message: &T,
        carry: Carry,
    ) {
        match cdr::encode(message) {
            Ok(bytes) => self.add(topic, kind, at, bytes, carry),
            Err(_) => Account::add(&self.account.lost, 1),
        }
    }

    fn add(
        &mut self,
        topic: &str,
        kind: &'static Definition,
        at: Stamp,
        bytes: Vec<u8>,
        carry: Carry,
    ) {
        let order = Order::Keep(Entry {
            topic: topic.to_owned(),
            kind,
            at,
            bytes,
            carry,
        });
        let (size, queued) = (order.size(), &self.account.queued_bytes);
        let has_room = queued.load(Ordering::Relaxed) + size <= WAITING_BYTES_MAX;
        if has_room {
            queued.fetch_add(size, Ordering::Relaxed);
            if self.orders.try_send(order).is_ok() {
                return;
            }
            queued.fetch_sub(size, Ordering::Relaxed);
        }
        Account::add(&self.account.lost, 1);
    }

    /// Finishes the files. Waits for the disk for at most ten seconds.
    pub fn finish(self) {}
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.account.closing.store(true, Ordering::Release);
        if self.ended.recv_timeout(FINISH_MAX) == Err(RecvTimeoutError::Timeout) {
            let slow = std::io::Error::from(std::io::ErrorKind::TimedOut);
            self.account
                .trouble(Task::Drive, "the recording is not finished", &slow);
        }
    }
}

/// A header with this stamp and frame.
pub(super) fn header(stamp: Stamp, frame: &str) -> Header {
    Header {
        stamp: stamp.into(),
        frame_id: frame.to_owned(),
    }
}
