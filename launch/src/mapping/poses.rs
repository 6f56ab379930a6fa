//! Where a robot was by odometry, and where its sensors are: the first pass over a recording.

use std::path::Path;

use perception::recording::messages::{OdometryMessage, Transforms};
use perception::recording::{BagReader, RawMessage, RecordingError, definitions, planar};
use perception::{Pose2, Stamp, TransformBuffer, TransformError, TransformSettings, wrap_angle};

use super::{BagSettings, MappingError};

/// Time over which turning is told at least, s: wheels report in steps.
const TURNING_S: f64 = 0.1;

/// Where the robot was by odometry, and where its sensors are.
pub(super) struct Poses {
    odometry: TransformBuffer,
    pub mountings: TransformBuffer,
    pub odom: String,
    pub base: String,
    /// Transforms that contradict earlier ones: how many, and the first.
    pub refused: Option<(usize, TransformError)>,
}

impl Poses {
    pub fn read(
        path: &Path,
        bag: &mut dyn BagReader,
        settings: &BagSettings,
    ) -> Result<Self, MappingError> {
        // a whole recording is looked into from anywhere
        let whole = TransformSettings {
            window_s: 1e9,
            samples_max: 100_000_000,
            ..TransformSettings::default()
        };
        let mut this = Self {
            odometry: TransformBuffer::new(whole)?,
            mountings: TransformBuffer::new(whole)?,
            odom: String::new(),
            base: String::new(),
            refused: None,
        };
        let odometry_topic = if let Some([odom, base]) = &settings.frames {
            (this.odom, this.base) = (odom.clone(), base.clone());
            None
        } else {
            let asked = settings.odometry.as_deref();
            let kind = definitions::ODOMETRY.name;
            Some(topic_of(path, bag, asked, kind, "/odom")?)
        };
        let mut topics = vec!["/tf", "/tf_static"];
        topics.extend(odometry_topic.as_deref());
        bag.select(&topics);
        let broken = broken(path);
        while let Some(raw) = bag.next_message().map_err(&broken)? {
            if Some(raw.topic.name.as_str()) == odometry_topic.as_deref() {
                this.odometry(&raw).map_err(&broken)?;
            } else {
                this.transforms(&raw).map_err(&broken)?;
            }
        }
        Ok(this)
    }

    fn odometry(&mut self, raw: &RawMessage) -> Result<(), RecordingError> {
        let message: OdometryMessage = raw.decode()?;
        let pose = message.pose.to_pose3().ok_or_else(|| {
            let found = format!("{:?}", message.pose);
            raw.fault(
                "pose",
                &found,
                "finite numbers and a quaternion of some length",
            )
        })?;
        (self.odom, self.base) = (message.header.frame_id, message.child_frame_id);
        let stamp = message.header.stamp.into();
        let told = self.odometry.insert(&self.odom, &self.base, stamp, pose);
        self.note(told);
        Ok(())
    }

    fn transforms(&mut self, raw: &RawMessage) -> Result<(), RecordingError> {
        let message: Transforms = raw.decode()?;
        raw.topic.expect(&[definitions::TF_MESSAGE.name])?;
        for link in message.transforms {
            let pose = link.transform.to_pose3().ok_or_else(|| {
                let found = format!("{:?}", link.transform);
                raw.fault(
                    "transform",
                    &found,
                    "finite numbers and a quaternion of some length",
                )
            })?;
            let (parent, child) = (&link.header.frame_id, &link.child_frame_id);
            let told = if raw.topic.name == "/tf_static" {
                self.mountings.insert_fixed(parent, child, pose)
            } else {
                let stamp = link.header.stamp.into();
                self.mountings.insert(parent, child, stamp, pose)
            };
            self.note(told);
        }
        Ok(())
    }

    /// A robot may say of frames that no map needs what contradicts itself.
    fn note(&mut self, told: Result<(), TransformError>) {
        if let Err(error) = told {
            self.refused.get_or_insert((0, error)).0 += 1;
        }
    }

    /// Where the base was, when odometry covers the stamp.
    pub fn odom_from_base(&self, stamp: Stamp) -> Option<Pose2> {
        let told = if self.odometry.knows(&self.base) {
            &self.odometry
        } else {
            &self.mountings
        };
        let pose = told.lookup(&self.odom, &self.base, stamp).ok()?;
        Some(planar(&pose))
    }

    /// Rate of turning from a stamp on, for the time of a sweep or a moment, rad/s; 0 where
    /// odometry ends.
    pub fn turning(&self, stamp: Stamp, sweep_s: f64) -> f64 {
        let over_s = sweep_s.max(TURNING_S);
        let later = Stamp(stamp.0.saturating_add((over_s * 1e9) as i64));
        match (self.odom_from_base(stamp), self.odom_from_base(later)) {
            (Some(from), Some(to)) => wrap_angle(to.yaw - from.yaw).abs() / over_s,
            _ => 0.0,
        }
    }
}

pub(super) fn broken(path: &Path) -> impl Fn(RecordingError) -> MappingError {
    let path = path.to_owned();
    move |source| MappingError::Recording {
        path: path.clone(),
        source: Box::new(source),
    }
}

/// The topic that was asked for, or the only one of its type, or the usual one of several.
pub(super) fn topic_of(
    path: &Path,
    bag: &dyn BagReader,
    asked: Option<&str>,
    kind: &str,
    usual: &str,
) -> Result<String, MappingError> {
    let filled = || bag.topics().iter().filter(|topic| topic.count > 0);
    let missing = |found: String, expected: String| MappingError::Missing {
        path: path.to_owned(),
        found,
        expected,
    };
    let fitting: Vec<&str> = filled()
        .filter(|topic| topic.kind == kind)
        .map(|topic| topic.name.as_str())
        .collect();
    let chosen = match (asked, fitting.as_slice()) {
        (Some(asked), _) => asked,
        (None, [only]) => only,
        (None, several) if several.contains(&usual) => usual,
        (None, []) => {
            let all: Vec<String> = filled()
                .map(|topic| format!("{} ({})", topic.name, topic.kind))
                .collect();
            let found = match all.as_slice() {
                [] => "no message on any topic".to_owned(),
                all => format!("topics are {}", all.join(", ")),
            };
            return Err(missing(found, format!("one of type {kind}")));
        }
        (None, several) => {
            let found = format!("several topics of type {kind}: {}", several.join(", "));
            return Err(missing(found, "one of them by option".to_owned()));
        }
    };
    let Some(topic) = filled().find(|topic| topic.name == chosen) else {
        let found = format!("no message on {chosen}");
        return Err(missing(found, kind.to_owned()));
    };
    topic.expect(&[kind]).map_err(broken(path))?;
    Ok(chosen.to_owned())
}
