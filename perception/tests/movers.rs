//! What comes and goes, and what stands, in the fused grid.
#![allow(clippy::unwrap_used)]

mod scene;

use perception::{Cell, ColumnClass, MapperSettings, MotionSettings, Point2, Pose2, Twist};
use scene::drive::{Drive, HIGH, LOW, settings, share};
use scene::{SIXTEEN, Solid, floor, person, table};

#[test]
fn departed_pedestrians_are_cleared_within_half_a_second_of_sight() {
    let without = [floor(), Solid::cuboid([5.0, -6.0, 0.0], [5.1, 6.0, 2.0])];
    let mut with = without.to_vec();
    with.push(person(3.0, 0.3));
    // standing, and driving so that the rings pass at other heights than before
    for speed in [0.0, 0.6] {
        for camera in [None, Some(LOW)] {
            let mut drive = Drive::new(settings(), Some(SIXTEEN), camera);
            let velocity = Twist::new(speed, 0.0);
            let pose = |t_s: f64| Pose2::new(speed * t_s, 0.0, 0.0);
            drive.go(&without, 15, velocity, pose, |_, _, _| {});
            drive.go(&with, 30, velocity, pose, |_, _, _| {});
            let body = drive.classes([2.8, 0.1], [3.2, 0.5]);
            assert!(body.contains(&ColumnClass::Obstacle));
            drive.go(&without, 15, velocity, pose, |_, _, _| {});
            let body = drive.classes([2.8, 0.1], [3.2, 0.5]);
            let left = share(&body, ColumnClass::Obstacle);
            assert_eq!(left, 0.0, "speed {speed}, camera {camera:?}");
            assert_eq!(drive.cell(5.03, 1.0), Cell::Occupied);
        }
    }
}

#[test]
fn passing_pedestrians_leave_no_cells_in_a_planar_map() {
    let room = [
        floor(),
        Solid::cuboid([6.5, -5.5, 0.0], [6.6, 5.5, 2.0]),
        Solid::cuboid([-5.5, 5.0, 0.0], [6.5, 5.1, 2.0]),
        Solid::cuboid([-5.5, -5.1, 0.0], [6.5, -5.0, 2.0]),
    ];
    // across, and towards the robot from where nothing had been seen before
    for (from, to) in [([3.5, -3.0], [3.5, 3.0]), ([5.7, 0.8], [-2.0, 0.8])] {
        let mut drive = Drive::new(settings(), Some(SIXTEEN), None).with_planar(0.2);
        let pose = |t_s: f64| Pose2::new(0.3 * t_s, 0.0, 0.0);
        let velocity = Twist::new(0.3, 0.0);
        let steps = 150;
        for step in 0..steps {
            let along = f64::from(step) / f64::from(steps);
            let [x, y] = [0, 1].map(|axis: usize| from[axis] + along * (to[axis] - from[axis]));
            let mut scene = room.to_vec();
            scene.push(person(x, y));
            drive.go(&scene, 1, velocity, pose, |_, _, _| {});
        }
        drive.go(&room, 15, velocity, pose, |_, _, _| {});
        let low = [from[0].min(to[0]).max(1.8) - 0.4, from[1].min(to[1]) - 0.4];
        let high = [from[0].max(to[0]) + 0.4, from[1].max(to[1]) + 0.4];
        let left = drive.classes(low, [high[0].min(5.3), high[1]]);
        assert_eq!(share(&left, ColumnClass::Obstacle), 0.0, "from {from:?}");
    }
}

#[test]
fn a_table_remains_after_a_pedestrian_passes_it() {
    let mut room = table(1.4, 0.0);
    room.push(floor());
    let stand = |_: f64| Pose2::IDENTITY;
    let with_walker = |walks: bool| {
        let mut drive = Drive::new(settings(), Some(SIXTEEN), Some(HIGH)).with_planar(0.2);
        drive.go(&room, 30, Twist::ZERO, stand, |_, _, _| {});
        for step in 0..90 {
            let mut scene = room.clone();
            if walks {
                // 5 cm from the edge
                scene.push(person(0.75, -2.0 + 0.045 * f64::from(step)));
            }
            drive.go(&scene, 1, Twist::ZERO, stand, |_, _, _| {});
        }
        // the camera, which alone sees the top, looks no more
        drive.camera = None;
        drive.go(&room, 60, Twist::ZERO, stand, |_, _, _| {});
        // the edge next to the pedestrian
        drive.classes([1.02, -0.38], [1.2, 0.38])
    };
    let [alone, walked] = [false, true].map(with_walker);
    assert!(share(&alone, ColumnClass::Obstacle) > 0.9, "{alone:?}");
    let lost = alone.iter().zip(&walked).filter(|(alone, walked)| {
        **alone == ColumnClass::Obstacle && **walked != ColumnClass::Obstacle
    });
    assert_eq!(lost.count(), 0);
}

#[test]
fn static_obstacles_remain_when_out_of_sight() {
    let mut scene = table(1.4, 0.0);
    scene.push(floor());
    let mut drive = Drive::new(settings(), Some(SIXTEEN), Some(HIGH));
    drive.stand(&scene);
    for step in 1..=15 {
        let turning = |_: f64| Pose2::new(0.0, 0.0, 0.2 * f64::from(step));
        drive.go(&scene, 1, Twist::ZERO, turning, |_, _, _| {});
    }
    let turned = |_: f64| Pose2::new(0.0, 0.0, 3.0);
    // rings pass below the top all the time; only the camera saw it
    drive.go(&scene, 150, Twist::ZERO, turned, |_, _, _| {});
    let under = drive.classes([1.02, -0.38], [1.78, 0.38]);
    assert!(share(&under, ColumnClass::Obstacle) > 0.9, "{under:?}");
}

#[test]
fn motion_contains_pedestrians_and_no_static_obstacles() {
    let settings = MapperSettings {
        motion: MotionSettings {
            enabled: true,
            ..MotionSettings::default()
        },
        ..settings()
    };
    let walls = [floor(), Solid::cuboid([4.0, -6.0, 0.0], [4.1, 6.0, 2.0])];
    let mut drive = Drive::new(settings, Some(SIXTEEN), Some(LOW));
    // a wandering robot sees the wall's edge in one cell or another
    let pose = |t_s: f64| Pose2::new(0.3 * (1.0 - (0.7 * t_s).cos()), 0.0, 0.1 * t_s.sin());
    drive.go(&walls, 90, Twist::new(0.1, 0.0), pose, |_, _, _| {});
    for tick in 0..30 {
        let mut scene = walls.to_vec();
        // 0.9 m/s to the left
        scene.push(person(2.2, -0.8 + 0.03 * f64::from(tick)));
        drive.go(&scene, 1, Twist::new(0.1, 0.0), pose, |_, _, _| {});
    }
    let motion = &drive.snapshot.motion;
    let frame = *motion.frame();
    let (mut came, mut went) = (Vec::new(), Vec::new());
    for (index, value) in motion.values().iter().enumerate() {
        let centre = frame.centre_of(index % frame.width, index / frame.width);
        if value.abs() > 0.3 {
            assert!(
                (centre - Point2::new(2.2, -0.2)).norm() < 0.9,
                "{centre}: {value}"
            );
            if *value > 0.0 {
                came.push(centre.y);
            } else {
                went.push(centre.y);
            }
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert!(came.len() > 5 && went.len() > 5, "{came:?} {went:?}");
    assert!(mean(&came) > mean(&went) + 0.1, "{came:?} {went:?}");
}
