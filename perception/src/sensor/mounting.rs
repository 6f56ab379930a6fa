//! Conversion of 3D mounting transforms of scanners to planar ones.

use nalgebra::Vector3;

use crate::{LaserScan, Pose2, Pose3};

/// Minimum cosine of the angle between a scanner's axis and the vertical.
const UPRIGHT: f64 = 0.95;

/// Planar part of a transform: its position and the heading of the rotated x axis.
pub fn planar(transform: &Pose3) -> Pose2 {
    let ahead = transform.rotation * Vector3::x();
    let place = transform.translation;
    Pose2::new(place.x, place.y, ahead.y.atan2(ahead.x))
}

/// Planar mounting of a scanner. The scan of a scanner mounted upside down runs in the opposite
/// direction and is converted to that of an upright one. `None` if the scan plane is not level.
pub fn mounting(base_from_scanner: &Pose3, scan: &mut LaserScan) -> Option<Pose2> {
    let up = (base_from_scanner.rotation * Vector3::z()).z;
    if up.abs() < UPRIGHT {
        return None;
    }
    if up < 0.0 {
        scan.angle_min = -scan.angle_min;
        scan.angle_increment = -scan.angle_increment;
    }
    Some(planar(base_from_scanner))
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_PI_2, PI};

    use nalgebra::{Translation3, UnitQuaternion};

    use super::*;

    fn at(x: f64, y: f64, roll: f64, yaw: f64) -> Pose3 {
        Pose3::from_parts(
            Translation3::new(x, y, 0.2),
            UnitQuaternion::from_euler_angles(roll, 0.0, yaw),
        )
    }

    #[test]
    fn a_scanner_upside_down_sweeps_in_reverse() {
        let mut scan = LaserScan {
            angle_min: -1.0,
            angle_increment: 0.1,
            time_increment: 0.0,
            range_min: 0.1,
            range_max: 10.0,
            ranges: vec![2.0; 3],
        };
        let hanging = at(0.1, 0.0, PI, 0.3);
        let mount = mounting(&hanging, &mut scan).unwrap();
        let beam = |angle: f64| Vector3::new(2.0 * angle.cos(), 2.0 * angle.sin(), 0.0);
        let truth = hanging * nalgebra::Point3::from(beam(-0.9));
        let angle = mount.yaw + scan.angle(1);
        assert!((mount.x + 2.0 * angle.cos() - truth.x).abs() < 1e-12);
        assert!((mount.y + 2.0 * angle.sin() - truth.y).abs() < 1e-12);
        assert!(mounting(&at(0.0, 0.0, FRAC_PI_2, 0.0), &mut scan).is_none());
    }
}
