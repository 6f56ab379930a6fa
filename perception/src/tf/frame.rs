//! One frame of the buffer: its parent, and its transform over time.

use std::collections::VecDeque;

use crate::{Pose3, Stamp, Stamped};

/// Transform of a frame relative to its parent.
#[derive(Debug, Clone)]
pub(super) enum Link {
    /// Static transform.
    Fixed(Pose3),
    /// Transforms in ascending order of distinct stamps, at least one.
    Moving(VecDeque<Stamped<Pose3>>),
}

/// Named frame. A root has no parent.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub name: Box<str>,
    /// Index of the parent, and `parent_from_frame`.
    pub hangs: Option<(usize, Link)>,
}

/// Result of a lookup in one link.
pub(super) enum Found {
    Here(Pose3),
    /// The newest transform is earlier than the requested time.
    Future(Stamp),
    /// The oldest transform is later than the requested time.
    Past(Stamp),
}

impl Link {
    /// Name of the kind, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Fixed(_) => "fixed",
            Self::Moving(_) => "moving",
        }
    }

    /// Stamp of the newest transform; `None` for a static one.
    pub fn newest(&self) -> Option<Stamp> {
        match self {
            Self::Fixed(_) => None,
            Self::Moving(samples) => samples.back().map(|sample| sample.stamp),
        }
    }

    /// `parent_from_frame` at a stamp: linear and spherical interpolation between neighbours.
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

/// Interpolated pose: `(1 - f) a + f b` for positions, slerp (Shoemake 1985) along the shorter arc
/// for rotations.
fn between(a: &Pose3, b: &Pose3, fraction: f64) -> Pose3 {
    let place = a.translation.vector.lerp(&b.translation.vector, fraction);
    Pose3::from_parts(place.into(), a.rotation.slerp(&b.rotation, fraction))
}
