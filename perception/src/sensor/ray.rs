//! Rays: the representation of a beam that all planar range measurements share.

use crate::Point2;

/// Result of a ray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// The ray hit a surface at its end.
    Hit,
    /// The ray is free up to its end.
    Miss,
}

/// Ray from `origin` to `end`, both in one frame, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ray {
    /// Position of the sensor.
    pub origin: Point2,
    /// End of the ray.
    pub end: Point2,
    /// Hit or miss at the end.
    pub outcome: Return,
}
