//! 3D poses, for sensors that measure outside a plane.

use nalgebra::{Isometry3, Point3 as NalgebraPoint3, Translation3, UnitQuaternion, Vector3};

use super::Pose2;

/// 3D point, m.
pub type Point3 = NalgebraPoint3<f64>;

/// 3D rigid transform: `a_from_b * b_from_c`, `a_from_b * point_in_b`. Metres, unit quaternion.
pub type Pose3 = Isometry3<f64>;

impl Pose2 {
    /// 3D pose at this height above the plane, m.
    pub fn lifted(&self, height_m: f64) -> Pose3 {
        Pose3::from_parts(
            Translation3::new(self.x, self.y, height_m),
            UnitQuaternion::from_axis_angle(&Vector3::z_axis(), self.yaw),
        )
    }
}
