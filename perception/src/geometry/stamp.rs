//! Time stamps.

use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Time stamp: nanoseconds since an epoch that the source of the data chooses.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Stamp(pub i64);

impl Stamp {
    /// The stamp `seconds` after the epoch, to the nearest nanosecond.
    pub fn from_secs(seconds: f64) -> Self {
        Self((seconds * 1e9).round() as i64)
    }

    /// Seconds since the epoch.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 * 1e-9
    }

    /// Seconds from `earlier` to this stamp; negative if `earlier` is later.
    pub fn secs_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 * 1e-9
    }
}

impl Add<Duration> for Stamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_nanos() as i64))
    }
}

impl Sub<Duration> for Stamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.as_nanos() as i64))
    }
}

/// Value with a time stamp.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stamped<T> {
    /// Time of the value.
    pub stamp: Stamp,
    /// The value.
    pub value: T,
}
