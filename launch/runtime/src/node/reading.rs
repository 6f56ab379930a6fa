//! Decoding state of a message, and common bounds of messages.

use perception::{Pose3, Stamp};
use recordings::cdr;
use recordings::messages::Pose;
use serde::de::DeserializeOwned;

use super::fault::{FaultClass, MessageFault};
use super::mailbox::RawInput;

/// Maximum number of points of a cloud or pixels of an image.
const PIXELS_MAX: u64 = 4_000_000;

/// A message during decoding.
pub(super) struct Reading<'a> {
    pub topic: &'a str,
    pub raw: &'a RawInput,
    pub now: Stamp,
}

impl Reading<'_> {
    pub fn fault(&self, class: FaultClass, what: impl std::fmt::Display) -> MessageFault {
        MessageFault::new(self.topic, class, what)
    }

    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, MessageFault> {
        cdr::decode(self.topic, 0, &self.raw.bytes)
            .map_err(|error| self.fault((&error).into(), error))
    }

    pub fn not_ahead(&self, stamp: Stamp, ahead_max_s: f64) -> Result<(), MessageFault> {
        let ahead_s = stamp.secs_since(self.now);
        if ahead_s <= ahead_max_s {
            return Ok(());
        }
        let what = format!("stamped {ahead_s} s ahead of the clock");
        Err(self.fault(FaultClass::Time, what))
    }

    pub fn not_more(&self, points: u64) -> Result<(), MessageFault> {
        if (1..=PIXELS_MAX).contains(&points) {
            return Ok(());
        }
        let what = format!("{points} points or pixels: expected 1 to {PIXELS_MAX}");
        Err(self.fault(FaultClass::Size, what))
    }

    /// A pose of finite numbers within bounds, with a unit quaternion.
    pub fn pose(&self, pose: &Pose) -> Result<Pose3, MessageFault> {
        let checked = pose.checked();
        checked.map_err(|error| self.fault((&error).into(), error))
    }
}
