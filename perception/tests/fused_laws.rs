//! Laws of the fused grid, on random scenes and points.
#![allow(clippy::unwrap_used)]

mod scene;

use perception::{
    Cell, CloudPoint, GridFrame, LaserScan, Mapper, MapperSettings, Point2, Point3, PointCloud,
    Pose2, Pose3, SensorEvent, Snapshot, Stamp, Stamped, Twist, VolumeBuilder, VolumeSettings,
};
use proptest::prelude::*;
use scene::{
    CAMERA, Rings, Solid, camera_mount, cloud, depth, floor, image, lidar_mount, odometry,
};

/// Binary fractions, so that moving by whole cells is exact.
const RESOLUTION_M: f64 = 0.0625;

fn settings() -> MapperSettings {
    MapperSettings {
        resolution_m: RESOLUTION_M,
        size_m: 10.0,
        field_size_m: 5.0,
        volume: VolumeSettings {
            enabled: true,
            trace_cells: 1,
            ..VolumeSettings::default()
        },
        ..MapperSettings::default()
    }
}

const FEW: Rings = Rings {
    count: 8,
    low: -0.4,
    high: 0.3,
    columns: 180,
};

/// Boxes about the robot, none of them on it.
fn boxes() -> impl Strategy<Value = Vec<Solid>> {
    let one = (
        0.9_f64..3.0,
        0.0_f64..std::f64::consts::TAU,
        0.1_f64..0.5,
        0.0_f64..0.8,
        0.03_f64..1.5,
    );
    prop::collection::vec(one, 0..6).prop_map(|boxes| {
        let mut scene = vec![floor()];
        scene.extend(boxes.into_iter().map(|(far, turn, half, low, tall)| {
            let (x, y) = ((far + half) * turn.cos(), (far + half) * turn.sin());
            Solid::cuboid([x - half, y - half, low], [x + half, y + half, low + tall])
        }));
        scene
    })
}

/// What all sensors of one robot say at a time.
fn events(t_s: f64, scene: &[Solid], base: Pose2) -> Vec<Stamped<SensorEvent>> {
    let world = base.lifted(0.0);
    let mounts = [lidar_mount(0.5), Pose3::translation(0.2, 0.1, 0.9)];
    let mut events: Vec<_> = mounts
        .into_iter()
        .map(|mount| cloud(t_s, mount, FEW.sweep(scene, 0.0, |_| world * mount)))
        .collect();
    for mount in [camera_mount(0.2, 0.4, 0.3), camera_mount(0.2, 1.0, 0.7)] {
        let taken = image(scene, &CAMERA, &(world * mount), 4.0, |_| false);
        events.push(depth(t_s, mount, taken));
    }
    events.push(Stamped {
        stamp: Stamp::from_secs(t_s),
        value: SensorEvent::Scan {
            base_from_lidar: Pose2::IDENTITY,
            scan: LaserScan {
                angle_min: -2.0,
                angle_increment: 0.02,
                time_increment: 0.0,
                range_min: 0.1,
                range_max: 10.0,
                ranges: (0..200)
                    .map(|beam| 2.0 + 0.01 * f32::from(beam as u16))
                    .collect(),
            },
        },
    });
    events
}

fn fused(bases: &[Pose2], scene: &[Solid], order: &[usize]) -> Snapshot {
    let mut mapper = Mapper::new(settings()).unwrap();
    let mut snapshot = Snapshot::default();
    for (tick, base) in bases.iter().enumerate() {
        let t_s = 0.1 * tick as f64;
        mapper.observe(&odometry(t_s, *base, Twist::ZERO)).unwrap();
        let events = events(t_s, scene, *base);
        for index in order {
            mapper.observe(&events[*index]).unwrap();
        }
    }
    mapper.refresh(&mut snapshot);
    snapshot
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Sensors of one stamp may come in any order.
    #[test]
    fn the_order_of_sensors_does_not_matter(
        scene in boxes(),
        order in Just(vec![0, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let bases = [Pose2::IDENTITY, Pose2::new(0.1, 0.02, 0.05), Pose2::new(0.2, 0.05, 0.1)];
        let one = fused(&bases, &scene, &[0, 1, 2, 3, 4]);
        let other = fused(&bases, &scene, &order);
        prop_assert_eq!(one, other);
    }

    /// Robot and world moved together by whole cells, and turned by right angles: the map moves
    /// and turns with them, but for cells that rounding decides, and for those that are unknown
    /// because blocks of ends, which lie along the axes, chose another line to follow.
    #[test]
    fn robot_and_world_moved_together_change_only_the_frame(
        scene in boxes(),
        (columns, rows, turns) in (-200_i32..200, -200_i32..200, 0_i32..4),
    ) {
        let moved = Pose2::new(
            f64::from(columns) * RESOLUTION_M,
            f64::from(rows) * RESOLUTION_M,
            f64::from(turns) * std::f64::consts::FRAC_PI_2,
        );
        // off the cells' borders
        let bases = [Pose2::new(0.013, 0.027, 0.3), Pose2::new(0.031, 0.022, 0.35)];
        let moved_bases = bases.map(|base| moved * base);
        let moved_scene: Vec<_> = scene.iter().map(|solid| solid.moved(&moved.lifted(0.0))).collect();
        let order = [0, 1, 2, 3];
        let one = fused(&bases, &scene, &order);
        let other = fused(&moved_bases, &moved_scene, &order);
        let frame = *one.grid.frame();
        let (mut known, mut same, mut opposite) = (0, 0, 0);
        for row in 0..frame.height {
            for column in 0..frame.width {
                let centre = frame.centre_of(column, row);
                let (cell, moved) = (one.grid.cell(column, row), other.grid.at(moved * centre));
                if cell != Cell::Unknown && centre.coords.norm() < 4.0 {
                    known += 1;
                    same += i32::from(moved == cell);
                    opposite += i32::from(moved != cell && moved != Cell::Unknown);
                }
            }
        }
        prop_assert!(known > 500);
        prop_assert!(f64::from(same) > 0.97 * f64::from(known), "{same} of {known}");
        prop_assert!(f64::from(opposite) < 0.005 * f64::from(known), "{opposite} of {known}");
    }
}

/// True when the segment comes into the box, grown by a hundredth of a layer.
fn passes(from: &Point3, to: &Point3, low: [f64; 3], high: [f64; 3]) -> bool {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for axis in 0..3 {
        let along = to[axis] - from[axis];
        let (one, other) = (
            (low[axis] - 4e-4 - from[axis]) / along,
            (high[axis] + 4e-4 - from[axis]) / along,
        );
        enter = enter.max(one.min(other));
        leave = leave.min(one.max(other));
    }
    enter <= leave
}

proptest! {
    /// No voxel is free unless a ray passed it, and none is that a ray ended in.
    #[test]
    fn only_passing_rays_free_cells(
        ends in prop::collection::vec((-1.9_f64..1.9, -1.9_f64..1.9, -0.5_f64..1.9), 1..12),
        (x, y, z) in (-1.0_f64..1.0, -1.0_f64..1.0, 0.1_f64..1.5),
    ) {
        let frame = GridFrame {
            origin: Point2::new(-2.0, -2.0),
            resolution_m: 0.05,
            width: 80,
            height: 80,
        };
        let settings = VolumeSettings::default();
        let mut builder = VolumeBuilder::new(settings, frame).unwrap();
        let from = Point3::new(x, y, z);
        let points: Vec<_> = ends
            .iter()
            .map(|&(x, y, z)| CloudPoint {
                position: [(x - from.x) as f32, (y - from.y) as f32, (z - from.z) as f32],
                time_s: 0.0,
            })
            .collect();
        let far = |point: &CloudPoint| point.position.iter().map(|p| p * p).sum::<f32>() > 0.01;
        let ends: Vec<_> = points
            .iter()
            .filter(|point| far(point))
            .map(|point| from + nalgebra::Vector3::from(point.position.map(f64::from)))
            .collect();
        let swept = PointCloud { points, rings: Vec::new() };
        for _ in 0..4 {
            builder.add_cloud(&Pose3::translation(x, y, z), &swept).unwrap();
        }
        let volume = builder.volume();
        let mut free = 0;
        for index in 0..frame.len() {
            let (column, row) = (index % frame.width, index / frame.width);
            for layer in 0..64 {
                if volume.voxel(column, row, layer) != Cell::Free {
                    continue;
                }
                free += 1;
                let low = [
                    frame.origin.x + 0.05 * column as f64,
                    frame.origin.y + 0.05 * row as f64,
                    -0.58 + 0.04 * layer as f64,
                ];
                let high = [low[0] + 0.05, low[1] + 0.05, low[2] + 0.04];
                prop_assert!(ends.iter().any(|to| passes(&from, to, low, high)), "{low:?}");
                let ended = ends.iter().any(|to| {
                    (0..3).all(|axis| low[axis] + 1e-4 < to[axis] && to[axis] < high[axis] - 1e-4)
                });
                prop_assert!(!ended, "{low:?}");
            }
        }
        prop_assert!(ends.is_empty() || free > 0 || ends.len() < 3);
    }
}
