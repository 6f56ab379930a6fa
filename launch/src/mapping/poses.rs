//! Where a robot was by odometry, where its sensors are, and which scans can be used: the first pass over
//! a recording.

use std::collections::BTreeSet;
use std::path::Path;

use perception::planar;
use perception::{
    Odometry, Pose2, Pose3, Stamp, Stamped, TransformBuffer, TransformError, TransformSettings,
    wrap_angle,
};
use recordings::messages::{Header, LaserScanMessage, Transforms};
use recordings::{BagReader, RecordingError, cdr};

use super::{BagSettings, MappingError, widened};
use runtime::Refusals;
use runtime::node::{Admission, FaultClass, Given, MessageFault, RawInput, Source};
use runtime::odometry_record::OdometryRecord;
use runtime::refusals::next_message;
use runtime::topics::{TopicError, Wanted, transforms};

/// Time over which turning is told at least, s: wheels report in steps.
const TURNING_S: f64 = 0.1;

/// The base frame, and that of odometry, of messages that leave theirs empty (REP-105).
const BASE: &str = "base_link";
const ODOM: &str = "odom";

/// Where the robot was by odometry, and where its sensors are.
pub(super) struct Poses {
    /// Odometry that was taken in, in the order of its stamps; none where transforms give the poses.
    odometry: Vec<Stamped<Odometry>>,
    transforms: TransformBuffer,
    odom: String,
    base: String,
    /// Time of the first and of the last pose.
    span: Option<(Stamp, Stamp)>,
    /// What a person should know.
    pub notes: Vec<String>,
    pub scans: ScanRecord,
}

/// Scans of a recording, judged as the node judges them.
#[derive(Default)]
pub(super) struct ScanRecord {
    /// True when they were: not where transforms give the poses.
    pub are_judged: bool,
    /// Which are refused, counted from 0.
    pub refused: BTreeSet<u64>,
    /// How many of those for their time.
    pub late: usize,
    /// Time of the first and of the last.
    pub span: Option<(Stamp, Stamp)>,
    /// Frame of the first whose mounting is not known.
    pub unmounted: Option<String>,
}

impl Poses {
    pub fn read(
        path: &Path,
        bag: &mut dyn BagReader,
        settings: &BagSettings,
        scan_topic: &str,
        range_max_m: Option<f64>,
        refusals: &mut Refusals,
    ) -> Result<Self, MappingError> {
        // a whole recording is looked into from anywhere
        let whole = TransformSettings {
            window_s: 1e9,
            samples_max: 100_000_000,
            ..TransformSettings::default()
        };
        let mut this = Self {
            odometry: Vec::new(),
            transforms: TransformBuffer::new(whole)?,
            odom: ODOM.to_owned(),
            base: settings
                .base_frame
                .clone()
                .unwrap_or_else(|| BASE.to_owned()),
            span: None,
            notes: Vec::new(),
            scans: ScanRecord::default(),
        };
        let transforms = transforms(bag, scan_topic);
        let of = |wanted: bool| {
            let topics = transforms.iter().filter(move |(_, fixed)| *fixed == wanted);
            topics.map(|(topic, _)| topic.as_str()).collect::<Vec<_>>()
        };
        let (fixed, moving) = (of(true), of(false));
        if let Some([odom, base]) = &settings.frames {
            (this.odom, this.base) = (odom.clone(), base.clone());
            this.read_transforms(path, bag, &fixed, &moving, refusals)?;
            return Ok(this);
        }
        let wanted = Wanted {
            transforms: Some("--frames ODOM,BASE, such as odom,base_link,"),
            ..Wanted::odometry(settings.odometry.as_deref(), "--odom-topic", scan_topic)
        };
        let odometry_topic = wanted.choose(bag).map_err(unchosen(path))?;
        let record = OdometryRecord::read(bag, &odometry_topic).map_err(broken(path))?;
        this.take_frames(&record, &odometry_topic);
        let given = Given {
            base_from_scanner: settings.base_from_lidar,
            range_max_m,
        };
        let mut admission = Admission::new(&this.base, &this.odom, given)?;
        this.scans.are_judged = true;
        let (mut number, mut latest) = (0, Stamp::default());
        // /tf_static is latched: a subscriber receives it first
        let others: Vec<&str> = [scan_topic, odometry_topic.as_str()]
            .into_iter()
            .chain(moving)
            .collect();
        for topics in [&fixed, &others] {
            bag.select(topics);
            while let Some(raw) = next_message(bag, refusals).map_err(broken(path))? {
                let topic = raw.topic.name.as_str();
                let source = match topic {
                    topic if topic == scan_topic => Source::Scan,
                    topic if topic == odometry_topic => Source::Odometry,
                    topic if fixed.contains(&topic) => Source::FixedTransforms,
                    _ => Source::Transforms,
                };
                let input = RawInput {
                    source,
                    arrival: raw.arrival,
                    bytes: raw.bytes,
                };
                refusals.heard(topic);
                latest = raw.arrival;
                let admitted = admission.take(number, topic, &input, raw.arrival + record.lead);
                this.note(&admitted.refused, &input, scan_topic);
                for (_, fault) in &admitted.refused {
                    refusals.add(fault, raw.arrival);
                }
                if let Some(odometry) = admitted.odometry {
                    this.span = Some(widened(this.span, odometry.stamp));
                    this.odometry.push(odometry);
                }
                match input.source {
                    Source::Scan => number += 1,
                    Source::Odometry => {}
                    source => {
                        let is_fixed = source == Source::FixedTransforms;
                        let _ = this.insert(topic, raw.index, &input.bytes, is_fixed); // judged
                    }
                }
            }
        }
        let left = admission.finish();
        for (number, fault) in &left {
            this.scans.refused.insert(*number);
            this.scans.late += 1;
            refusals.add(fault, latest);
        }
        Ok(this)
    }

    /// Takes note of a message, and of scans that are refused with it.
    fn note(&mut self, refused: &[(u64, MessageFault)], input: &RawInput, scan_topic: &str) {
        let scans = &mut self.scans;
        if input.source == Source::Scan
            && let Ok(header) = cdr::decode::<Header>(scan_topic, 0, &input.bytes)
        {
            scans.span = Some(widened(scans.span, header.stamp.into()));
        }
        for (number, fault) in refused
            .iter()
            .filter(|(_, fault)| fault.topic == scan_topic)
        {
            scans.refused.insert(*number);
            scans.late += usize::from(fault.class == FaultClass::Time);
            if fault.class == FaultClass::Frame && scans.unmounted.is_none() {
                let scan = cdr::decode::<LaserScanMessage>(scan_topic, 0, &input.bytes);
                scans.unmounted = scan.ok().map(|scan| scan.header.frame_id);
            }
        }
    }

    /// Takes over the frames of most messages.
    fn take_frames(&mut self, record: &OdometryRecord, topic: &str) {
        let [odom, base] = &record.frames;
        if !odom.is_empty() {
            self.odom.clone_from(odom);
        }
        if !base.is_empty() {
            self.base.clone_from(base);
        } else if !record.poses.is_empty() {
            self.notes.push(format!(
                "{topic}: child_frame_id is empty, and was taken for {:?}; --base-frame says what it is",
                self.base
            ));
        }
    }

    /// Reads transforms alone, which give the poses too.
    fn read_transforms(
        &mut self,
        path: &Path,
        bag: &mut dyn BagReader,
        fixed: &[&str],
        moving: &[&str],
        refusals: &mut Refusals,
    ) -> Result<(), MappingError> {
        for (topics, is_fixed) in [(fixed, true), (moving, false)] {
            bag.select(topics);
            while let Some(raw) = next_message(bag, refusals).map_err(broken(path))? {
                let topic = raw.topic.name.as_str();
                refusals.heard(topic);
                if let Err(fault) = self.insert(topic, raw.index, &raw.bytes, is_fixed) {
                    refusals.add(&fault, raw.arrival);
                }
            }
        }
        Ok(())
    }

    /// Takes in all transforms of a message that can be used; the first that cannot is its fault.
    fn insert(
        &mut self,
        topic: &str,
        index: usize,
        bytes: &[u8],
        is_fixed: bool,
    ) -> Result<(), MessageFault> {
        let fault = |class, what: &dyn std::fmt::Display| MessageFault::new(topic, class, what);
        let message = cdr::decode::<Transforms>(topic, index, bytes);
        let message = message.map_err(|error| fault((&error).into(), &error))?;
        let gives_poses = !self.scans.are_judged;
        let mut refused = None;
        for link in message.transforms {
            let (parent, child) = (&link.header.frame_id, &link.child_frame_id);
            let stamp = Stamp::from(link.header.stamp);
            let checked = link.transform.checked();
            let inserted = checked
                .map_err(|error| fault((&error).into(), &error))
                .and_then(|pose| {
                    let inserted = if is_fixed {
                        self.transforms.insert_fixed(parent, child, pose)
                    } else {
                        self.transforms.insert(parent, child, stamp, pose)
                    };
                    inserted.map_err(|error| fault((&error).into(), &error))
                });
            match inserted {
                Ok(()) if gives_poses && !is_fixed && bare(child) == bare(&self.base) => {
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

    /// Where a sensor is on the base.
    pub fn mounting(&self, frame: &str) -> Result<Pose3, TransformError> {
        let found = self.transforms.lookup_latest(&self.base, frame);
        found.map(|found| found.value)
    }

    /// Where the base was, when odometry covers the stamp. Scans that were judged may end after the last
    /// odometry, where the robot is carried on at its velocity.
    pub fn odom_from_base(&self, stamp: Stamp) -> Option<Pose2> {
        if self.odometry.is_empty() {
            let pose = self.transforms.lookup(&self.odom, &self.base, stamp).ok()?;
            return Some(planar(&pose));
        }
        let after = self.odometry.partition_point(|told| told.stamp <= stamp);
        let before = self.odometry.get(after.checked_sub(1)?)?;
        let since_s = stamp.secs_since(before.stamp);
        let from = before.value.odom_from_base;
        let Some(next) = self.odometry.get(after) else {
            return Some(from * Pose2::exp(before.value.velocity, since_s));
        };
        let fraction = since_s / next.stamp.secs_since(before.stamp);
        Some(from.interpolate(&next.value.odom_from_base, fraction))
    }

    /// Rate of turning from a stamp on, for the time of a sweep or a moment, rad/s; 0 where
    /// no pose is known.
    pub fn turning(&self, stamp: Stamp, sweep_s: f64) -> f64 {
        let over_s = sweep_s.max(TURNING_S);
        let later = Stamp(stamp.0.saturating_add((over_s * 1e9) as i64));
        match (self.odom_from_base(stamp), self.odom_from_base(later)) {
            (Some(from), Some(to)) => wrap_angle(to.yaw - from.yaw).abs() / over_s,
            _ => 0.0,
        }
    }

    /// When there are poses of what in what, for a person.
    pub fn outline(&self) -> (String, String) {
        let frames = format!("poses of {:?} in {:?}", self.base, self.odom);
        (spanned(self.span), frames)
    }
}

/// A span in words.
pub(super) fn spanned(span: Option<(Stamp, Stamp)>) -> String {
    match span {
        Some((from, to)) => format!("from {:.3} s to {:.3} s", from.as_secs(), to.as_secs()),
        None => "at no time".to_owned(),
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

/// A frame without the slash that some drivers put before it.
fn bare(frame: &str) -> &str {
    frame.trim_start_matches('/')
}
