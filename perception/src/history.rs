//! Bounded history of odometry, for pose lookup by time stamp.

use std::collections::VecDeque;

use crate::{Odometry, Pose2, Stamp, Stamped, Stance};

/// The latest odometry messages, oldest first, bounded in number.
#[derive(Debug, Clone, Default)]
pub(crate) struct OdometryHistory {
    entries: VecDeque<Stamped<Odometry>>,
    capacity: usize,
}

/// Planar pose of the base with its height and tilt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub planar: Pose2,
    pub stance: Stance,
}

/// Reason why the history has no pose for a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPose {
    Empty,
    TooOld,
    TooNew,
}

impl OdometryHistory {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::with_capacity(capacity),
            capacity,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn latest(&self) -> Option<&Stamped<Odometry>> {
        self.entries.back()
    }

    /// Adds the newest entry; the caller ensures the order.
    pub(crate) fn push(&mut self, entry: Stamped<Odometry>) {
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// Pose at `stamp`: interpolated between entries, or extrapolated with the latest velocity up
    /// to `ahead_s` beyond the last entry, with the last height and tilt.
    pub(crate) fn at(&self, stamp: Stamp, ahead_s: f64) -> Result<Standing, NoPose> {
        let (Some(first), Some(last)) = (self.entries.front(), self.entries.back()) else {
            return Err(NoPose::Empty);
        };
        if stamp < first.stamp {
            return Err(NoPose::TooOld);
        }
        if stamp >= last.stamp {
            let ahead = stamp.secs_since(last.stamp);
            if ahead > ahead_s {
                return Err(NoPose::TooNew);
            }
            return Ok(Standing {
                planar: last.value.odom_from_base * Pose2::exp(last.value.velocity, ahead),
                stance: last.value.stance,
            });
        }
        let after = self.entries.partition_point(|entry| entry.stamp <= stamp);
        let (before, after) = (&self.entries[after - 1], &self.entries[after]);
        let span = after.stamp.secs_since(before.stamp);
        let fraction = stamp.secs_since(before.stamp) / span;
        let (before, after) = (&before.value, &after.value);
        Ok(Standing {
            planar: before
                .odom_from_base
                .interpolate(&after.odom_from_base, fraction),
            stance: before.stance.interpolate(&after.stance, fraction),
        })
    }
}
