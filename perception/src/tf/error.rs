//! Why a transform is refused or cannot be told.

use crate::Stamp;

/// Frames that an error lists before it says how many more there are.
const LISTED: usize = 20;

/// Why a transform was refused, or cannot be told.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TransformError {
    /// Nobody ever spoke of this frame.
    #[error("frame {frame:?} is unknown; known are {known}")]
    UnknownFrame {
        /// The frame asked for.
        frame: String,
        /// Those that are known, for a person to read.
        known: String,
    },
    /// The frames stand in different trees.
    #[error(
        "no transform from {source_frame:?} to {target:?}: {source_frame:?} hangs under \
         {source_root:?}, {target:?} under {target_root:?}"
    )]
    NotConnected {
        /// The frame asked for.
        target: String,
        /// The frame asked from.
        source_frame: String,
        /// What the target hangs under in the end.
        target_root: String,
        /// What the source hangs under in the end.
        source_root: String,
    },
    /// Asked for a time after the newest transform of a frame.
    #[error(
        "{child:?} in {parent:?} at {} s: the newest is of {} s",
        stamp.as_secs(), newest.as_secs()
    )]
    Future {
        /// The frame that moves.
        child: String,
        /// What it moves in.
        parent: String,
        /// The time asked for.
        stamp: Stamp,
        /// Time of the newest.
        newest: Stamp,
    },
    /// Asked for a time before the oldest transform kept of a frame.
    #[error(
        "{child:?} in {parent:?} at {} s: the oldest kept is of {} s",
        stamp.as_secs(), oldest.as_secs()
    )]
    Past {
        /// The frame that moves.
        child: String,
        /// What it moves in.
        parent: String,
        /// The time asked for.
        stamp: Stamp,
        /// Time of the oldest.
        oldest: Stamp,
    },
    /// A transform that is too old to be kept.
    #[error(
        "{child:?} at {} s is older than what is kept: {window_s} s before the newest, of {} s, \
         or fewer",
        stamp.as_secs(), newest.as_secs()
    )]
    TooOld {
        /// The frame that moves.
        child: String,
        /// Its time.
        stamp: Stamp,
        /// Time of the newest.
        newest: Stamp,
        /// What is kept, s.
        window_s: f64,
    },
    /// A frame cannot hang under two others.
    #[error("{child:?} hangs under {held:?} and cannot hang under {told:?} too")]
    Parent {
        /// The frame.
        child: String,
        /// What it hangs under.
        held: String,
        /// What it was said to hang under.
        told: String,
    },
    /// A frame is fixed or moves.
    #[error("{child:?} was told as {held} before and now as {told}")]
    Kind {
        /// The frame.
        child: String,
        /// What it was.
        held: &'static str,
        /// What it was said to be.
        told: &'static str,
    },
    /// A frame that would hang under itself.
    #[error("{child:?} cannot hang under {parent:?}, which hangs under {child:?}")]
    Loop {
        /// The frame.
        child: String,
        /// What it was said to hang under.
        parent: String,
    },
    /// A name that names nothing.
    #[error("frame {frame:?}: expected a name")]
    Name {
        /// What stood for a name.
        frame: String,
    },
    /// Numbers that are no transform.
    #[error("{child:?} in {parent:?}: {what} is {found}, expected {expected}")]
    Value {
        /// The frame.
        child: String,
        /// What it was said to hang under.
        parent: String,
        /// What is wrong.
        what: &'static str,
        /// What it holds.
        found: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// More frames than settings allow.
    #[error("frame {frame:?} would be one more than the {limit} that are allowed")]
    TooMany {
        /// The frame.
        frame: String,
        /// How many there may be.
        limit: usize,
    },
}

/// Names in a sentence, no longer than a person reads.
pub(super) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    let mut text = names
        .take(LISTED)
        .map(|name| format!("{name:?}"))
        .collect::<Vec<_>>()
        .join(", ");
    if count == 0 {
        text.push_str("none");
    } else if count > LISTED {
        text.push_str(&format!(" and {} more", count - LISTED));
    }
    text
}
