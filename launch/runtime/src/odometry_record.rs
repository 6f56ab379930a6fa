//! The odometry of a whole recording: frames, clock and poses.

use std::collections::BTreeMap;
use std::time::Duration;

use perception::planar;
use perception::{Pose2, Stamp, Stamped};
use recordings::messages::OdometryMessage;
use recordings::{BagReader, RecordingError};

use crate::Refusals;
use crate::refusals::next_message;

/// Common properties of the odometry messages of a recording; unusable ones are skipped.
#[derive(Debug, Default)]
pub struct OdometryRecord {
    /// Most frequent frames of odometry and base, without leading slashes; empty if messages leave
    /// them empty.
    pub frames: [String; 2],
    /// Offset of the stamps of all messages ahead of their recording: the robot's clock ran ahead
    /// of the recorder's, and readings are processed by the robot's.
    pub lead: Duration,
    /// Poses by their recording times, on the robot's clock.
    pub poses: Vec<Stamped<Pose2>>,
}

impl OdometryRecord {
    /// Reads the messages of a topic.
    pub fn read(bag: &mut dyn BagReader, topic: &str) -> Result<Self, RecordingError> {
        let mut this = Self::default();
        let mut frames: BTreeMap<[String; 2], usize> = BTreeMap::new();
        let mut least_lead_ns = i64::MAX;
        bag.select(&[topic]);
        // unusable messages are counted when they are processed
        let mut refusals = Refusals::default();
        while let Some(raw) = next_message(bag, &mut refusals)? {
            let Ok(message) = raw.decode::<OdometryMessage>() else {
                continue;
            };
            let Ok((pose, _)) = message.checked() else {
                continue;
            };
            let lead_ns = Stamp::from(message.header.stamp)
                .0
                .saturating_sub(raw.arrival.0);
            least_lead_ns = least_lead_ns.min(lead_ns);
            this.poses.push(Stamped {
                stamp: raw.arrival,
                value: planar(&pose),
            });
            let named = [message.header.frame_id, message.child_frame_id];
            let named = named.map(|frame| frame.trim_start_matches('/').to_owned());
            *frames.entry(named).or_default() += 1;
        }
        if let Some((most, _)) = frames.into_iter().max_by_key(|(_, count)| *count) {
            this.frames = most;
        }
        if !this.poses.is_empty() {
            this.lead = Duration::from_nanos(least_lead_ns.max(0) as u64);
        }
        for pose in &mut this.poses {
            pose.stamp = pose.stamp + this.lead;
        }
        Ok(this)
    }
}
