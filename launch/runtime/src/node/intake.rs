//! Decoding and validation of messages.

use std::collections::BTreeMap;

use controller::{SpeedLimit, StopDemand};
use perception::{
    LaserScan, Odometry, PinholeCamera, Pose2, Pose3, SensorEvent, SettingsError, Stamp, Stamped,
    Stance, TransformBuffer, TransformSettings,
};
use perception::{mounting, planar};
use recordings::messages::{
    CameraInfo, Header, ImageMessage, LaserScanMessage, OdometryMessage, PathMessage,
    PointCloud2Message, PoseStamped, Transforms,
};

use super::fault::{FaultClass, MessageFault};
use super::mailbox::{RawInput, Source};
use super::messages::{Bool, SpeedLimit as SpeedLimitMessage};
use super::reading::Reading;

/// Maximum number of poses of a path.
const POSES_MAX: usize = 100_000;
/// Maximum time of a stamp ahead of the clock, s.
const AHEAD_MAX_S: f64 = 0.5;
/// The same for transforms, which may be published ahead of time, s.
const TRANSFORM_AHEAD_MAX_S: f64 = 5.0;
/// Maximum plausible duration of a sweep, s.
const SWEEP_MAX_S: f64 = 1.0;
/// Error of a scanner that is neither upright nor upside down.
pub const TILTED: &str =
    "the plane of the scanner is tilted: expected level, upright or upside down";
/// Tolerance of equal frames on the robot, m and rad.
const SAME: f64 = 1e-3;

/// A goal with or without a path, in a named frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Its frame.
    pub frame: String,
    /// Poses along the path, the goal last. A single pose is a goal without a path.
    pub poses: Vec<Pose2>,
    /// False if the message has only a goal and the robot plans its own path.
    pub has_way: bool,
}

/// A decoded message.
#[derive(Debug, Clone)]
pub enum Said {
    /// Sensor data for the map.
    Event(Box<Stamped<SensorEvent>>),
    /// A route; none to stop.
    Route(Option<Route>),
    /// A speed limit; none to lift it.
    SpeedLimit(Option<SpeedLimit>),
    /// The state of a stop device.
    Stop {
        /// The device.
        device: StopDemand,
        /// True if it is pressed, or its field is occupied.
        is_pressed: bool,
    },
    /// A reset of latched stops.
    StopReset,
    /// Stored without further effect.
    Noted,
}

/// Overrides of the content of messages.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Mounting of the scanner; by transforms if absent.
    pub base_from_scanner: Option<Pose3>,
    /// Range of the scanner, m; by its scans if absent.
    pub range_max_m: Option<f64>,
}

/// State of decoding: frames and cameras of earlier messages.
#[derive(Debug)]
pub struct Intake {
    given: Given,
    base_frame: String,
    odom_frame: String,
    transforms: TransformBuffer,
    cameras: BTreeMap<usize, PinholeCamera>,
    note: Option<String>,
}

impl Intake {
    /// A decoder before its first message.
    pub fn new(base_frame: &str, odom_frame: &str) -> Result<Self, SettingsError> {
        Ok(Self {
            given: Given::default(),
            base_frame: base_frame.to_owned(),
            odom_frame: odom_frame.to_owned(),
            transforms: TransformBuffer::new(TransformSettings::default())?,
            cameras: BTreeMap::new(),
            note: None,
        })
    }

    /// The same with overrides.
    pub fn with(self, given: Given) -> Self {
        Self { given, ..self }
    }

    /// A note for the user on accepted messages.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Forgets moving frames, after the clock was set back.
    pub fn forget_motion(&mut self) {
        self.transforms.forget_motion();
    }

    /// Decodes a message at this time.
    pub fn read(&mut self, topic: &str, raw: &RawInput, now: Stamp) -> Result<Said, MessageFault> {
        let read = Reading { topic, raw, now };
        match &raw.source {
            Source::FixedTransforms | Source::Transforms => self.transforms(&read),
            Source::Odometry => self.odometry(&read),
            Source::Scan => self.scan(&read),
            Source::Points => self.points(&read),
            Source::CameraInfo(camera) => {
                let info: CameraInfo = read.decode()?;
                let pinhole = info
                    .camera()
                    .map_err(|error| read.fault(FaultClass::Value, error))?;
                self.cameras.insert(*camera, pinhole);
                Ok(Said::Noted)
            }
            Source::Depth(camera) => self.depth(&read, *camera),
            Source::Plan => {
                let path: PathMessage = read.decode()?;
                route(&read, &path.header, &path.poses, true)
            }
            Source::GoalPose => {
                let pose: PoseStamped = read.decode()?;
                let header = pose.header.clone();
                route(&read, &header, &[pose], false)
            }
            Source::SpeedLimit => speed_limit(&read),
            Source::EmergencyStop => stop(&read, StopDemand::EmergencyStop),
            Source::ProtectiveField => stop(&read, StopDemand::ProtectiveField),
            Source::StopReset => Ok(Said::StopReset),
        }
    }

    /// Pose of a frame in the odometry frame, and the age of moving transforms between them, s.
    pub fn odom_from(&self, frame: &str, now: Stamp) -> Result<(Pose2, f64), MessageFault> {
        if frame.trim_start_matches('/') == self.odom_frame {
            return Ok((Pose2::IDENTITY, 0.0));
        }
        let told = self.transforms.lookup_latest(&self.odom_frame, frame);
        let found = told.map_err(|error| MessageFault::new("tf", (&error).into(), error))?;
        let moving = self.transforms.latest_common_stamp(&self.odom_frame, frame);
        let age_s = match moving {
            Ok(Some(stamp)) => now.secs_since(stamp),
            _ => 0.0,
        };
        Ok((planar(&found.value), age_s))
    }

    fn transforms(&mut self, read: &Reading<'_>) -> Result<Said, MessageFault> {
        let message: Transforms = read.decode()?;
        let is_fixed = read.raw.source == Source::FixedTransforms;
        let mut refused = None;
        for link in message.transforms {
            let (parent, child) = (&link.header.frame_id, &link.child_frame_id);
            let stamp = Stamp::from(link.header.stamp);
            let told = read.pose(&link.transform).and_then(|pose| {
                let told = if is_fixed {
                    self.transforms.insert_fixed(parent, child, pose)
                } else {
                    read.not_ahead(stamp, TRANSFORM_AHEAD_MAX_S)?;
                    self.transforms.insert(parent, child, stamp, pose)
                };
                told.map_err(|error| read.fault((&error).into(), error))
            });
            if let Err(error) = told {
                refused.get_or_insert(error);
            }
        }
        refused.map_or(Ok(Said::Noted), Err)
    }

    fn odometry(&mut self, read: &Reading<'_>) -> Result<Said, MessageFault> {
        let message: OdometryMessage = read.decode()?;
        let stamp = Stamp::from(message.header.stamp);
        read.not_ahead(stamp, AHEAD_MAX_S)?;
        let frame = message.header.frame_id.trim_start_matches('/');
        // an empty frame is that of the settings
        if !frame.is_empty() && frame != self.odom_frame {
            let what = format!("in frame {frame:?}: expected {:?}", self.odom_frame);
            return Err(read.fault(FaultClass::Frame, what));
        }
        let checked = message.checked();
        let (mut odom_from_base, velocity) =
            checked.map_err(|error| read.fault((&error).into(), error))?;
        let child = message.child_frame_id.trim_start_matches('/');
        if self.note.is_none() && (frame.is_empty() || child.is_empty()) {
            self.note = Some(format!(
                "{}: frame_id or child_frame_id is empty, and was taken for {:?} or {:?}; node.odom_frame and \
                 node.base_frame say what they are",
                read.topic, self.odom_frame, self.base_frame
            ));
        }
        if !child.is_empty() && child != self.base_frame {
            let child_from_base = self.mounted(read, child, &self.base_frame)?;
            let offset = planar(&child_from_base);
            if offset.position().coords.norm() > SAME || offset.yaw.abs() > SAME {
                let what = format!("of {child:?}, which is not where {:?} is", self.base_frame);
                return Err(read.fault(FaultClass::Frame, what));
            }
            odom_from_base *= child_from_base;
        }
        let value = SensorEvent::Odometry(Odometry {
            odom_from_base: planar(&odom_from_base),
            stance: Stance::of(&odom_from_base),
            velocity,
        });
        Ok(Said::Event(Box::new(Stamped { stamp, value })))
    }

    fn scan(&mut self, read: &Reading<'_>) -> Result<Said, MessageFault> {
        let message: LaserScanMessage = read.decode()?;
        let stamp = Stamp::from(message.header.stamp);
        read.not_ahead(stamp, AHEAD_MAX_S)?;
        let stamp = begin(stamp, &message, read.now);
        let base_from_scanner = match self.given.base_from_scanner {
            Some(given) => given,
            None => self.mounted(read, &self.base_frame, &message.header.frame_id)?,
        };
        let accepted = LaserScan::from(message).accepted(self.given.range_max_m);
        let mut scan = accepted.map_err(|error| read.fault((&error).into(), error))?;
        let base_from_lidar = mounting(&base_from_scanner, &mut scan);
        let base_from_lidar =
            base_from_lidar.ok_or_else(|| read.fault(FaultClass::Rotation, TILTED))?;
        let value = SensorEvent::Scan {
            base_from_lidar,
            scan,
        };
        Ok(Said::Event(Box::new(Stamped { stamp, value })))
    }

    fn points(&mut self, read: &Reading<'_>) -> Result<Said, MessageFault> {
        let message: PointCloud2Message = read.decode()?;
        let stamp = Stamp::from(message.header.stamp);
        read.not_ahead(stamp, AHEAD_MAX_S)?;
        read.not_more(u64::from(message.width) * u64::from(message.height))?;
        let base_from_lidar = self.mounted(read, &self.base_frame, &message.header.frame_id)?;
        let cloud = message.cloud();
        let cloud = cloud.map_err(|error| read.fault((&error).into(), error))?;
        let value = SensorEvent::Cloud {
            base_from_lidar,
            cloud,
        };
        Ok(Said::Event(Box::new(Stamped { stamp, value })))
    }

    fn depth(&mut self, read: &Reading<'_>, camera: usize) -> Result<Said, MessageFault> {
        let message: ImageMessage = read.decode()?;
        let stamp = Stamp::from(message.header.stamp);
        read.not_ahead(stamp, AHEAD_MAX_S)?;
        read.not_more(u64::from(message.width) * u64::from(message.height))?;
        let base_from_camera = self.mounted(read, &self.base_frame, &message.header.frame_id)?;
        let Some(camera) = self.cameras.get(&camera) else {
            return Err(read.fault(FaultClass::Time, "came before its camera_info"));
        };
        let image = message.depth();
        let image = image.map_err(|error| read.fault((&error).into(), error))?;
        let value = SensorEvent::Depth {
            base_from_camera,
            camera: *camera,
            image,
        };
        Ok(Said::Event(Box::new(Stamped { stamp, value })))
    }

    /// A transform between two frames on the robot.
    fn mounted(
        &self,
        read: &Reading<'_>,
        target: &str,
        source: &str,
    ) -> Result<Pose3, MessageFault> {
        let found = self.transforms.lookup_latest(target, source);
        found
            .map(|found| found.value)
            .map_err(|error| read.fault((&error).into(), error))
    }
}

fn route(
    read: &Reading<'_>,
    header: &Header,
    poses: &[PoseStamped],
    has_way: bool,
) -> Result<Said, MessageFault> {
    if poses.is_empty() {
        return Ok(Said::Route(None));
    }
    if poses.len() > POSES_MAX {
        let what = format!("{} poses: expected at most {POSES_MAX}", poses.len());
        return Err(read.fault(FaultClass::Size, what));
    }
    let frame = header.frame_id.trim_start_matches('/').to_owned();
    if frame.is_empty() {
        return Err(read.fault(FaultClass::Frame, "frame_id is empty"));
    }
    let poses: Result<Vec<Pose2>, MessageFault> = poses
        .iter()
        .map(|pose| read.pose(&pose.pose).map(|pose| planar(&pose)))
        .collect();
    Ok(Said::Route(Some(Route {
        frame,
        poses: poses?,
        has_way,
    })))
}

/// Start of a sweep. All beams were measured before the message arrived: some drivers stamp the
/// end.
fn begin(stamp: Stamp, message: &LaserScanMessage, now: Stamp) -> Stamp {
    let beams = message.ranges.len().saturating_sub(1) as f64;
    let sweep_s = f64::from(message.time_increment) * beams;
    if (0.0..=SWEEP_MAX_S).contains(&sweep_s) {
        stamp.min(Stamp(now.0 - (1e9 * sweep_s) as i64))
    } else {
        stamp
    }
}

fn stop(read: &Reading<'_>, device: StopDemand) -> Result<Said, MessageFault> {
    let message: Bool = read.decode()?;
    let is_pressed = message.data;
    Ok(Said::Stop { device, is_pressed })
}

fn speed_limit(read: &Reading<'_>) -> Result<Said, MessageFault> {
    let message: SpeedLimitMessage = read.decode()?;
    let value = message.speed_limit;
    if !value.is_finite() {
        return Err(read.fault(FaultClass::NotFinite, "speed_limit is not finite"));
    }
    let allowed = if message.percentage {
        (0.0..=100.0).contains(&value)
    } else {
        value >= 0.0
    };
    if !allowed {
        let what = format!("speed_limit is {value}: expected 0 to 100 %, or 0 m/s or more");
        return Err(read.fault(FaultClass::Value, what));
    }
    // Nav2: 0 lifts the limit
    Ok(Said::SpeedLimit((value > 0.0).then_some(
        if message.percentage {
            SpeedLimit::Share(0.01 * value)
        } else {
            SpeedLimit::Speed(value)
        },
    )))
}
