//! Queue entries of the recorder's thread.

use perception::Stamp;
use recordings::definitions::Definition;

use super::IncidentCause;
use crate::node::mailbox::Source;

/// Lifetime of the effect of a message on the controller, which determines the messages that an
/// incident file needs from before its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum Carry {
    /// Until the next tick: sensor data, transforms, messages of the node itself.
    Momentary,
    /// Permanently, beside others of its topic: static transforms.
    Always,
    /// Until the next one on its topic, for any clock: camera parameters.
    Lasting,
    /// Until the next one on its topic: odometry, a speed limit.
    Latest,
    /// Until the next plan or goal, or the end of the drive.
    Route,
    /// The end of a drive; not a message and not written.
    Ended,
    /// Settings: all of them first, later changes of the node's settings.
    Settings,
}

impl Carry {
    /// Lifetime of the messages of a source.
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

/// A message to write.
#[derive(Debug, Clone)]
pub(in crate::node) struct Entry {
    /// Its topic.
    pub topic: String,
    /// Its type.
    pub kind: &'static Definition,
    /// Time of the tick that received or sent it.
    pub at: Stamp,
    /// Encapsulation and CDR.
    pub bytes: Vec<u8>,
    /// Lifetime of its effect.
    pub carry: Carry,
}

impl Entry {
    /// Memory size, bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.topic.len() + size_of::<Self>()
    }
}

/// Order to the recorder's thread.
#[derive(Debug)]
pub(in crate::node) enum Order {
    /// Records a message.
    Keep(Entry),
    /// Saves the seconds around an incident.
    Save(IncidentCause, Stamp),
}

impl Order {
    /// Memory size, bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Keep(entry) => entry.size(),
            Self::Save(..) => 0,
        }
    }
}
