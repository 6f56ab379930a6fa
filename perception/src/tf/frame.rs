//! One frame: what it hangs under, and how over time.

use std::collections::VecDeque;

use crate::{Pose3, Stamp, Stamped};

/// How a frame hangs under its parent.
#[derive(Debug, Clone)]
pub(super) enum Link {
    /// Always the same.
    Fixed(Pose3),
    /// In the order of stamps, each stamp once, at least one.
    Moving(VecDeque<Stamped<Pose3>>),
}

/// A frame with its name. A root has no parent.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub name: Box<str>,
    /// Place of the parent, and `parent_from_frame`.
    pub hangs: Option<(usize, Link)>,
}

/// What a lookup finds in a link.
pub(super) enum Found {
    Here(Pose3),
    /// The newest is earlier than asked.
    Future(Stamp),
    /// The oldest is later than asked.
    Past(Stamp),
}

impl Link {
    /// What is told of a link: for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Fixed(_) => "fixed",
            Self::Moving(_) => "moving",
        }
    }

    /// Stamp of the newest; none for what never moves.
    pub fn newest(&self) -> Option<Stamp> {
        match self {
            Self::Fixed(_) => None,
            Self::Moving(samples) => samples.back().map(|sample| sample.stamp),
        }
    }

    /// `parent_from_frame` at a stamp: on the straight line and the great arc between neighbours.
    pub fn at(&self, stamp: Stamp) -> Found {
        let samples = match self {
            Self::Fixed(pose) => return Found::Here(*pose),
            Self::Moving(samples) => samples,
        };
        let after = samples.partition_point(|sample| sample.stamp < stamp);
        let Some(later) = samples.get(after) else {
            let newest = samples.back().map_or(stamp, |sample| sample.stamp);
            return Found::Future(newest);
        };
        if later.stamp == stamp {
            return Found::Here(later.value);
        }
        let Some(earlier) = after.checked_sub(1).and_then(|index| samples.get(index)) else {
            return Found::Past(later.stamp);
        };
        let fraction = stamp.secs_since(earlier.stamp) / later.stamp.secs_since(earlier.stamp);
        Found::Here(between(&earlier.value, &later.value, fraction))
    }
}

/// The pose on the way from one to another: `(1 - f) a + f b` of places, slerp (Shoemake 1985) the
/// shorter way of rotations.
fn between(a: &Pose3, b: &Pose3, fraction: f64) -> Pose3 {
    let place = a.translation.vector.lerp(&b.translation.vector, fraction);
    Pose3::from_parts(place.into(), a.rotation.slerp(&b.rotation, fraction))
}
