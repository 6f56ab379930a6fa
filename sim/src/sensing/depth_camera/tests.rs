use perception::{Point2, Point3};

use super::*;
use crate::{Mounting, Obstacle, Shape, World};

fn exact() -> DepthCameraSettings {
    DepthCameraSettings {
        noise_a_m: 0.0,
        noise_b_per_m: 0.0,
        edge_mix_share: 0.0,
        dropout_share: 0.0,
        ..DepthCameraSettings::default()
    }
}

fn image(settings: DepthCameraSettings, world: &World, pose: Pose2, seed: u64) -> Vec<u16> {
    let mut camera = DepthCamera::new(settings, seed).unwrap();
    let mut image = DepthImage {
        width: 0,
        height: 0,
        pixels: DepthPixels::Metres(Vec::new()),
    };
    camera.expose(world, pose, &mut image);
    image.validate(camera.camera()).unwrap();
    match image.pixels {
        DepthPixels::Millimetres(pixels) => pixels,
        DepthPixels::Metres(_) => unreachable!("depth comes in millimetres"),
    }
}

fn level(z_m: f64) -> Mounting {
    Mounting {
        z_m,
        ..Mounting::default()
    }
}

/// A wall perpendicular to x with its face at `x`.
fn wall(x: f64) -> World {
    let block = Shape::rectangle(Pose2::new(x + 0.5, 0.0, 0.0), 1.0, 20.0);
    World::new(vec![Obstacle::standing(block, 5.0)]).unwrap()
}

#[test]
fn a_wall_across_the_axis_has_one_depth() {
    let settings = DepthCameraSettings {
        mounting: level(2.0),
        ..exact()
    };
    for pixel in image(settings, &wall(2.0), Pose2::IDENTITY, 1) {
        assert_eq!(pixel, 2000);
    }
}

#[test]
fn pixels_of_the_floor_lie_on_the_floor() {
    let settings = DepthCameraSettings {
        range_max_m: 10.0,
        grazing_max_rad: std::f64::consts::FRAC_PI_2,
        mounting: Mounting {
            x_m: 0.1,
            y_m: 0.05,
            z_m: 1.2,
            roll_rad: 0.03,
            pitch_rad: 0.61,
            yaw_rad: -0.2,
        },
        ..exact()
    };
    let camera = settings.camera();
    let pose = Pose2::new(1.0, -2.0, 0.8);
    let pixels = image(settings.clone(), &World::new(Vec::new()).unwrap(), pose, 1);
    let world_from_optical = pose.lifted(0.0) * settings.mounting.optical_pose();
    let mut seen = 0;
    for (index, &pixel) in pixels.iter().enumerate().filter(|(_, pixel)| **pixel > 0) {
        let depth_m = f64::from(pixel) / 1e3;
        let (column, row) = ((index % camera.width) as f64, (index / camera.width) as f64);
        let at = world_from_optical
            * Point3::new(
                depth_m * (column - camera.cx) / camera.fx,
                depth_m * (row - camera.cy) / camera.fy,
                depth_m,
            );
        // half a millimetre of rounding along the ray
        assert!(at.z.abs() < 1e-3, "{at}");
        seen += 1;
    }
    assert!(seen > pixels.len() * 9 / 10, "{seen}");
    // the floor is nearer in lower rows
    assert!(pixels[119 * 160 + 80] < pixels[60 * 160 + 80]);
}

#[test]
fn noise_grows_with_the_square_of_depth() {
    for (x, expected) in [(1.0, 0.001 + 0.004), (3.0, 0.001 + 0.036)] {
        let settings = DepthCameraSettings {
            noise_a_m: 0.001,
            noise_b_per_m: 0.004,
            mounting: level(2.5),
            ..exact()
        };
        let pixels = image(settings, &wall(x), Pose2::IDENTITY, 4);
        let errors = pixels.iter().map(|pixel| f64::from(*pixel) / 1e3 - x);
        let sigma = (errors.map(|e| e * e).sum::<f64>() / pixels.len() as f64).sqrt();
        // the standard error of a standard deviation of 19200 draws is 0.5 %; rounding adds 0.3 mm
        assert!(
            (sigma - expected).abs() < 0.03 * expected,
            "{sigma} {expected}"
        );
    }
}

#[test]
fn disparity_is_quantised() {
    let settings = DepthCameraSettings {
        disparity_step_px: 0.125,
        baseline_m: 0.075,
        noise_b_per_m: 0.01,
        mounting: level(2.5),
        ..exact()
    };
    let focal = settings.camera().fx;
    let mut pixels = image(settings, &wall(3.0), Pose2::IDENTITY, 4);
    pixels.sort_unstable();
    pixels.dedup();
    assert!(
        pixels.len() > 2 && pixels.len() < 40,
        "{} depths",
        pixels.len()
    );
    for pixel in pixels {
        let steps = focal * 0.075 / (f64::from(pixel) / 1e3) / 0.125;
        assert!((steps - steps.round()).abs() < 0.02, "{steps}");
    }
}

#[test]
fn near_far_and_grazing_surfaces_have_no_reading() {
    let at = |x: f64| {
        let settings = DepthCameraSettings {
            mounting: level(2.5),
            ..exact()
        };
        image(settings, &wall(x), Pose2::IDENTITY, 1)
    };
    assert!(at(0.3).iter().all(|pixel| *pixel == 0));
    assert!(at(5.1).iter().all(|pixel| *pixel == 0));
    assert!(at(4.9).iter().all(|pixel| *pixel == 4900));
    // level at 0.2 m above the floor: the angle of incidence exceeds 80 degrees beyond 0.2 tan 80 m
    let settings = DepthCameraSettings {
        range_max_m: 60.0,
        range_min_m: 0.0,
        mounting: level(0.2),
        ..exact()
    };
    let camera = settings.camera();
    let pixels = image(
        settings,
        &World::new(Vec::new()).unwrap(),
        Pose2::IDENTITY,
        1,
    );
    for (index, pixel) in pixels.iter().enumerate() {
        let row = (index / camera.width) as f64;
        let column = (index % camera.width) as f64;
        let ray = Vector3::new(
            (column - camera.cx) / camera.fx,
            (row - camera.cy) / camera.fy,
            1.0,
        );
        let grazes = ray.normalize().y < 80.0_f64.to_radians().cos();
        assert_eq!(*pixel == 0, grazes, "row {row}, column {column}");
    }
}

#[test]
fn edges_read_between_both_sides() {
    let post = Shape::rectangle(Pose2::new(1.5, 0.0, 0.0), 0.2, 0.3);
    let block = Shape::rectangle(Pose2::new(3.5, 0.0, 0.0), 1.0, 20.0);
    let world = World::new(vec![
        Obstacle::standing(post, 5.0),
        Obstacle::standing(block, 5.0),
    ])
    .unwrap();
    let seen = |edge_mix_share: f64| {
        let settings = DepthCameraSettings {
            edge_mix_share,
            mounting: level(2.5),
            ..exact()
        };
        image(settings, &world, Pose2::IDENTITY, 3)
    };
    let between = |pixels: &[u16]| pixels.iter().filter(|p| (1410..2990).contains(*p)).count();
    assert_eq!(between(&seen(0.0)), 0);
    // two edges of 120 rows, a pixel on each side; half of them are mixed
    let mixed = between(&seen(0.5));
    assert!((200..280).contains(&mixed), "{mixed}");
    assert_eq!(seen(0.5), seen(0.5));
}

#[test]
fn the_camera_sees_table_tops_over_their_edge() {
    let top = Shape::rectangle(Pose2::new(1.5, 0.0, 0.0), 1.0, 1.0);
    let world = World::new(vec![Obstacle::between(top, 0.7, 0.75)]).unwrap();
    let scene = crate::Scene {
        world: &world,
        movers: &[],
    };
    let down = Vector3::new(1.0, 0.0, -0.6).normalize();
    let hit = scene.cast(Point3::new(0.5, 0.0, 1.2), down, 5.0).unwrap();
    assert!((hit.normal - Vector3::z()).norm() < 1e-9);
    assert!((hit.distance_m * down.z + 0.45).abs() < 1e-9);
    assert!(
        world
            .cast(Point2::origin(), Vector3::x().xy(), 0.3, 5.0)
            .is_none()
    );
}
