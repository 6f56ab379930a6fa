//! Queues between the receivers of messages and the control loop, without waiting.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crossbeam::channel::{Receiver, Sender, bounded};
use crossbeam::queue::ArrayQueue;
use perception::Stamp;

/// Maximum size of a message, bytes.
pub const BYTES_MAX: usize = 64 << 20;

/// Source of a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// State of the emergency stop.
    EmergencyStop,
    /// State of the protective field.
    ProtectiveField,
    /// A reset of latched stops.
    StopReset,
    /// Static transforms.
    FixedTransforms,
    /// Transforms.
    Transforms,
    /// Pose of the robot.
    Odometry,
    /// Camera parameters, by the index of the camera in the settings.
    CameraInfo(usize),
    /// Speed limit.
    SpeedLimit,
    /// A path to follow.
    Plan,
    /// A goal.
    GoalPose,
    /// A planar scan.
    Scan,
    /// A sweep of a multi-ring LiDAR.
    Points,
    /// A depth image, by the index of the camera in the settings.
    Depth(usize),
}

impl Source {
    /// Maximum number of queued messages; a new one replaces the oldest.
    fn depth(&self) -> usize {
        match self {
            Self::FixedTransforms | Self::Transforms => 512,
            Self::Odometry => 128,
            Self::EmergencyStop | Self::ProtectiveField | Self::StopReset => 64,
            Self::Scan => 2,
            _ => 1,
        }
    }

    /// True for messages that take long to process: they are processed after the command.
    pub fn is_heavy(&self) -> bool {
        matches!(self, Self::Points | Self::Depth(_))
    }
}

/// A message as received.
#[derive(Debug, Clone, PartialEq)]
pub struct RawInput {
    /// Source.
    pub source: Source,
    /// Time of arrival.
    pub arrival: Stamp,
    /// Encapsulation and CDR.
    pub bytes: Vec<u8>,
}

/// A queue that never blocks; new messages replace the oldest.
#[derive(Debug)]
pub struct Mailbox {
    source: Source,
    topic: String,
    queue: ArrayQueue<RawInput>,
    received: AtomicU64,
    dropped: AtomicU64,
    /// Arrival of the latest message, ns; the minimum before the first.
    latest: AtomicI64,
    bell: Sender<()>,
}

/// All mailboxes of a node, in the order of processing.
#[derive(Debug)]
pub struct Mailboxes {
    boxes: Vec<Mailbox>,
    ring: Receiver<()>,
}

impl Mailboxes {
    /// A mailbox for each source with its topic.
    pub fn new(topics: &[(Source, String)]) -> Self {
        let (bell, ring) = bounded(1);
        let mut boxes: Vec<Mailbox> = topics
            .iter()
            .map(|(source, topic)| Mailbox {
                queue: ArrayQueue::new(source.depth()),
                source: source.clone(),
                topic: topic.clone(),
                received: AtomicU64::new(0),
                dropped: AtomicU64::new(0),
                latest: AtomicI64::new(i64::MIN),
                bell: bell.clone(),
            })
            .collect();
        boxes.sort_by(|a, b| a.source.cmp(&b.source));
        Self { boxes, ring }
    }

    /// The mailboxes in the order of processing.
    pub fn boxes(&self) -> &[Mailbox] {
        &self.boxes
    }

    /// The mailbox of a source, if it has one.
    pub fn of(&self, source: &Source) -> Option<&Mailbox> {
        self.boxes.iter().find(|mailbox| mailbox.source == *source)
    }

    /// The topic of a source; empty without a mailbox.
    pub fn topic(&self, source: &Source) -> &str {
        self.of(source).map_or("", Mailbox::topic)
    }

    /// Signals the arrival of a scan.
    pub fn ring(&self) -> &Receiver<()> {
        &self.ring
    }
}

impl Mailbox {
    /// Topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Source of its messages.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Adds a message. Never waits; a message that is too long is dropped.
    pub fn put(&self, arrival: Stamp, bytes: Vec<u8>) {
        self.received.fetch_add(1, Ordering::Relaxed);
        self.latest.store(arrival.0, Ordering::Relaxed);
        if bytes.len() > BYTES_MAX {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let message = RawInput {
            source: self.source.clone(),
            arrival,
            bytes,
        };
        if self.queue.force_push(message).is_some() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if self.source == Source::Scan {
            let _ = self.bell.try_send(()); // full: it rings already
        }
    }

    /// Takes the oldest message.
    pub fn take(&self) -> Option<RawInput> {
        self.queue.pop()
    }

    /// Arrival of the latest message.
    pub fn latest(&self) -> Option<Stamp> {
        let latest = self.latest.load(Ordering::Relaxed);
        (latest != i64::MIN).then_some(Stamp(latest))
    }

    /// Numbers of received and of dropped messages.
    pub fn counts(&self) -> (u64, u64) {
        let (received, dropped) = (&self.received, &self.dropped);
        (
            received.load(Ordering::Relaxed),
            dropped.load(Ordering::Relaxed),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_win_and_drops_are_counted() {
        let topics = [
            (Source::Scan, "scan".to_owned()),
            (Source::Odometry, "odom".to_owned()),
        ];
        let mailboxes = Mailboxes::new(&topics);
        let scans = mailboxes.of(&Source::Scan).unwrap();
        for stamp in 0..5 {
            scans.put(Stamp(stamp), Vec::new());
        }
        assert!(mailboxes.ring().try_recv().is_ok());
        assert!(mailboxes.ring().try_recv().is_err());
        assert_eq!(scans.take().unwrap().arrival, Stamp(3));
        assert_eq!(scans.take().unwrap().arrival, Stamp(4));
        assert_eq!(scans.take(), None);
        assert_eq!(scans.counts(), (5, 3));
        scans.put(Stamp(9), vec![0; BYTES_MAX + 1]);
        assert_eq!(scans.take(), None);
        assert_eq!(mailboxes.boxes()[0].topic(), "odom");
        assert!(mailboxes.of(&Source::Plan).is_none());
    }
}
