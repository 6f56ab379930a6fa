use perception::{Point2, Twist};

use super::*;
use crate::{FloorPatch, Mover, Obstacle, Scene, Shape, World};

fn exact() -> RingLidarSettings {
    RingLidarSettings {
        noise_m: 0.0,
        dropout_share: 0.0,
        sweep_s: 0.0,
        ..RingLidarSettings::default()
    }
}

fn sweep(settings: RingLidarSettings, world: &World, pose: Pose2, seed: u64) -> PointCloud {
    let mut cloud = PointCloud::default();
    RingLidar::new(settings, seed)
        .unwrap()
        .sweep(world, |_| pose, &mut cloud);
    cloud.validate().unwrap();
    cloud
}

/// A room of 8 by 6 m, 2.5 m high.
fn room() -> World {
    let wall = |x, y, length, width| {
        Obstacle::standing(Shape::rectangle(Pose2::new(x, y, 0.0), length, width), 2.5)
    };
    World::new(vec![
        wall(4.1, 0.0, 0.2, 6.4),
        wall(-4.1, 0.0, 0.2, 6.4),
        wall(0.0, 3.1, 8.0, 0.2),
        wall(0.0, -3.1, 8.0, 0.2),
    ])
    .unwrap()
}

#[test]
fn every_point_lies_on_a_surface_and_on_its_ring() {
    let mut settings = exact();
    settings.mounting = Mounting {
        x_m: 0.1,
        y_m: -0.05,
        z_m: 0.6,
        roll_rad: 0.02,
        pitch_rad: 0.1,
        yaw_rad: 0.5,
    };
    let pose = Pose2::new(0.7, -0.4, 0.9);
    let cloud = sweep(settings.clone(), &room(), pose, 3);
    let world_from_lidar = pose.lifted(0.0) * settings.mounting.pose();
    // up to 0.31 rad above the horizon, beams hit a wall within 6 m below its top
    assert!(
        cloud.points.len() > 14 * 1024,
        "{} points",
        cloud.points.len()
    );
    for (point, ring) in cloud.points.iter().zip(&cloud.rings) {
        let own = nalgebra::Point3::from(point.position.map(f64::from));
        let elevation = own.z.atan2(own.x.hypot(own.y));
        assert!((elevation - settings.elevation_rad(usize::from(*ring))).abs() < 1e-6);
        let at = world_from_lidar * own;
        let to_wall = (4.0 - at.x.abs()).abs().min((3.0 - at.y.abs()).abs());
        assert!(at.z.abs() < 1e-5 || to_wall < 1e-5, "{at}");
        assert!(at.z > -1e-5 && at.z < 2.5 + 1e-5);
    }
}

#[test]
fn points_carry_the_time_at_which_the_robot_saw_them() {
    let settings = RingLidarSettings {
        sweep_s: 0.1,
        ..exact()
    };
    let twist = Twist::new(1.0, 1.5);
    let mut cloud = PointCloud::default();
    RingLidar::new(settings.clone(), 2).unwrap().sweep(
        &room(),
        |elapsed_s| Pose2::exp(twist, elapsed_s),
        &mut cloud,
    );
    assert!(
        cloud
            .points
            .windows(2)
            .all(|pair| pair[0].time_s <= pair[1].time_s)
    );
    assert!(cloud.points.last().unwrap().time_s > 0.099);
    for point in &cloud.points {
        let base = Pose2::exp(twist, f64::from(point.time_s)).lifted(0.0);
        let own = nalgebra::Point3::from(point.position.map(f64::from));
        let at = base * settings.mounting.pose() * own;
        let to_wall = (4.0 - at.x.abs()).abs().min((3.0 - at.y.abs()).abs());
        assert!(at.z.abs() < 1e-4 || to_wall < 1e-4, "{at}");
    }
}

/// A pedestrian that walks along y, 2 m ahead.
struct Passer<'a> {
    world: &'a World,
    mover: [Mover; 1],
}

impl Surroundings for Passer<'_> {
    fn at(&mut self, elapsed_s: f64) -> Scene<'_> {
        self.mover[0].world_from_mover = Pose2::new(2.0, 10.0 * (elapsed_s - 0.05), 0.0);
        Scene {
            world: self.world,
            movers: &self.mover,
        }
    }
}

#[test]
fn movers_are_seen_where_they_are_when_the_beam_passes() {
    let settings = RingLidarSettings {
        sweep_s: 0.1,
        ..exact()
    };
    let world = World::new(Vec::new()).unwrap();
    let passer = Passer {
        world: &world,
        mover: [Mover::upright(0.3, 1.8, Pose2::IDENTITY).unwrap()],
    };
    let mut cloud = PointCloud::default();
    RingLidar::new(settings, 2)
        .unwrap()
        .sweep(passer, |_| Pose2::IDENTITY, &mut cloud);
    let mut seen = 0;
    for point in cloud
        .points
        .iter()
        .filter(|point| point.position[2] > -0.59)
    {
        let [x, y, _] = point.position.map(f64::from);
        let middle = Point2::new(2.0, 10.0 * (f64::from(point.time_s) - 0.05));
        assert!(((Point2::new(x, y) - middle).norm() - 0.3).abs() < 1e-4);
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_hole_is_seen_down_to_its_far_wall() {
    let hole = FloorPatch::ramp(Pose2::new(3.0, 0.0, 0.0), 2.0, 40.0, [-2.0, -2.0]);
    let world = World::with_floor(Vec::new(), vec![hole]).unwrap();
    let settings = RingLidarSettings {
        rings: 1,
        azimuths: 2,
        azimuth_min_rad: 0.0,
        elevation_min_rad: -0.25_f64.atan(),
        elevation_max_rad: -0.25_f64.atan(),
        ..exact()
    };
    // a beam that descends 0.25 m per metre from 0.6 m passes the edge at 2 m and hits the wall at
    // 4 m
    let cloud = sweep(settings, &world, Pose2::IDENTITY, 1);
    let [x, _, z] = cloud.points[0].position;
    assert!(
        (x - 4.0).abs() < 1e-5 && (z + 1.0).abs() < 1e-5,
        "{cloud:?}"
    );
}

#[test]
fn noise_and_losses_are_as_set_and_follow_the_seed() {
    let world = room();
    let pose = Pose2::new(0.3, 0.2, 0.1);
    let truth = sweep(exact(), &world, pose, 1);
    let settings = RingLidarSettings {
        noise_m: 0.02,
        dropout_share: 0.1,
        ..exact()
    };
    let noisy = sweep(settings.clone(), &world, pose, 5);
    assert_eq!(noisy, sweep(settings.clone(), &world, pose, 5));
    assert_ne!(noisy, sweep(settings, &world, pose, 6));
    let (all, kept) = (truth.points.len() as f64, noisy.points.len() as f64);
    let deviation = (0.1 * 0.9 / all).sqrt();
    assert!((1.0 - kept / all - 0.1).abs() < 5.0 * deviation);
    let range = |point: &CloudPoint| Vector3::from(point.position.map(f64::from)).norm();
    let direction = |point: &CloudPoint, ring: u16| {
        (
            ring,
            (f64::from(point.position[1]).atan2(f64::from(point.position[0])) * 1e4).round() as i64,
        )
    };
    let true_ranges: std::collections::BTreeMap<_, _> = truth
        .points
        .iter()
        .zip(&truth.rings)
        .map(|(point, ring)| (direction(point, *ring), range(point)))
        .collect();
    let errors: Vec<f64> = noisy
        .points
        .iter()
        .zip(&noisy.rings)
        .filter_map(|(point, ring)| {
            let expected = true_ranges.get(&direction(point, *ring))?;
            Some(range(point) - expected)
        })
        .collect();
    let count = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / count;
    let sigma = (errors.iter().map(|e| e * e).sum::<f64>() / count).sqrt();
    assert!(
        count > 10_000.0 && mean.abs() < 1e-3 && (sigma - 0.02).abs() < 1e-3,
        "{mean} {sigma}"
    );
}

#[test]
fn invalid_settings_are_rejected() {
    let settings = RingLidarSettings {
        sweep_s: 0.2,
        ..RingLidarSettings::default()
    };
    assert_eq!(
        RingLidar::new(settings, 1).unwrap_err().to_string(),
        "ring_lidar.sweep_s is 0.2: expected at most period_s"
    );
}
