//! Frames of a recording and the transforms between them.

use std::collections::BTreeMap;

use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion, Vector3};
use perception::{LaserScan, Pose2};

use super::messages::Pose;

/// Least cosine between a scanner's axis and the vertical.
const UPRIGHT: f64 = 0.95;
/// Longest chain of frames that is followed.
const CHAIN_MAX: usize = 64;

/// A transform, when its numbers are finite and its quaternion has a length.
pub(super) fn isometry(pose: &Pose) -> Option<Isometry3<f64>> {
    let (p, q) = (pose.position, pose.orientation);
    let quaternion = Quaternion::new(q.w, q.x, q.y, q.z);
    let finite = [p.x, p.y, p.z, q.x, q.y, q.z, q.w]
        .iter()
        .all(|value| value.is_finite());
    (finite && quaternion.norm() > 1e-6).then(|| {
        Isometry3::from_parts(
            Translation3::new(p.x, p.y, p.z),
            UnitQuaternion::new_normalize(quaternion),
        )
    })
}

/// What of a transform lies in the plane: its place and where it turns the x axis to.
pub(super) fn planar(transform: &Isometry3<f64>) -> Pose2 {
    let ahead = transform.rotation * Vector3::x();
    let place = transform.translation;
    Pose2::new(place.x, place.y, ahead.y.atan2(ahead.x))
}

/// A forest of frames: every frame's parent and its latest transform.
#[derive(Debug, Clone, Default)]
pub(super) struct Frames {
    parent_from: BTreeMap<String, (String, Isometry3<f64>)>,
}

impl Frames {
    /// Hangs a frame under its parent, where it was before or anew.
    pub fn set(&mut self, parent: &str, child: &str, parent_from_child: Isometry3<f64>) {
        let link = (bare(parent).to_owned(), parent_from_child);
        self.parent_from.insert(bare(child).to_owned(), link);
    }

    /// `target_from_source`, when the two hang together.
    pub fn between(&self, target: &str, source: &str) -> Option<Isometry3<f64>> {
        let above_target = self.ancestors(bare(target));
        let above_source = self.ancestors(bare(source));
        above_source.iter().find_map(|(frame, from_source)| {
            let (_, from_target) = above_target.iter().find(|(other, _)| other == frame)?;
            Some(from_target.inverse() * from_source)
        })
    }

    /// The frame and all above it, each with `ancestor_from_frame`.
    fn ancestors<'a>(&'a self, frame: &'a str) -> Vec<(&'a str, Isometry3<f64>)> {
        let mut chain = vec![(frame, Isometry3::identity())];
        let (mut at, mut from_frame) = (frame, Isometry3::identity());
        while let Some((parent, parent_from)) = self.parent_from.get(at)
            && chain.len() < CHAIN_MAX
        {
            from_frame = parent_from * from_frame;
            at = parent;
            chain.push((at, from_frame));
        }
        chain
    }
}

/// Names of frames without the slash that some drivers put before them.
fn bare(frame: &str) -> &str {
    frame.strip_prefix('/').unwrap_or(frame)
}

/// The planar mounting of a scanner. One that hangs upside down sweeps the other way round: its
/// scan is turned into that of an upright one. None for a scanner whose plane is not level.
pub(super) fn mount(base_from_scanner: &Isometry3<f64>, scan: &mut LaserScan) -> Option<Pose2> {
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
    use super::*;
    use std::f64::consts::{FRAC_PI_2, PI};

    fn at(x: f64, y: f64, roll: f64, yaw: f64) -> Isometry3<f64> {
        Isometry3::from_parts(
            Translation3::new(x, y, 0.2),
            UnitQuaternion::from_euler_angles(roll, 0.0, yaw),
        )
    }

    #[test]
    fn chains_are_followed_both_ways() {
        let mut frames = Frames::default();
        frames.set("odom", "base_link", at(1.0, 2.0, 0.0, FRAC_PI_2));
        frames.set("base_link", "mast", at(0.5, 0.0, 0.0, 0.0));
        frames.set("/mast", "laser", at(0.0, 0.1, 0.0, FRAC_PI_2));
        frames.set("map", "odom", at(10.0, 0.0, 0.0, 0.0));
        let pose = planar(&frames.between("base_link", "laser").unwrap());
        assert!((pose.x - 0.5).abs() < 1e-12 && (pose.y - 0.1).abs() < 1e-12);
        assert!((pose.yaw - FRAC_PI_2).abs() < 1e-12);
        let back = planar(&frames.between("laser", "base_link").unwrap());
        assert!((pose * back).position().coords.norm() < 1e-12);
        let goal = planar(&frames.between("odom", "map").unwrap());
        assert!((goal.x + 10.0).abs() < 1e-12);
        assert!(frames.between("base_link", "camera").is_none());
    }

    #[test]
    fn a_circle_of_frames_ends() {
        let mut frames = Frames::default();
        frames.set("a", "b", at(1.0, 0.0, 0.0, 0.0));
        frames.set("b", "a", at(1.0, 0.0, 0.0, 0.0));
        assert!(frames.between("c", "a").is_none());
    }

    #[test]
    fn a_scanner_upside_down_sweeps_the_other_way() {
        let mut scan = LaserScan {
            angle_min: -1.0,
            angle_increment: 0.1,
            time_increment: 0.0,
            range_min: 0.1,
            range_max: 10.0,
            ranges: vec![2.0; 3],
        };
        let hanging = at(0.1, 0.0, PI, 0.3);
        let mounting = mount(&hanging, &mut scan).unwrap();
        let beam = |angle: f64| Vector3::new(2.0 * angle.cos(), 2.0 * angle.sin(), 0.0);
        let truth = hanging * nalgebra::Point3::from(beam(-0.9));
        let angle = mounting.yaw + scan.angle(1);
        assert!((mounting.x + 2.0 * angle.cos() - truth.x).abs() < 1e-12);
        assert!((mounting.y + 2.0 * angle.sin() - truth.y).abs() < 1e-12);
        assert!(mount(&at(0.0, 0.0, FRAC_PI_2, 0.0), &mut scan).is_none());
    }
}
