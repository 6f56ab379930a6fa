//! What the rolling map promises.
#![allow(clippy::unwrap_used)]

use perception::{
    Cell, LaserScan, Mapper, MapperSettings, Odometry, Point2, Pose2, SensorError, SensorEvent,
    Snapshot, Stamp, Stamped, Twist,
};

fn odometry(t_s: f64, pose: Pose2, velocity: Twist) -> Stamped<SensorEvent> {
    Stamped {
        stamp: Stamp::from_secs(t_s),
        value: SensorEvent::Odometry(Odometry::level(pose, velocity)),
    }
}

/// What a sensor at `pose(t)` sees of a round room of 3 m about the origin of the odometry frame.
fn scan(t_s: f64, time_increment: f64, pose: impl Fn(f64) -> Pose2) -> Stamped<SensorEvent> {
    let (angle_min, angle_increment) = (-3.0, 0.01);
    let ranges = (0..600)
        .map(|index| {
            let at = pose(t_s + time_increment * f64::from(index));
            let angle = at.yaw + angle_min + angle_increment * f64::from(index);
            let (sin, cos) = angle.sin_cos();
            let along = at.x * cos + at.y * sin;
            let ahead = (along * along + 9.0 - at.position().coords.norm_squared()).sqrt();
            // no scanner gives the same number all round
            (ahead - along) as f32 + 1e-4 * (index % 7) as f32
        })
        .collect();
    Stamped {
        stamp: Stamp::from_secs(t_s),
        value: SensorEvent::Scan {
            base_from_lidar: Pose2::IDENTITY,
            scan: LaserScan {
                angle_min,
                angle_increment,
                time_increment,
                range_min: 0.1,
                range_max: 20.0,
                ranges,
            },
        },
    }
}

fn occupied(snapshot: &Snapshot) -> Vec<Point2> {
    let frame = snapshot.grid.frame();
    (0..frame.len())
        .map(|index| (index % frame.width, index / frame.width))
        .filter(|&(column, row)| snapshot.grid.cell(column, row) == Cell::Occupied)
        .map(|(column, row)| frame.centre_of(column, row))
        .collect()
}

fn mapped(
    settings: MapperSettings,
    time_increment: f64,
    pose: impl Fn(f64) -> Pose2 + Copy,
    velocity: Twist,
) -> Snapshot {
    let mut mapper = Mapper::new(settings).unwrap();
    for tick in 0..=40 {
        let t_s = f64::from(tick) * 0.05;
        mapper.observe(&odometry(t_s, pose(t_s), velocity)).unwrap();
    }
    mapper.observe(&scan(1.0, time_increment, pose)).unwrap();
    let mut snapshot = Snapshot::default();
    mapper.refresh(&mut snapshot);
    snapshot
}

#[test]
fn a_scan_marks_endpoints_and_clears_traversed_cells() {
    let snapshot = mapped(
        MapperSettings::default(),
        0.0,
        |_| Pose2::IDENTITY,
        Twist::ZERO,
    );
    let cells = occupied(&snapshot);
    assert!(cells.len() > 300);
    for cell in cells {
        assert!((cell.coords.norm() - 3.0).abs() < 0.05, "{cell}");
    }
    assert_eq!(snapshot.grid.at(Point2::new(1.0, 1.0)), Cell::Free);
    assert_eq!(snapshot.grid.at(Point2::new(4.0, 1.0)), Cell::Unknown);
    // behind the sensor no beam looks, but the robot stands there
    assert_eq!(snapshot.grid.at(Point2::new(-0.2, 0.0)), Cell::Free);
    let sample = snapshot.field.sample(Point2::new(2.0, 0.0));
    assert!((sample.distance_m - 1.0).abs() < 0.05);
    assert!((sample.gradient.x + 1.0).abs() < 0.1);
}

#[test]
fn a_sweep_taken_while_moving_maps_the_same_room() {
    let velocity = Twist::new(1.0, 2.0);
    let pose = |t_s: f64| Pose2::new(-0.5, -0.5, 0.3) * Pose2::exp(velocity, t_s);
    let snapshot = mapped(MapperSettings::default(), 0.001, pose, velocity);
    let cells = occupied(&snapshot);
    assert!(cells.len() > 300);
    for cell in cells {
        assert!((cell.coords.norm() - 3.0).abs() < 0.06, "{cell}");
    }
}

#[test]
fn a_rolled_window_equals_a_fixed_one() {
    let far = |t_s: f64| Pose2::new(0.8 * t_s, 0.3 * t_s, 0.0);
    let velocity = Twist::ZERO;
    let large = MapperSettings {
        size_m: 40.0,
        ..MapperSettings::default()
    };
    let one = occupied(&mapped(MapperSettings::default(), 0.0, far, velocity));
    let two = occupied(&mapped(large, 0.0, far, velocity));
    assert_eq!(one.len(), two.len());
    for (one, two) in one.iter().zip(&two) {
        assert!((one - two).norm() < 1e-9);
    }
}

#[test]
fn evidence_halves_in_its_half_life() {
    let settings = MapperSettings {
        half_life_s: 1.0,
        ..MapperSettings::default()
    };
    let mut mapper = Mapper::new(settings).unwrap();
    let still = |_| Pose2::IDENTITY;
    let mut snapshot = Snapshot::default();
    let mut log_odds = Vec::new();
    // a quarter of the beams is lost in the second scan
    let lost = 300..450;
    for t_s in [0.0, 1.0] {
        mapper
            .observe(&odometry(t_s, Pose2::IDENTITY, Twist::ZERO))
            .unwrap();
        let mut event = scan(t_s, 0.0, still);
        let SensorEvent::Scan { scan, .. } = &mut event.value else {
            unreachable!();
        };
        let angle = scan.angle(lost.start + lost.len() / 2);
        if t_s > 0.0 {
            scan.ranges[lost.clone()].fill(f32::NAN);
        }
        mapper.observe(&event).unwrap();
        mapper.refresh(&mut snapshot);
        let (sin, cos) = angle.sin_cos();
        let frame = snapshot.grid.frame();
        let about = (-2..=2).filter_map(|off| {
            let range = 3.0 + 0.02 * f64::from(off);
            let (column, row) = frame.cell_of(Point2::new(range * cos, range * sin))?;
            Some(snapshot.grid.log_odds()[frame.index(column, row)])
        });
        log_odds.push(about.fold(0.0, f32::max));
    }
    assert!((log_odds[1] / log_odds[0] - 0.5).abs() < 1e-6);
}

#[test]
fn messages_without_a_matching_pose_are_rejected_by_name() {
    let mut mapper = Mapper::new(MapperSettings::default()).unwrap();
    let still = |_| Pose2::IDENTITY;
    let refused = |result: Result<(), SensorError>| result.unwrap_err().to_string();
    assert_eq!(
        refused(mapper.observe(&scan(0.5, 0.0, still))),
        "measurement at 0.5 s came before any odometry"
    );
    mapper
        .observe(&odometry(1.0, Pose2::IDENTITY, Twist::ZERO))
        .unwrap();
    assert_eq!(
        refused(mapper.observe(&scan(0.5, 0.0, still))),
        "measurement at 0.5 s is older than the oldest odometry kept"
    );
    assert_eq!(
        refused(mapper.observe(&scan(1.5, 0.0, still))),
        "measurement at 1.5 s is too far ahead of the last odometry at 1 s"
    );
    assert_eq!(
        refused(mapper.observe(&odometry(1.0, Pose2::IDENTITY, Twist::ZERO))),
        "odometry at 1 s is not later than the last at 1 s"
    );
    let nowhere = Pose2::new(f64::NAN, 0.0, 0.0);
    assert_eq!(
        refused(mapper.observe(&odometry(2.0, nowhere, Twist::ZERO))),
        "odometry pose is not finite"
    );
    let far = Pose2::new(1e300, 0.0, 0.0);
    let far = refused(mapper.observe(&odometry(2.0, far, Twist::ZERO)));
    assert!(far.ends_with("expected at most 10000000 m"), "{far}");
    let mut event = scan(1.0, 0.0, still);
    if let SensorEvent::Scan { scan, .. } = &mut event.value {
        scan.range_max = -1.0;
    }
    assert_eq!(
        refused(mapper.observe(&event)),
        "scan.range_max is -1: expected a finite distance above range_min"
    );
}

#[test]
fn settings_that_make_no_map_are_refused_by_name() {
    let settings = MapperSettings {
        field_size_m: 50.0,
        ..MapperSettings::default()
    };
    assert_eq!(
        Mapper::new(settings).unwrap_err().to_string(),
        "mapper.field_size_m is 50: expected two cells or more, and at most size_m"
    );
}
