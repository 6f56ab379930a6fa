//! Planar rigid transforms, the group SE(2).

use std::f64::consts::{PI, TAU};
use std::ops::Mul;

use serde::{Deserialize, Serialize};

use super::{Point2, Twist, Vector2};

/// Planar pose, or the transform `target_from_source`: metres and radians.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "[f64; 3]", into = "[f64; 3]")]
pub struct Pose2 {
    /// Position along x, m.
    pub x: f64,
    /// Position along y, m.
    pub y: f64,
    /// Heading, counter-clockwise from x, rad.
    pub yaw: f64,
}

/// Wraps an angle to (-pi, pi].
///
/// ```
/// assert!((perception::wrap_angle(7.0) - (7.0 - std::f64::consts::TAU)).abs() < 1e-12);
/// ```
pub fn wrap_angle(angle: f64) -> f64 {
    let wrapped = angle - TAU * (angle / TAU).round();
    if wrapped <= -PI {
        wrapped + TAU
    } else {
        wrapped
    }
}

impl Pose2 {
    /// Identity transform.
    pub const IDENTITY: Self = Self {
        x: 0.0,
        y: 0.0,
        yaw: 0.0,
    };

    /// Creates a pose from its coordinates: m, m, rad.
    pub const fn new(x: f64, y: f64, yaw: f64) -> Self {
        Self { x, y, yaw }
    }

    /// Position without the heading.
    pub fn position(&self) -> Point2 {
        Point2::new(self.x, self.y)
    }

    /// The inverse transform, `source_from_target`.
    pub fn inverse(&self) -> Self {
        let (sin, cos) = self.yaw.sin_cos();
        Self::new(
            -cos * self.x - sin * self.y,
            sin * self.x - cos * self.y,
            -self.yaw,
        )
    }

    /// Rotates a direction by this heading.
    pub fn rotate(&self, vector: Vector2) -> Vector2 {
        let (sin, cos) = self.yaw.sin_cos();
        Vector2::new(
            cos * vector.x - sin * vector.y,
            sin * vector.x + cos * vector.y,
        )
    }

    /// Pose reached from the identity with a constant body velocity after `duration_s`: the
    /// exponential map of SE(2) restricted to forward motion and turning, an arc of a circle.
    pub fn exp(twist: Twist, duration_s: f64) -> Self {
        let (distance, turn) = (twist.linear * duration_s, twist.angular * duration_s);
        let half = 0.5 * turn;
        // chord = arc * sin(half) / half, along the heading halfway round
        let chord = if half.abs() < 1e-4 {
            distance * (1.0 - half * half / 6.0)
        } else {
            distance * half.sin() / half
        };
        Self::new(chord * half.cos(), chord * half.sin(), turn)
    }

    /// Interpolates between two poses: `fraction` 0 returns `self` and 1 returns `other`. The
    /// heading takes the shorter rotation. Fractions outside [0, 1] extrapolate.
    pub fn interpolate(&self, other: &Self, fraction: f64) -> Self {
        Self::new(
            self.x + fraction * (other.x - self.x),
            self.y + fraction * (other.y - self.y),
            wrap_angle(self.yaw + fraction * wrap_angle(other.yaw - self.yaw)),
        )
    }

    /// True if no coordinate is NaN or infinite.
    pub fn is_finite(&self) -> bool {
        self.x.is_finite() && self.y.is_finite() && self.yaw.is_finite()
    }
}

impl Mul for Pose2 {
    type Output = Self;

    fn mul(self, inner: Self) -> Self {
        let position = self * inner.position();
        Self::new(position.x, position.y, wrap_angle(self.yaw + inner.yaw))
    }
}

impl Mul<Point2> for Pose2 {
    type Output = Point2;

    fn mul(self, point: Point2) -> Point2 {
        let turned = self.rotate(point.coords);
        Point2::new(self.x + turned.x, self.y + turned.y)
    }
}

impl From<[f64; 3]> for Pose2 {
    fn from([x, y, yaw]: [f64; 3]) -> Self {
        Self::new(x, y, yaw)
    }
}

impl From<Pose2> for [f64; 3] {
    fn from(pose: Pose2) -> Self {
        [pose.x, pose.y, pose.yaw]
    }
}
