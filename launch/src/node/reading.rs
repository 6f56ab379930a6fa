//! A message that is being read, and what any message may hold.

use perception::recording::cdr;
use perception::recording::messages::Pose;
use perception::{Pose3, Stamp};
use serde::de::DeserializeOwned;

use super::fault::{FaultClass, MessageFault};
use super::mailbox::RawInput;

/// Points of a cloud, pixels of an image.
const PIXELS_MAX: u64 = 4_000_000;
/// How far the length of a quaternion may be from 1.
const UNIT_TOLERANCE: f64 = 0.01;
/// Places farther away than this are no places, m.
const FAR_M: f64 = 1e6;

/// A message that is being read.
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

    /// A pose of finite numbers, near enough to be a place, with a rotation of length 1.
    pub fn pose(&self, pose: &Pose) -> Result<Pose3, MessageFault> {
        let (p, q) = (pose.position, pose.orientation);
        if ![p.x, p.y, p.z, q.x, q.y, q.z, q.w]
            .iter()
            .all(|value| value.is_finite())
        {
            return Err(self.fault(FaultClass::NotFinite, "a pose is not finite"));
        }
        if [p.x, p.y, p.z].iter().any(|value| value.abs() > FAR_M) {
            return Err(self.fault(
                FaultClass::Value,
                format!("a pose is farther than {FAR_M} m"),
            ));
        }
        let length = [q.x, q.y, q.z, q.w]
            .iter()
            .map(|value| value * value)
            .sum::<f64>()
            .sqrt();
        let unit = (length - 1.0).abs() <= UNIT_TOLERANCE;
        pose.to_pose3().filter(|_| unit).ok_or_else(|| {
            self.fault(
                FaultClass::Rotation,
                format!("a quaternion of length {length}: expected 1"),
            )
        })
    }
}
