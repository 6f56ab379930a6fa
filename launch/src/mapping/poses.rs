//! First pass over a recording: odometry, sensor mountings and usable scans.

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

/// Minimum time over which the turning rate is averaged, s: wheel odometry is quantised.
const TURNING_S: f64 = 0.1;

/// Default base and odometry frames of messages with empty frames (REP-105).
const BASE: &str = "base_link";
const ODOM: &str = "odom";

/// Odometry poses and sensor mountings.
pub(super) struct Poses {
    /// Accepted odometry ordered by stamp; empty if poses come from transforms.
    odometry: Vec<Stamped<Odometry>>,
    transforms: TransformBuffer,
    odom: String,
    base: String,
    /// Times of the first and the last pose.
    span: Option<(Stamp, Stamp)>,
    /// Notes for the user.
    pub notes: Vec<String>,
    pub scans: ScanRecord,
}

/// Scans of a recording, checked by the rules of the node.
#[derive(Default)]
pub(super) struct ScanRecord {
    /// True if scans were checked; false if poses come from transforms.
    pub are_judged: bool,
    /// Indices of the rejected scans, from 0.
    pub refused: BTreeSet<u64>,
    /// Number of those rejected by their time.
    pub late: usize,
    /// Times of the first and the last scan.
    pub span: Option<(Stamp, Stamp)>,
    /// Frame of the first scan with unknown mounting.
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
        // the buffer holds the whole recording, so that lookups at any time succeed
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

    /// Registers a message and the scans rejected with it.
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

    /// Sets the frames to those of the odometry messages.
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

    /// Reads transforms only, which also provide the poses.
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

    /// Inserts all valid transforms of a message; returns the fault of the first invalid one.
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

    /// Pose of a sensor on the base.
    pub fn mounting(&self, frame: &str) -> Result<Pose3, TransformError> {
        let found = self.transforms.lookup_latest(&self.base, frame);
        found.map(|found| found.value)
    }

    /// Pose of the base at a stamp, if odometry covers it. Checked scans may end after the last
    /// odometry, where the pose is extrapolated at constant velocity.
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

    /// Mean turning rate over the sweep that begins at a stamp, rad/s; 0 without poses.
    pub fn turning(&self, stamp: Stamp, sweep_s: f64) -> f64 {
        let over_s = sweep_s.max(TURNING_S);
        let later = Stamp(stamp.0.saturating_add((over_s * 1e9) as i64));
        match (self.odom_from_base(stamp), self.odom_from_base(later)) {
            (Some(from), Some(to)) => wrap_angle(to.yaw - from.yaw).abs() / over_s,
            _ => 0.0,
        }
    }

    /// Time range and frames of the poses, display text.
    pub fn outline(&self) -> (String, String) {
        let frames = format!("poses of {:?} in {:?}", self.base, self.odom);
        (spanned(self.span), frames)
    }
}

/// A time range, display text.
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

/// The error of a missing or ambiguous topic.
pub(super) fn unchosen(path: &Path) -> impl Fn(TopicError) -> MappingError {
    let path = path.to_owned();
    move |source| MappingError::Topic {
        path: path.clone(),
        source,
    }
}

/// A frame without the leading slash of some drivers.
fn bare(frame: &str) -> &str {
    frame.trim_start_matches('/')
}
