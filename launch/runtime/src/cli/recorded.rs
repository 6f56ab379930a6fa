//! Recordings as input of the controller: settings, topics, and the driven path.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use perception::{Point2, Pose2, Stamp, Stamped};
use recordings::BagReader;

use super::options::SettingsOptions;
use super::{Blame as _, Fault};
use crate::RobotConfig;
use crate::node::Source;
use crate::odometry_record::OdometryRecord;
use crate::topics::{TopicError, Wanted, transforms};

/// Topics of the controller's inputs in a recording of another program.
#[derive(Debug, Args)]
pub struct TopicOptions {
    /// Topic of the scans of another program's recording.
    #[arg(long, value_name = "TOPIC")]
    pub scan: Option<String>,
    /// Topic of the odometry of another program's recording.
    #[arg(long, value_name = "TOPIC")]
    pub odom: Option<String>,
}

/// Settings for a recording of another program, which continues regardless of the commands.
pub fn foreign_config(settings: &SettingsOptions, robot: &str) -> anyhow::Result<RobotConfig> {
    let mut config: RobotConfig = settings.load(robot)?;
    config.node.failure_tolerance_s = -1.0;
    config.node.movement_time_allowance_s = f64::MAX;
    Ok(config)
}

/// Topics of a recording of this program.
pub fn own_topics(config: &RobotConfig) -> BTreeMap<String, Source> {
    let mut topics: BTreeMap<String, Source> = [
        ("/tf_static", Source::FixedTransforms),
        ("/tf", Source::Transforms),
        ("/odom", Source::Odometry),
        ("/speed_limit", Source::SpeedLimit),
        ("/emergency_stop", Source::EmergencyStop),
        ("/protective_field", Source::ProtectiveField),
        ("/reset_stop", Source::StopReset),
        ("/plan", Source::Plan),
        ("/goal_pose", Source::GoalPose),
        ("/scan", Source::Scan),
        ("/points", Source::Points),
    ]
    .map(|(topic, source)| (topic.to_owned(), source))
    .into();
    for (place, name) in config.node.depth_cameras.iter().enumerate() {
        topics.insert(format!("/{name}/camera_info"), Source::CameraInfo(place));
        topics.insert(format!("/{name}/image_raw"), Source::Depth(place));
    }
    topics
}

/// Settings, topics and the driven path of a recording of another program.
pub fn foreign(
    mut config: RobotConfig,
    asked: &TopicOptions,
    path: &Path,
    bag: &mut dyn BagReader,
) -> anyhow::Result<(RobotConfig, BTreeMap<String, Source>, Way)> {
    let chosen = |wanted: Wanted<'_>, bag: &mut dyn BagReader| {
        let found = wanted.choose(bag);
        let fault = match found {
            Err(TopicError::Several { .. }) => Fault::Usage,
            _ => Fault::Input,
        };
        found.blame_file(fault, path)
    };
    let scan = chosen(Wanted::scan(asked.scan.as_deref(), "--scan"), bag)?;
    let odom = chosen(
        Wanted::odometry(asked.odom.as_deref(), "--odom", &scan),
        bag,
    )?;
    let mut topics = BTreeMap::from([
        (scan.clone(), Source::Scan),
        (odom.clone(), Source::Odometry),
    ]);
    for (topic, is_fixed) in transforms(bag, &scan) {
        let source = if is_fixed {
            Source::FixedTransforms
        } else {
            Source::Transforms
        };
        topics.insert(topic, source);
    }
    let record = OdometryRecord::read(bag, &odom).blame_file(Fault::Input, path)?;
    // empty frames are replaced by those of the settings
    for (frame, setting) in record
        .frames
        .clone()
        .into_iter()
        .zip([&mut config.node.odom_frame, &mut config.node.base_frame])
    {
        if !frame.is_empty() {
            *setting = frame;
        }
    }
    Ok((config, topics, record.into()))
}

/// The driven path from odometry.
#[derive(Debug, Default)]
pub struct Way {
    /// Poses over time.
    pub poses: Vec<Stamped<Pose2>>,
    /// Offset of the robot's clock ahead of the recorder's.
    pub lead: Duration,
}

impl From<OdometryRecord> for Way {
    fn from(record: OdometryRecord) -> Self {
        Self {
            poses: record.poses,
            lead: record.lead,
        }
    }
}

impl Way {
    /// The next `length_m` of the path at a time, m; `None` at its end.
    pub fn ahead(&mut self, now: Stamp, length_m: f64) -> Option<Vec<Pose2>> {
        let from = self.poses.partition_point(|pose| pose.stamp < now);
        let mut part: Vec<Pose2> = Vec::new();
        let mut left_m = length_m;
        for pose in self.poses.get(from..)? {
            let step_m = |last: &Pose2| -> f64 {
                let (a, b): (Point2, Point2) = (last.position(), pose.value.position());
                (b - a).norm()
            };
            let moved_m = part.last().map_or(0.0, step_m);
            if part.is_empty() || moved_m > 0.05 {
                left_m -= moved_m;
                part.push(pose.value);
            }
            if left_m <= 0.0 {
                break;
            }
        }
        (part.len() > 1).then_some(part)
    }
}
