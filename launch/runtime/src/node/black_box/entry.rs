//! What waits for the recorder's thread.

use perception::Stamp;
use recordings::definitions::Definition;

use super::IncidentCause;
use crate::node::mailbox::Source;

/// How long the effect of a message on the controller lasts, and so what an incident file needs of
/// the time before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum Carry {
    /// Until the next tick: sensor data, transforms, what the node itself published.
    Momentary,
    /// For good, beside others of its topic: fixed transforms.
    Always,
    /// Until the next one on its topic, whatever the clock does: what a camera is.
    Lasting,
    /// Until the next one on its topic: odometry, a speed limit.
    Latest,
    /// Until the next plan or goal, or the end of the drive.
    Route,
    /// The end of a drive. It is no message and is not written.
    Ended,
    /// Settings: all of them first, later those of the node that changed.
    Settings,
}

impl Carry {
    /// How long messages of a source last.
    pub fn of(source: &Source) -> Self {
        match source {
            Source::Scan | Source::Points | Source::Depth(_) | Source::Transforms => {
                Self::Momentary
            }
            Source::FixedTransforms => Self::Always,
            Source::CameraInfo(_) => Self::Lasting,
            Source::Plan | Source::GoalPose => Self::Route,
            _ => Self::Latest,
        }
    }
}

/// A message that is to be written.
#[derive(Debug, Clone)]
pub(in crate::node) struct Entry {
    /// Its topic.
    pub topic: String,
    /// Its type.
    pub kind: &'static Definition,
    /// Time of the tick that took it in or sent it.
    pub at: Stamp,
    /// Encapsulation and CDR.
    pub bytes: Vec<u8>,
    /// How long its effect lasts.
    pub carry: Carry,
}

impl Entry {
    /// Memory that it takes, bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.topic.len() + size_of::<Self>()
    }
}

/// What the recorder's thread is told.
#[derive(Debug)]
pub(in crate::node) enum Order {
    /// A message.
    Keep(Entry),
    /// Something happened: the seconds around it are to be saved.
    Save(IncidentCause, Stamp),
}

impl Order {
    /// Memory that it takes, bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Keep(entry) => entry.size(),
            Self::Save(..) => 0,
        }
    }
}
