//! Between whoever receives messages and whoever drives: neither waits for the other.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crossbeam::channel::{Receiver, Sender, bounded};
use crossbeam::queue::ArrayQueue;
use perception::Stamp;

/// Longest message that is kept, bytes.
pub const BYTES_MAX: usize = 64 << 20;

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Whether the emergency stop is pressed.
    EmergencyStop,
    /// Whether the protective field is occupied.
    ProtectiveField,
    /// A reset of stops that are latched.
    StopReset,
    /// Transforms that never change.
    FixedTransforms,
    /// Transforms.
    Transforms,
    /// Where the robot is.
    Odometry,
    /// What a depth camera is, by the place of its name in the settings.
    CameraInfo(usize),
    /// How fast the robot may be.
    SpeedLimit,
    /// A way to go.
    Plan,
    /// A place to go to.
    GoalPose,
    /// A planar scan.
    Scan,
    /// A sweep of a LiDAR with several rings.
    Points,
    /// A depth image, by the place of its camera's name in the settings.
    Depth(usize),
}

impl Source {
    /// Messages that wait at a time; before a new one too many, the oldest goes.
    fn depth(&self) -> usize {
        match self {
            Self::FixedTransforms | Self::Transforms => 512,
            Self::Odometry => 128,
            Self::EmergencyStop | Self::ProtectiveField | Self::StopReset => 64,
            Self::Scan => 2,
            _ => 1,
        }
    }

    /// Messages that take long to take in: after the command, not before.
    pub fn is_heavy(&self) -> bool {
        matches!(self, Self::Points | Self::Depth(_))
    }
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct RawInput {
    /// What it is about.
    pub source: Source,
    /// When it came.
    pub arrival: Stamp,
    /// Encapsulation and CDR.
    pub bytes: Vec<u8>,
}

/// A queue that never blocks: the latest win.
#[derive(Debug)]
pub struct Mailbox {
    source: Source,
    topic: String,
    queue: ArrayQueue<RawInput>,
    received: AtomicU64,
    dropped: AtomicU64,
    /// Arrival of the latest, ns; the least number before the first.
    latest: AtomicI64,
    bell: Sender<()>,
}

/// All mailboxes of a node, in the order in which they are emptied.
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

    /// The mailboxes, in the order in which they are emptied.
    pub fn boxes(&self) -> &[Mailbox] {
        &self.boxes
    }

    /// The mailbox of a source, if it has one.
    pub fn of(&self, source: &Source) -> Option<&Mailbox> {
        self.boxes.iter().find(|mailbox| mailbox.source == *source)
    }

    /// The topic of a source; empty when it has no mailbox.
    pub fn topic(&self, source: &Source) -> &str {
        self.of(source).map_or("", Mailbox::topic)
    }

    /// Rings when a scan has come.
    pub fn ring(&self) -> &Receiver<()> {
        &self.ring
    }
}

impl Mailbox {
    /// Its topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// What its messages are about.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Puts a message in. Never waits; what is too long is dropped.
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

    /// The oldest message that waits.
    pub fn take(&self) -> Option<RawInput> {
        self.queue.pop()
    }

    /// When the latest came, if any did.
    pub fn latest(&self) -> Option<Stamp> {
        let latest = self.latest.load(Ordering::Relaxed);
        (latest != i64::MIN).then_some(Stamp(latest))
    }

    /// Messages that came, and those of them that were dropped.
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
