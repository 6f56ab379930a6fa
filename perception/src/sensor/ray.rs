//! The one thing all range sensors share: a line of sight.

use crate::Point2;

/// How a ray ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// Something was hit at the end.
    Hit,
    /// Nothing was hit up to the end.
    Miss,
}

/// A line of sight from `origin` to `end`, both in one frame, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ray {
    /// Where the sensor is.
    pub origin: Point2,
    /// Where sight ended.
    pub end: Point2,
    /// Why it ended.
    pub outcome: Return,
}
