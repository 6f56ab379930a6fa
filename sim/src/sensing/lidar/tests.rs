use perception::{Beam, Point2, Twist};
use proptest::prelude::*;

use super::*;
use crate::{Obstacle, Shape, World};

fn exact() -> LidarSettings {
    LidarSettings {
        noise_m: 0.0,
        dropout_share: 0.0,
        ..LidarSettings::default()
    }
}

fn blank() -> LaserScan {
    LaserScan {
        angle_min: 0.0,
        angle_increment: 0.0,
        time_increment: 0.0,
        range_min: 0.0,
        range_max: 0.0,
        ranges: Vec::new(),
    }
}

fn world(shapes: &[Shape]) -> World {
    let standing = |shape: &Shape| Obstacle::standing(shape.clone(), 1.0);
    World::new(shapes.iter().map(standing).collect()).unwrap()
}

fn scan_of(settings: LidarSettings, world: &World, pose: Pose2) -> LaserScan {
    let mut scan = blank();
    Lidar::new(settings, 3)
        .unwrap()
        .scan(world, |_| pose, &mut scan);
    scan
}

#[test]
fn ranges_to_a_wall_follow_the_secant() {
    // a long wall 2 m ahead: a beam at angle a hits it at 2 / cos a
    let wall = Shape::Segment {
        a: Point2::new(2.0, -50.0),
        b: Point2::new(2.0, 50.0),
    };
    let scan = scan_of(exact(), &world(&[wall]), Pose2::IDENTITY);
    for beam in 0..720 {
        let angle = scan.angle(beam);
        let expected = 2.0 / angle.cos();
        match scan.beam(beam) {
            Beam::Hit(range) => assert!((range - expected).abs() < 1e-5 * expected),
            Beam::Miss => assert!(angle.cos() <= 0.0 || expected > 20.0),
            Beam::Invalid => panic!("beam {beam} is invalid"),
        }
    }
}

#[test]
fn ranges_to_a_post_follow_the_circle() {
    // a post of radius 0.5 m, 3 m to the left: range = 3 cos b - sqrt(0.25 - 9 sin^2 b)
    let post = Shape::Circle {
        centre: Point2::new(0.0, 3.0),
        radius_m: 0.5,
    };
    let scan = scan_of(exact(), &world(&[post]), Pose2::IDENTITY);
    let mut hits = 0;
    for beam in 0..720 {
        let off = scan.angle(beam) - 0.5 * PI;
        let inside = 0.25 - 9.0 * off.sin().powi(2);
        if inside > 0.0 && off.abs() < 1.0 {
            let expected = 3.0 * off.cos() - inside.sqrt();
            assert!((f64::from(scan.ranges[beam]) - expected).abs() < 1e-5);
            hits += 1;
        } else {
            assert_eq!(scan.beam(beam), Beam::Miss);
        }
    }
    assert!(hits > 50);
}

#[test]
fn too_close_and_too_far_have_different_readings() {
    let wall = |x| Shape::Segment {
        a: Point2::new(x, -1.0),
        b: Point2::new(x, 1.0),
    };
    let ahead = |x| scan_of(exact(), &world(&[wall(x)]), Pose2::IDENTITY).ranges[360];
    assert_eq!(ahead(0.05), f32::NEG_INFINITY);
    assert_eq!(ahead(20.5), f32::INFINITY);
    assert!((ahead(0.15) - 0.15).abs() < 1e-4);
}

#[test]
fn noise_and_dropouts_are_as_set() {
    let wall = Shape::Segment {
        a: Point2::new(2.0, -50.0),
        b: Point2::new(2.0, 50.0),
    };
    let settings = LidarSettings {
        beams: 20_001,
        angle_min_rad: -1.0,
        angle_max_rad: 1.0,
        noise_m: 0.02,
        dropout_share: 0.1,
        ..LidarSettings::default()
    };
    let scan = scan_of(settings, &world(&[wall]), Pose2::IDENTITY);
    let lost = scan.ranges.iter().filter(|range| range.is_nan()).count();
    // 2000 expected, standard deviation 42
    assert!((1800..2200).contains(&lost), "{lost} lost");
    let (mut sum, mut squares) = (0.0, 0.0);
    for (beam, range) in scan.ranges.iter().enumerate().filter(|(_, r)| !r.is_nan()) {
        let error = f64::from(*range) - 2.0 / scan.angle(beam).cos();
        sum += error;
        squares += error * error;
    }
    let count = (scan.ranges.len() - lost) as f64;
    // 18000 errors of 0.02 m: standard error 0.00015 m of the mean, 0.0001 m of the deviation
    assert!((sum / count).abs() < 0.001);
    assert!(((squares / count).sqrt() - 0.02).abs() < 0.001);
}

#[test]
fn a_moving_sweep_sees_each_beam_from_its_own_pose() {
    let wall = Shape::Segment {
        a: Point2::new(5.0, -50.0),
        b: Point2::new(5.0, 50.0),
    };
    let settings = LidarSettings {
        time_increment_s: 0.04 / 719.0,
        ..exact()
    };
    let twist = Twist::new(2.0, 1.0);
    let mut scan = blank();
    Lidar::new(settings, 3)
        .unwrap()
        .scan(&world(&[wall]), |t| Pose2::exp(twist, t), &mut scan);
    for beam in 300..420 {
        let pose = Pose2::exp(twist, scan.time_increment * beam as f64);
        let expected = (5.0 - pose.x) / (pose.yaw + scan.angle(beam)).cos();
        assert!((f64::from(scan.ranges[beam]) - expected).abs() < 1e-5);
    }
}

#[test]
fn impossible_settings_are_refused_by_name() {
    let refused = |settings: LidarSettings| Lidar::new(settings, 0).unwrap_err().field;
    let default = LidarSettings::default;
    assert_eq!(
        refused(LidarSettings {
            beams: 1,
            ..default()
        }),
        "beams"
    );
    assert_eq!(
        refused(LidarSettings {
            noise_m: f64::NAN,
            ..default()
        }),
        "noise_m"
    );
    assert_eq!(
        refused(LidarSettings {
            range_max_m: 0.05,
            ..default()
        }),
        "range_max_m"
    );
    assert_eq!(
        refused(LidarSettings {
            time_increment_s: 1.0,
            ..default()
        }),
        "time_increment_s"
    );
}

proptest! {
    #[test]
    fn moving_world_and_robot_together_changes_no_scan(
        x in -20.0..20.0, y in -20.0..20.0, yaw in -3.0..3.0,
    ) {
        let shapes = [
            Shape::rectangle(Pose2::new(2.0, 1.0, 0.4), 1.0, 0.5),
            Shape::Circle { centre: Point2::new(-1.0, 2.0), radius_m: 0.3 },
            Shape::Segment { a: Point2::new(-4.0, -3.0), b: Point2::new(5.0, -3.5) },
        ];
        let move_by = Pose2::new(x, y, yaw);
        let at = Pose2::new(0.2, -0.1, 0.9);
        let moved: Vec<Shape> = shapes.iter().map(|shape| shape.moved(move_by)).collect();
        let here = scan_of(exact(), &world(&shapes), at);
        let there = scan_of(exact(), &world(&moved), move_by * at);
        let mut differ = 0;
        for (a, b) in here.ranges.iter().zip(&there.ranges) {
            // a beam at an edge may hit or miss it
            if a != b && ((a - b).abs() >= 1e-4 || a.is_infinite() != b.is_infinite()) {
                differ += 1;
            }
        }
        prop_assert!(differ <= 2, "{} beams differ", differ);
    }
}
