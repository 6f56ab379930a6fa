//! Height and tilt of the base, which a planar pose omits.

use nalgebra::{Translation3, UnitQuaternion};

use super::{Pose2, Pose3};

/// Height and tilt of the base. The rotation is yaw, then pitch, then roll, about the axes of
/// REP-103.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stance {
    /// Height above the plane of the poses, m.
    pub height_m: f64,
    /// Roll about the forward axis, positive with the left side up, rad.
    pub roll: f64,
    /// Pitch about the left axis, positive with the front down, rad.
    pub pitch: f64,
}

impl Stance {
    /// Zero height and tilt, for a robot that does not measure them.
    pub const LEVEL: Self = Self {
        height_m: 0.0,
        roll: 0.0,
        pitch: 0.0,
    };

    /// Height and tilt of a 3D pose.
    pub fn of(pose: &Pose3) -> Self {
        let (roll, pitch, _) = pose.rotation.euler_angles();
        Self {
            height_m: pose.translation.z,
            roll,
            pitch,
        }
    }

    /// 3D pose with this height and tilt at a planar pose.
    pub fn lift(&self, planar: Pose2) -> Pose3 {
        Pose3::from_parts(
            Translation3::new(planar.x, planar.y, self.height_m),
            UnitQuaternion::from_euler_angles(self.roll, self.pitch, planar.yaw),
        )
    }

    /// Slope of the body's plane along a direction of the body, as a ratio: the height that a beam
    /// in that plane gains per metre.
    pub fn rise(&self, yaw: f64) -> f64 {
        let (sin, cos) = yaw.sin_cos();
        self.pitch.cos() * self.roll.sin() * sin - self.pitch.sin() * cos
    }

    /// Interpolates as [`Pose2::interpolate`] does.
    pub fn interpolate(&self, other: &Self, fraction: f64) -> Self {
        let between = |a: f64, b: f64| a + fraction * (b - a);
        Self {
            height_m: between(self.height_m, other.height_m),
            roll: between(self.roll, other.roll),
            pitch: between(self.pitch, other.pitch),
        }
    }

    /// True if no number is NaN or infinite.
    pub fn is_finite(&self) -> bool {
        self.height_m.is_finite() && self.roll.is_finite() && self.pitch.is_finite()
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;
    use crate::planar;

    #[test]
    fn planar_part_and_stance_make_the_pose() {
        let stance = Stance {
            height_m: 0.4,
            roll: -0.1,
            pitch: 0.2,
        };
        let pose = Pose2::new(1.0, -2.0, 2.5);
        let lifted = stance.lift(pose);
        let (again, back) = (Stance::of(&lifted), planar(&lifted));
        for (one, other) in [
            (again.height_m, stance.height_m),
            (again.roll, stance.roll),
            (again.pitch, stance.pitch),
            (back.yaw, pose.yaw),
        ] {
            assert!((one - other).abs() < 1e-12, "{one} {other}");
        }
        assert_eq!(Stance::LEVEL.lift(pose), pose.lifted(0.0));
    }

    #[test]
    fn a_raised_front_lifts_points_ahead() {
        let up = Stance {
            pitch: -0.1,
            ..Stance::LEVEL
        };
        assert!((up.rise(0.0) - 0.1_f64.sin()).abs() < 1e-12);
        assert!(up.rise(std::f64::consts::FRAC_PI_2).abs() < 1e-12);
        let left_up = Stance {
            roll: 0.1,
            ..Stance::LEVEL
        };
        assert!((left_up.rise(std::f64::consts::FRAC_PI_2) - 0.1_f64.sin()).abs() < 1e-12);
        let tilted = Stance {
            roll: 0.2,
            pitch: 0.3,
            ..Stance::LEVEL
        };
        let ahead = tilted.lift(Pose2::IDENTITY) * Vector3::new(0.7_f64.cos(), 0.7_f64.sin(), 0.0);
        assert!((tilted.rise(0.7) - ahead.z).abs() < 1e-12);
    }
}
