//! What the fused grid holds of scenes whose truth is known.
#![allow(clippy::unwrap_used)]

mod scene;

use perception::{
    Cell, ColumnClass, Mapper, MapperSettings, Point2, Pose2, SensorError, SensorEvent, Snapshot,
    Stamp, Stamped, Twist,
};
use scene::drive::{Drive, HIGH, LIDAR_HEIGHT_M, LOW, settings, share};
use scene::{
    CAMERA, SIXTEEN, Solid, camera_mount, cloud, depth, floor, image, lidar_mount, odometry, pit,
    table,
};

#[test]
fn a_table_is_an_obstacle_with_all_that_is_under_it() {
    let mut scene = table(1.4, 0.0);
    scene.push(floor());
    let mut drive = Drive::new(settings(), Some(SIXTEEN), Some(HIGH));
    drive.stand(&scene);
    assert_eq!(drive.class(1.03, 0.37), ColumnClass::Obstacle, "a leg");
    let under = drive.classes([1.02, -0.38], [1.78, 0.38]);
    assert!(share(&under, ColumnClass::Obstacle) > 0.9, "{under:?}");
    assert_eq!(drive.cell(0.7, 0.0), Cell::Free);
    assert_eq!(drive.cell(1.4, 0.8), Cell::Free);
}

#[test]
fn a_low_box_is_an_obstacle_and_a_sill_is_not() {
    let scene = [
        floor(),
        Solid::cuboid([1.2, 0.1, 0.0], [1.5, 0.4, 0.12]),
        Solid::cuboid([1.2, -0.6, 0.0], [1.5, -0.2, 0.03]),
    ];
    let mut drive = Drive::new(settings(), None, Some(LOW));
    drive.stand(&scene);
    let on_box = drive.classes([1.2, 0.1], [1.5, 0.4]);
    assert!(share(&on_box, ColumnClass::Obstacle) > 0.9, "{on_box:?}");
    let on_sill = drive.classes([1.2, -0.6], [1.5, -0.2]);
    assert_eq!(share(&on_sill, ColumnClass::Obstacle), 0.0, "{on_sill:?}");
    assert!(share(&on_sill, ColumnClass::Free) > 0.95, "{on_sill:?}");
}

#[test]
fn overhangs_are_free_above_the_robot_and_occupied_below_its_height() {
    for (height_m, expected) in [(0.9, ColumnClass::Free), (0.7, ColumnClass::Obstacle)] {
        let plate = Solid::cuboid([1.51, -1.0, height_m], [1.9, 1.0, height_m + 0.05]);
        let mut drive = Drive::new(settings(), Some(SIXTEEN), Some(LOW));
        drive.stand(&[floor(), plate]);
        let front = drive.classes([1.5, -0.3], [1.55, 0.3]);
        assert_eq!(share(&front, expected), 1.0, "{height_m}: {front:?}");
    }
}

#[test]
fn a_pit_is_a_drop_and_the_floor_about_it_is_free() {
    for depth_m in [0.2, 0.45] {
        let mut drive = Drive::new(settings(), Some(SIXTEEN), Some(LOW));
        drive.stand(&pit(depth_m));
        let in_pit = drive.classes([1.6, -0.3], [2.2, 0.3]);
        assert!(
            share(&in_pit, ColumnClass::Drop) > 0.6,
            "{depth_m}: {in_pit:?}"
        );
        // the camera stands still: its rows leave out a cell here and there near the rim
        assert!(
            share(&in_pit, ColumnClass::Free) < 0.05,
            "{depth_m}: {in_pit:?}"
        );
        for (low, high) in [([0.8, -0.4], [1.45, 0.4]), ([1.6, 0.5], [2.2, 0.9])] {
            let about = drive.classes(low, high);
            assert!(
                share(&about, ColumnClass::Free) > 0.95,
                "{depth_m}: {about:?}"
            );
        }
        assert_eq!(drive.cell(1.9, 0.0), Cell::Occupied);
    }
}

#[test]
fn floor_that_cameras_look_for_in_vain_is_a_drop_once_they_did_for_long() {
    let gap = |point: &perception::Point3| {
        (1.2..1.7).contains(&point.x) && (-0.3..0.3).contains(&point.y)
    };
    let mut mapper = Mapper::new(settings()).unwrap();
    let mut snapshot = Snapshot::default();
    let mount = camera_mount(0.2, LOW.0, LOW.1);
    let taken = image(&[floor()], &CAMERA, &mount, 6.0, gap);
    let centre = Point2::new(1.45, 0.0);
    for tick in 0..10 {
        let t_s = 0.1 * f64::from(tick);
        mapper
            .observe(&odometry(t_s, Pose2::IDENTITY, Twist::ZERO))
            .unwrap();
        mapper.observe(&depth(t_s, mount, taken.clone())).unwrap();
        mapper.refresh(&mut snapshot);
        let is_drop = snapshot.grid.at(centre) == Cell::Occupied;
        assert_eq!(is_drop, tick >= 7, "image {tick}");
    }
    let (column, row) = snapshot.grid.frame().cell_of(centre).unwrap();
    assert_eq!(
        mapper.volume().unwrap().class(column, row),
        ColumnClass::Drop
    );
}

#[test]
fn floor_behind_an_obstacle_without_depth_is_not_missing() {
    let mount = camera_mount(0.2, HIGH.0, HIGH.1);
    for (x, y) in [(1.2, -0.3), (1.5, 0.2), (1.1, 0.5)] {
        let scene = [
            floor(),
            Solid::cuboid([x, y - 0.3, 0.0], [x + 0.3, y + 0.3, 0.45]),
        ];
        let blind = |point: &perception::Point3| (point.x - x).abs() < 1e-6;
        let taken = image(&scene, &CAMERA, &mount, 6.0, blind);
        let lidar = lidar_mount(LIDAR_HEIGHT_M);
        let swept = SIXTEEN.sweep(&scene, 0.0, |_| lidar);
        let mut mapper = Mapper::new(settings()).unwrap();
        for tick in 0..12 {
            let t_s = 0.1 * f64::from(tick);
            for event in [
                odometry(t_s, Pose2::IDENTITY, Twist::ZERO),
                cloud(t_s, lidar, swept.clone()),
                depth(t_s, mount, taken.clone()),
            ] {
                mapper.observe(&event).unwrap();
            }
            mapper.refresh(&mut Snapshot::default());
        }
        let classes = mapper.volume().unwrap().classes();
        assert_eq!(share(classes, ColumnClass::Drop), 0.0, "box at {x}, {y}");
    }
}

#[test]
fn a_ramp_is_floor_up_and_down() {
    for slope in [0.1, -0.1, 0.12] {
        let scene = if slope > 0.0 {
            vec![
                floor(),
                Solid::cuboid([1.5, -2.0, -1.0], [6.0, 2.0, 2.0]).below_slope(1.5, slope),
            ]
        } else {
            vec![
                Solid::cuboid([-10.0, -10.0, -1.0], [1.5, 10.0, 0.0]),
                Solid::cuboid([1.5, -10.0, -3.0], [10.0, 10.0, 2.0]).below_slope(1.5, slope),
            ]
        };
        let mut drive = Drive::new(settings(), Some(SIXTEEN), Some(LOW));
        drive.stand(&scene);
        let on_ramp = drive.classes([1.4, -0.5], [2.5, 0.5]);
        assert!(
            share(&on_ramp, ColumnClass::Free) > 0.95,
            "{slope}: {on_ramp:?}"
        );
        assert_eq!(share(&on_ramp, ColumnClass::Obstacle), 0.0, "{slope}");
    }
}

#[test]
fn a_sweep_taken_while_turning_maps_the_same_room() {
    let wall = Solid::cuboid([2.525, -6.0, 0.0], [2.6, 6.0, 2.0]);
    let mount = lidar_mount(LIDAR_HEIGHT_M);
    let velocity = Twist::new(0.8, 1.5);
    let pose = |t_s: f64| Pose2::exp(velocity, t_s);
    let mut mapper = Mapper::new(settings()).unwrap();
    for tick in 0..10 {
        let t_s = 0.05 * f64::from(tick);
        mapper.observe(&odometry(t_s, pose(t_s), velocity)).unwrap();
    }
    let swept = SIXTEEN.sweep(&[floor(), wall], 0.1, |t_s| {
        pose(0.2 + t_s).lifted(0.0) * mount
    });
    mapper.observe(&cloud(0.2, mount, swept)).unwrap();
    let mut snapshot = Snapshot::default();
    mapper.refresh(&mut snapshot);
    let frame = *snapshot.grid.frame();
    let mut found = 0;
    for index in 0..frame.len() {
        let (column, row) = (index % frame.width, index / frame.width);
        if snapshot.grid.cell(column, row) == Cell::Occupied {
            let centre = frame.centre_of(column, row);
            // the cell that holds the wall's face, or the one before or after
            assert!((centre.x - 2.525).abs() < 0.08, "{centre}");
            found += 1;
        }
    }
    assert!(found > 50, "{found}");
}

#[test]
fn points_of_the_robot_itself_neither_mark_nor_clear() {
    let mut mapper = Mapper::new(settings()).unwrap();
    let mut snapshot = Snapshot::default();
    let base = Pose2::new(1.03, -0.52, 0.7);
    mapper.observe(&odometry(0.0, base, Twist::ZERO)).unwrap();
    // a mast beside the sensor, 0.3 m from the base's origin
    let mast = Solid::cuboid([0.28, -0.05, 0.2], [0.3, 0.05, 0.7]).moved(&base.lifted(0.0));
    let mount = lidar_mount(LIDAR_HEIGHT_M);
    let swept = SIXTEEN.sweep(&[mast], 0.0, |_| base.lifted(0.0) * mount);
    assert!(swept.points.len() > 500);
    mapper.observe(&cloud(0.0, mount, swept)).unwrap();
    mapper.refresh(&mut snapshot);
    let volume = mapper.volume().unwrap();
    assert!(
        volume
            .classes()
            .iter()
            .all(|class| *class == ColumnClass::Unknown)
    );
}

#[test]
fn late_data_is_used_and_counted_and_older_data_rejected() {
    let scene = [floor(), Solid::cuboid([2.0, -1.0, 0.0], [2.1, 1.0, 1.0])];
    let mount = lidar_mount(LIDAR_HEIGHT_M);
    let swept = |_: f64| SIXTEEN.sweep(&scene, 0.0, |_| mount);
    let mut mapper = Mapper::new(settings()).unwrap();
    for tick in 20..30 {
        let t_s = 0.05 * f64::from(tick);
        mapper
            .observe(&odometry(t_s, Pose2::IDENTITY, Twist::ZERO))
            .unwrap();
    }
    let camera = camera_mount(0.2, LOW.0, LOW.1);
    let taken = image(&scene, &CAMERA, &camera, 6.0, |_| false);
    mapper.observe(&depth(1.4, camera, taken.clone())).unwrap();
    mapper.observe(&cloud(1.2, mount, swept(1.2))).unwrap();
    let refused = mapper.observe(&cloud(0.5, mount, swept(0.5)));
    assert_eq!(refused, Err(SensorError::TooOld { stamp_s: 0.5 }));
    let mut bad = taken;
    bad.width = 5;
    assert!(mapper.observe(&depth(1.4, camera, bad)).is_err());
    let counts = mapper.counts();
    assert_eq!(
        [counts.cloud.used, counts.cloud.late, counts.cloud.refused],
        [1, 1, 1]
    );
    assert_eq!(
        [counts.depth.used, counts.depth.late, counts.depth.refused],
        [1, 0, 1]
    );
    assert_eq!(counts.odometry.used, 10);
    let mut snapshot = Snapshot::default();
    mapper.refresh(&mut snapshot);
    assert_eq!(snapshot.scan_stamp, Some(Stamp::from_secs(1.4)));
    assert_eq!(snapshot.grid.at(Point2::new(2.02, 0.9)), Cell::Occupied);
}

#[test]
fn without_a_volume_clouds_and_images_are_refused() {
    let mut mapper = Mapper::new(MapperSettings::default()).unwrap();
    mapper
        .observe(&odometry(0.0, Pose2::IDENTITY, Twist::ZERO))
        .unwrap();
    let event: Stamped<SensorEvent> =
        cloud(0.0, lidar_mount(0.5), perception::PointCloud::default());
    let refused = mapper.observe(&event).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a point cloud came, but the settings of the mapper leave it out"
    );
}
