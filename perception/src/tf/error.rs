//! Errors of the transform buffer.

use crate::Stamp;

/// Maximum number of frames that an error lists; the rest are counted.
const LISTED: usize = 20;

/// Reason why a transform was rejected or a lookup failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TransformError {
    /// The frame has never appeared in a transform.
    #[error("frame {frame:?} is unknown; known are {known}")]
    UnknownFrame {
        /// Name of the requested frame.
        frame: String,
        /// List of the existing frames, for the message.
        known: String,
    },
    /// The frames belong to different trees.
    #[error(
        "no transform from {source_frame:?} to {target:?}: {source_frame:?} hangs under \
         {source_root:?}, {target:?} under {target_root:?}"
    )]
    NotConnected {
        /// Target frame of the lookup.
        target: String,
        /// Source frame of the lookup.
        source_frame: String,
        /// Root of the target's tree.
        target_root: String,
        /// Root of the source's tree.
        source_root: String,
    },
    /// The requested time is later than the newest transform of a frame.
    #[error(
        "{child:?} in {parent:?} at {} s: the newest is of {} s",
        stamp.as_secs(), newest.as_secs()
    )]
    Future {
        /// Name of the moving frame.
        child: String,
        /// Name of its parent.
        parent: String,
        /// Requested time.
        stamp: Stamp,
        /// Time of the newest transform.
        newest: Stamp,
    },
    /// The requested time is earlier than the oldest stored transform of a frame.
    #[error(
        "{child:?} in {parent:?} at {} s: the oldest kept is of {} s",
        stamp.as_secs(), oldest.as_secs()
    )]
    Past {
        /// Name of the moving frame.
        child: String,
        /// Name of its parent.
        parent: String,
        /// Requested time.
        stamp: Stamp,
        /// Time of the oldest transform.
        oldest: Stamp,
    },
    /// The transform is older than the stored time window.
    #[error(
        "{child:?} at {} s is older than what is kept: {window_s} s before the newest, of {} s, \
         or fewer",
        stamp.as_secs(), newest.as_secs()
    )]
    TooOld {
        /// Name of the moving frame.
        child: String,
        /// Time of the transform.
        stamp: Stamp,
        /// Time of the newest transform.
        newest: Stamp,
        /// Length of the time window, s.
        window_s: f64,
    },
    /// The frame already has another parent.
    #[error("{child:?} hangs under {held:?} and cannot hang under {told:?} too")]
    Parent {
        /// Name of the frame.
        child: String,
        /// Existing parent.
        held: String,
        /// Parent in the rejected transform.
        told: String,
    },
    /// A static frame became moving, or the reverse.
    #[error("{child:?} was told as {held} before and now as {told}")]
    Kind {
        /// Name of the frame.
        child: String,
        /// Existing kind.
        held: &'static str,
        /// Kind in the rejected transform.
        told: &'static str,
    },
    /// The transform would make the frame its own ancestor.
    #[error("{child:?} cannot hang under {parent:?}, which hangs under {child:?}")]
    Loop {
        /// Name of the frame.
        child: String,
        /// Parent in the rejected transform.
        parent: String,
    },
    /// The name is empty or invalid.
    #[error("frame {frame:?}: expected a name")]
    Name {
        /// Name found.
        frame: String,
    },
    /// The numbers of a transform are invalid.
    #[error("{child:?} in {parent:?}: {what} is {found}, expected {expected}")]
    Value {
        /// Name of the frame.
        child: String,
        /// Parent in the rejected transform.
        parent: String,
        /// Name of the invalid quantity.
        what: &'static str,
        /// Value found.
        found: String,
        /// Values expected.
        expected: &'static str,
    },
    /// The number of frames exceeds the limit in the settings.
    #[error("frame {frame:?} would be one more than the {limit} that are allowed")]
    TooMany {
        /// Name of the rejected frame.
        frame: String,
        /// Maximum number of frames.
        limit: usize,
    },
}

/// Formats names as a list of limited length.
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
