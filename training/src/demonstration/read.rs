//! Reader of demonstrations from recordings.

use std::collections::BTreeMap;

use perception::Pose2;
use recordings::{BagReader, McapBag, RecordingError, SqliteBag, definitions};
use serde::{Deserialize, Serialize};

use super::plan::PLAN;
use super::translate::Translation;
use super::write::ABOUT;
use super::{Demonstration, DemonstrationError};

/// First bytes of a database (`SQLite` file format, section 1.3.1).
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// Topics and defaults for reading a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadSettings {
    /// Topic of the scans.
    pub scan: String,
    /// Topics of clouds (`PointCloud2`).
    pub clouds: Vec<String>,
    /// Topics of depth images; the camera parameters are on `camera_info` beside each.
    pub depths: Vec<String>,
    /// Topic of the odometry.
    pub odometry: String,
    /// Topic of the commands; without commands every odometry message is a tick.
    pub command: String,
    /// Topic of the goal; without one the goal is the end of the drive.
    pub goal: String,
    /// Topic of the path that the robot follows; optional.
    pub path: String,
    /// Topic of an expert's plans.
    pub plan: String,
    /// Mounting of the scanner, x (m), y (m), yaw (rad), for recordings without transforms.
    pub base_from_lidar: Option<Pose2>,
    /// Distance to the goal that counts as arrival, for recordings without it, m.
    pub goal_tolerance_m: f64,
}

impl Default for ReadSettings {
    fn default() -> Self {
        Self {
            scan: "/scan".to_owned(),
            clouds: vec!["/points".to_owned()],
            depths: vec!["/depth/image".to_owned()],
            odometry: "/odom".to_owned(),
            command: "/cmd_vel".to_owned(),
            goal: "/goal_pose".to_owned(),
            path: "/plan".to_owned(),
            plan: "/expert/plan".to_owned(),
            base_from_lidar: None,
            goal_tolerance_m: 0.3,
        }
    }
}

/// Role of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Scan,
    Cloud,
    Depth,
    Camera,
    Odometry,
    Command,
    Goal,
    Path,
    Plan,
    Transforms,
    FixedTransforms,
}

impl Role {
    /// Accepted message types.
    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Scan => &[definitions::LASER_SCAN.name],
            Self::Cloud => &[definitions::POINT_CLOUD2.name],
            Self::Depth => &[definitions::IMAGE.name],
            Self::Camera => &[definitions::CAMERA_INFO.name],
            Self::Odometry => &[definitions::ODOMETRY.name],
            Self::Command => &[definitions::TWIST_STAMPED.name, definitions::TWIST.name],
            Self::Goal => &[definitions::POSE_STAMPED.name],
            Self::Path => &[definitions::PATH.name],
            Self::Plan => &[PLAN.name],
            Self::Transforms | Self::FixedTransforms => &[definitions::TF_MESSAGE.name],
        }
    }
}

impl ReadSettings {
    fn roles(&self) -> Vec<(String, Role)> {
        let mut roles = vec![
            (self.scan.clone(), Role::Scan),
            (self.odometry.clone(), Role::Odometry),
            (self.command.clone(), Role::Command),
            (self.goal.clone(), Role::Goal),
            (self.path.clone(), Role::Path),
            (self.plan.clone(), Role::Plan),
            ("/tf".to_owned(), Role::Transforms),
            ("/tf_static".to_owned(), Role::FixedTransforms),
        ];
        roles.extend(self.clouds.iter().map(|topic| (topic.clone(), Role::Cloud)));
        for topic in &self.depths {
            roles.push((topic.clone(), Role::Depth));
            roles.push((camera_topic(topic), Role::Camera));
        }
        roles
    }

    fn role(&self, topic: &str) -> Option<Role> {
        let found = self.roles().into_iter().find(|(name, _)| name == topic);
        found.map(|(_, role)| role)
    }
}

/// Topic of the camera parameters for a topic of images, as in `image_transport`.
pub(super) fn camera_topic(images: &str) -> String {
    let space = images.rsplit_once('/').map_or("", |(space, _)| space);
    format!("{space}/camera_info")
}

impl Demonstration {
    /// Reads a complete MCAP file or rosbag2 database. Truncated or damaged files are rejected,
    /// since the end of a drive determines its goal.
    pub fn read(bytes: &[u8], settings: &ReadSettings) -> Result<Self, DemonstrationError> {
        if bytes.starts_with(SQLITE_MAGIC) {
            let mut bag = SqliteBag::from_bytes(vec![bytes.to_vec()])?;
            let read = Self::from_bag(&mut bag, &BTreeMap::new(), settings, &mut Err);
            refuse_damage(&bag)?;
            return read;
        }
        let mut bag = McapBag::from_bytes(&[bytes], |topic| settings.role(topic).is_some())?;
        refuse_damage(&bag)?;
        let about = bag.metadata(ABOUT).cloned().unwrap_or_default();
        Self::from_bag(&mut bag, &about, settings, &mut Err)
    }

    /// Reads a recording. `about` is the origin from its metadata, as [`Self::write`] writes it.
    /// `judge` receives the error of every unusable message: it returns the error to stop, or skips
    /// the message.
    pub fn from_bag(
        bag: &mut dyn BagReader,
        about: &BTreeMap<String, String>,
        settings: &ReadSettings,
        judge: &mut dyn FnMut(DemonstrationError) -> Result<(), DemonstrationError>,
    ) -> Result<Self, DemonstrationError> {
        for topic in bag.topics().iter().filter(|topic| topic.count > 0) {
            if let Some(role) = settings.role(&topic.name) {
                topic.expect(role.kinds())?;
            }
        }
        let mut translation = Translation::new(settings, about);
        // static mountings hold for the whole recording, regardless of their time
        bag.select(&["/tf_static"]);
        while let Some(raw) = bag.next_message()? {
            translation.transforms(&raw, true).or_else(&mut *judge)?;
        }
        let roles = settings.roles();
        let topics: Vec<&str> = roles.iter().map(|(topic, _)| topic.as_str()).collect();
        bag.select(&topics);
        while let Some(raw) = bag.next_message()? {
            if let Some(role) = settings.role(&raw.topic.name) {
                translation.message(role, &raw).or_else(&mut *judge)?;
            }
        }
        translation.finish(judge)
    }
}

/// Rejects a recording that was not read to its end.
fn refuse_damage(bag: &dyn BagReader) -> Result<(), RecordingError> {
    match bag.damage().first() {
        Some(damage) => Err(RecordingError::Damaged(damage.clone())),
        None => Ok(()),
    }
}
