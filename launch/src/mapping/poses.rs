//! Where a robot was by odometry, and where its sensors are: the first pass over a recording.

use std::path::Path;

use perception::recording::messages::{OdometryMessage, Transforms};
use perception::recording::{BagReader, RawMessage, RecordingError, planar};
use perception::{Pose2, Stamp, TransformBuffer, TransformSettings, wrap_angle};
use serde::de::DeserializeOwned;

use super::{BagSettings, MappingError, widened};
use crate::Refusals;
use crate::node::MessageFault;
use crate::refusals::next_message;
use crate::topics::{TopicError, Wanted, transforms};

/// Time over which turning is told at least, s: wheels report in steps.
const TURNING_S: f64 = 0.1;

/// The base frame, and that of odometry, of messages that leave theirs empty (REP-105).
const BASE: &str = "base_link";
const ODOM: &str = "odom";

/// Where the robot was by odometry, and where its sensors are.
pub(super) struct Poses {
    odometry: TransformBuffer,
    pub mountings: TransformBuffer,
    pub odom: String,
    pub base: String,
    /// Time of the first and of the last pose.
    pub span: Option<(Stamp, Stamp)>,
    /// Frames that messages leave empty, and what they were taken for.
    pub notes: Vec<String>,
}

impl Poses {
    pub fn read(
        path: &Path,
        bag: &mut dyn BagReader,
        settings: &BagSettings,
        scan_topic: &str,
        refusals: &mut Refusals,
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
            span: None,
            notes: Vec::new(),
        };
        let odometry_topic = if let Some([odom, base]) = &settings.frames {
            (this.odom, this.base) = (odom.clone(), base.clone());
            None
        } else {
            let wanted = Wanted::odometry(settings.odometry.as_deref(), "--odom-topic", scan_topic);
            Some(wanted.choose(bag).map_err(unchosen(path))?)
        };
        let transforms = transforms(bag, scan_topic);
        let topics = transforms.iter().map(|(topic, _)| topic.as_str());
        let topics: Vec<&str> = topics.chain(odometry_topic.as_deref()).collect();
        bag.select(&topics);
        while let Some(raw) = next_message(bag, refusals).map_err(broken(path))? {
            let topic = raw.topic.name.as_str();
            let read = if Some(topic) == odometry_topic.as_deref() {
                this.odometry(&raw, settings.base_frame.as_deref())
            } else {
                let is_fixed = transforms
                    .iter()
                    .any(|(name, fixed)| name == topic && *fixed);
                this.transforms(&raw, is_fixed)
            };
            if let Err(fault) = read {
                refusals.add(&fault, raw.arrival);
            }
        }
        Ok(this)
    }

    fn odometry(&mut self, raw: &RawMessage, base_frame: Option<&str>) -> Result<(), MessageFault> {
        let fault =
            |class, what: &dyn std::fmt::Display| MessageFault::new(&raw.topic.name, class, what);
        let message: OdometryMessage = decoded(raw)?;
        let (pose, _) = message
            .checked()
            .map_err(|error| fault((&error).into(), &error))?;
        let (mut odom, mut base) = (message.header.frame_id, message.child_frame_id);
        if odom.is_empty() {
            ODOM.clone_into(&mut odom);
        }
        if base.is_empty() {
            base_frame.unwrap_or(BASE).clone_into(&mut base);
            if self.notes.is_empty() {
                self.notes.push(format!(
                    "{}: child_frame_id is empty, and was taken for {base:?}; --base-frame says what it is",
                    raw.topic.name
                ));
            }
        }
        let stamp = message.header.stamp.into();
        let inserted = self.odometry.insert(&odom, &base, stamp, pose);
        inserted.map_err(|error| fault((&error).into(), &error))?;
        (self.odom, self.base) = (odom, base);
        self.span = Some(widened(self.span, stamp));
        Ok(())
    }

    /// Takes in all transforms of a message that can be used; the first that cannot is its fault.
    fn transforms(&mut self, raw: &RawMessage, is_fixed: bool) -> Result<(), MessageFault> {
        let fault =
            |class, what: &dyn std::fmt::Display| MessageFault::new(&raw.topic.name, class, what);
        let message: Transforms = decoded(raw)?;
        let mut refused = None;
        for link in message.transforms {
            let (parent, child) = (&link.header.frame_id, &link.child_frame_id);
            let stamp = Stamp::from(link.header.stamp);
            let checked = link.transform.checked();
            let inserted = checked
                .map_err(|error| fault((&error).into(), &error))
                .and_then(|pose| {
                    let inserted = if is_fixed {
                        self.mountings.insert_fixed(parent, child, pose)
                    } else {
                        self.mountings.insert(parent, child, stamp, pose)
                    };
                    inserted.map_err(|error| fault((&error).into(), &error))
                });
            match inserted {
                Ok(()) if !is_fixed && bare(child) == bare(&self.base) => {
                    self.span = Some(widened(self.span, stamp));
                }
                Ok(()) => {}
                Err(error) => {
                    refused.get_or_insert(error);
                }
            }
        }
        refused.map_or(Ok(()), Err)
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

/// The error of a topic that could not be chosen.
pub(super) fn unchosen(path: &Path) -> impl Fn(TopicError) -> MappingError {
    let path = path.to_owned();
    move |source| MappingError::Topic {
        path: path.clone(),
        source,
    }
}

/// A message, or the fault that it does not decode or is of another kind.
pub(super) fn decoded<T: DeserializeOwned>(raw: &RawMessage) -> Result<T, MessageFault> {
    raw.decode()
        .map_err(|error| MessageFault::new(&raw.topic.name, (&error).into(), error))
}

/// A frame without the slash that some drivers put before it.
fn bare(frame: &str) -> &str {
    frame.trim_start_matches('/')
}
