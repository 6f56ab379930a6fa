use perception::Polygon;
use proptest::prelude::*;

use super::*;
use crate::FloorPatch;

const DISC: Footprint = Footprint::Disc { radius_m: 0.3 };

/// A ramp up along x from (1, 0) at 10 %, 2 m long, then a platform, then a step down of 0.2 m to
/// the floor; beside the platform a hole.
fn terrain() -> World {
    let platform = FloorPatch::ramp(Pose2::new(3.5, 0.0, 0.0), 1.0, 2.0, [0.2, 0.2]);
    let hole = FloorPatch::ramp(Pose2::new(3.5, 2.0, 0.0), 1.0, 2.0, [-1.0, -1.0]);
    let ramp = FloorPatch::ramp(Pose2::new(2.0, 0.0, 0.0), 2.0, 2.0, [0.0, 0.2]);
    World::with_floor(Vec::new(), vec![ramp, platform, hole]).unwrap()
}

fn under(x: f64, y: f64) -> Footing {
    terrain().footing(&DISC, Pose2::new(x, y, 0.7))
}

#[test]
fn drops_and_steps_include_every_part_of_the_footprint() {
    // at the foot of the ramp the front is 2 cm higher; astride, the back is 2 cm below the plane
    assert!((under(0.9, 0.0).step_m - 0.02).abs() < 1e-5);
    assert!((under(1.1, 0.0).step_m - 0.02).abs() < 1e-5);
    // on the platform, just within and just beyond reach of its edge
    assert!((under(3.75, 0.0).drop_m - 0.2).abs() < 1e-5);
    assert!(under(3.65, 0.0).drop_m < 1e-9);
    // beside the hole
    assert!((under(3.5, 0.75).drop_m - 1.2).abs() < 1e-5);
    assert!((under(3.5, 0.75).lowest.y - 1.0).abs() < 0.06);
    assert!((under(3.5, 3.2).drop_m - 1.0).abs() < 1e-5 || under(3.5, 3.2).step_m > 0.9);
    // from the floor the platform is a step
    assert!((under(4.2, 0.0).step_m - 0.2).abs() < 1e-5);
    assert_eq!(under(-2.0, 0.0).step_m, 0.0);
}

#[test]
fn the_tilt_of_the_robot_follows_the_slope() {
    let pose = terrain().standing(Pose2::new(2.0, 0.0, std::f64::consts::FRAC_PI_2));
    let up = pose * Vector3::z();
    let expected = Vector3::new(-0.1, 0.0, 1.0).normalize();
    assert!((up - expected).norm() < 1e-9, "{up}");
    assert!((pose.translation.vector - Vector3::new(2.0, 0.0, 0.1)).norm() < 1e-9);
    let level = terrain().standing(Pose2::new(-3.0, 1.0, 0.4));
    let expected = Pose2::new(-3.0, 1.0, 0.4).lifted(0.0).to_homogeneous();
    assert!((level.to_homogeneous() - expected).norm() < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn footing_agrees_with_sampling_the_footprint(
        x in 0.0..5.0, y in -2.0..3.5, yaw in -3.0..3.0, shape in 0..3,
    ) {
        let fork_lift = [[-0.15, -0.2], [0.35, -0.2], [0.35, -0.05], [0.05, -0.05], [0.05, 0.1],
            [0.35, 0.1], [0.35, 0.2], [-0.15, 0.2]];
        let footprint = match shape {
            0 => DISC,
            1 => Footprint::Rectangle { length_m: 0.6, width_m: 0.4 },
            _ => Footprint::Polygon { vertices: Polygon::new(&fork_lift).unwrap() },
        };
        let world = terrain();
        let pose = Pose2::new(x, y, yaw);
        let footing = world.footing(&footprint, pose);
        let base = pose.position();
        let plane = |q: Point2| {
            world.floor.patch_at(base).map_or(0.0, |number| world.floor_patches()[number].plane_m(q))
        };
        let (mut drop, mut step) = (0.0_f64, 0.0_f64);
        for i in -60..=60 {
            for j in -60..=60 {
                let q = Point2::new(f64::from(i) / 160.0, f64::from(j) / 160.0);
                if footprint.signed_distance_m(q) <= 0.0 {
                    let above = world.floor_m(pose * q) - plane(pose * q);
                    drop = drop.max(-above);
                    step = step.max(above);
                }
            }
        }
        // sampled extremes are real; real extremes are at most a sample away
        prop_assert!(footing.drop_m >= drop - 1e-5 && footing.step_m >= step - 1e-5);
        let at = |point: Point2| world.floor_m(point) - plane(point);
        prop_assert!((at(footing.lowest) + footing.drop_m).abs() < 1e-9);
        prop_assert!((at(footing.highest) - footing.step_m).abs() < 1e-9);
    }
}
