//! Mounting of a sensor on the robot.

use nalgebra::{Translation3, UnitQuaternion};
use perception::Pose3;
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// A pose on the robot: a position in its base frame (x forward, y left, z up from the floor) and
/// fixed-axis roll, pitch and yaw, as in URDF: `R = Rz(yaw) Ry(pitch) Rx(roll)`. A positive pitch
/// looks down.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mounting {
    /// Forward, m.
    pub x_m: f64,
    /// To the left, m.
    pub y_m: f64,
    /// Above the floor, m.
    pub z_m: f64,
    /// About x, rad.
    pub roll_rad: f64,
    /// About y, rad.
    pub pitch_rad: f64,
    /// About z, rad.
    pub yaw_rad: f64,
}

impl Mounting {
    /// The transform `base_from_sensor`; the sensor's frame has x forward and z up.
    pub fn pose(&self) -> Pose3 {
        Pose3::from_parts(
            Translation3::new(self.x_m, self.y_m, self.z_m),
            UnitQuaternion::from_euler_angles(self.roll_rad, self.pitch_rad, self.yaw_rad),
        )
    }

    /// The transform `base_from_optical` of a camera with this mounting: z forward, x right, y down
    /// (REP-103).
    ///
    /// ```
    /// let ahead = nalgebra::Vector3::z();
    /// let camera = sim::Mounting { z_m: 1.0, ..sim::Mounting::default() }.optical_pose();
    /// assert!((camera * ahead - nalgebra::Vector3::x()).norm() < 1e-12);
    /// ```
    pub fn optical_pose(&self) -> Pose3 {
        use std::f64::consts::FRAC_PI_2;
        let body_from_optical = UnitQuaternion::from_euler_angles(-FRAC_PI_2, 0.0, -FRAC_PI_2);
        self.pose() * body_from_optical
    }

    /// Rejects positions farther than 10 m from the base, and angles beyond 10 rad.
    pub(super) fn validate(&self, section: &'static str) -> Result<(), SettingsError> {
        for (field, value) in [
            ("mounting.x_m", self.x_m),
            ("mounting.y_m", self.y_m),
            ("mounting.z_m", self.z_m),
            ("mounting.roll_rad", self.roll_rad),
            ("mounting.pitch_rad", self.pitch_rad),
            ("mounting.yaw_rad", self.yaw_rad),
        ] {
            SettingsError::ensure_within(section, &[(field, value, -10.0..=10.0)])?;
        }
        Ok(())
    }
}
