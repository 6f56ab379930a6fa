//! Data of range sensors is believed when it says something that can be true.
#![allow(clippy::unwrap_used)]

use std::f64::consts::PI;

use perception::{
    Cell, LaserScan, Mapper, MapperSettings, Odometry, Point2, Pose2, SensorEvent, SensorFault,
    Snapshot, Stamp, Stamped, Twist,
};

const BEAMS: usize = 360;
const PERIOD_S: f64 = 0.05;

/// A robot that drives along a corridor 3 m wide that ends at x = 12 m, and its mapper.
struct Drive {
    mapper: Mapper,
    snapshot: Snapshot,
    tick: u32,
    speed_mps: f64,
}

impl Drive {
    fn new(speed_mps: f64) -> Self {
        Self {
            mapper: Mapper::new(MapperSettings::default()).unwrap(),
            snapshot: Snapshot::default(),
            tick: 0,
            speed_mps,
        }
    }

    fn now(&self) -> Stamp {
        Stamp::from_secs(1.0 + PERIOD_S * f64::from(self.tick))
    }

    fn base(&self) -> Pose2 {
        Pose2::new(self.speed_mps * PERIOD_S * f64::from(self.tick), 0.0, 0.0)
    }

    /// The true scan, with a millimetre of noise that differs from tick to tick.
    fn scan(&self) -> LaserScan {
        let base = self.base();
        let step = 1.5 * PI / (BEAMS - 1) as f64;
        let ranges = (0..BEAMS).map(|beam| {
            let angle = -0.75 * PI + step * beam as f64;
            let (sin, cos) = angle.sin_cos();
            let side = 1.5 / sin.abs().max(1e-9);
            let end = if cos > 0.0 {
                12.0 - base.x
            } else {
                3.0 + base.x
            } / cos.abs().max(1e-9);
            let noise = 1e-3 * f64::from((self.tick * 7919 + beam as u32 * 104_729) % 97) / 97.0;
            (side.min(end) + noise) as f32
        });
        LaserScan {
            angle_min: -0.75 * PI,
            angle_increment: step,
            time_increment: 0.0,
            range_min: 0.1,
            range_max: 20.0,
            ranges: ranges.collect(),
        }
    }

    /// Takes in odometry and a scan, and gives what is wrong with the latter.
    fn step(&mut self, lidar: Pose2, change: impl FnOnce(&mut LaserScan)) -> Option<SensorFault> {
        self.tick += 1;
        let mut scan = self.scan();
        change(&mut scan);
        let velocity = Twist::new(self.speed_mps, 0.0);
        let odometry = SensorEvent::Odometry(Odometry::level(self.base(), velocity));
        let seen = SensorEvent::Scan {
            base_from_lidar: lidar,
            scan,
        };
        for value in [odometry, seen] {
            let stamp = self.now();
            self.mapper.observe(&Stamped { stamp, value }).unwrap();
        }
        self.mapper.refresh(&mut self.snapshot);
        self.snapshot.health.scan.fault
    }

    fn warm(speed_mps: f64) -> Self {
        let mut drive = Self::new(speed_mps);
        for _ in 0..20 {
            assert_eq!(drive.step(Pose2::IDENTITY, |_| ()), None);
        }
        drive
    }
}

#[test]
fn true_scans_of_a_moving_robot_are_believed() {
    let mut drive = Drive::warm(1.0);
    for _ in 0..60 {
        assert_eq!(drive.step(Pose2::IDENTITY, |_| ()), None);
    }
    assert_eq!(drive.snapshot.scan_stamp, Some(drive.now()));
}

#[test]
fn scans_without_information_are_not_believed_and_change_no_map() {
    let fills = [
        f32::NAN,
        f32::NEG_INFINITY,
        0.0,
        -1.0,
        f32::INFINITY,
        5.0,
        0.3,
        2e4,
    ];
    for fill in fills {
        let mut drive = Drive::warm(1.0);
        let (map, seen) = (drive.snapshot.grid.clone(), drive.snapshot.scan_stamp);
        for _ in 0..6 {
            let fault = drive.step(Pose2::IDENTITY, |scan| scan.ranges.fill(fill));
            assert!(fault.is_some(), "{fill}");
        }
        assert_eq!(drive.snapshot.grid, map, "{fill}");
        assert_eq!(drive.snapshot.scan_stamp, seen, "{fill}");
        assert_eq!(
            drive.step(Pose2::IDENTITY, |_| ()),
            None,
            "recovers from {fill}"
        );
    }
}

#[test]
fn a_scanner_that_never_returned_is_not_believed() {
    let mut drive = Drive::new(0.0);
    for _ in 0..5 {
        let fault = drive.step(Pose2::IDENTITY, |scan| scan.ranges.fill(f32::INFINITY));
        assert_eq!(fault, Some(SensorFault::NeverReturned));
    }
    assert_eq!(drive.snapshot.scan_stamp, None);
}

#[test]
fn frozen_content_is_found_when_the_robot_moves_and_not_when_it_rests() {
    for (speed_mps, is_found) in [(0.5, true), (0.0, false)] {
        let mut drive = Drive::warm(speed_mps);
        let frozen = drive.scan().ranges;
        let mut fault = None;
        for _ in 0..10 {
            fault = drive.step(Pose2::IDENTITY, |scan| scan.ranges.clone_from(&frozen));
        }
        assert_eq!(matches!(fault, Some(SensorFault::Frozen { .. })), is_found);
    }
}

#[test]
fn a_blind_sector_is_named_and_the_others_are_mapped() {
    let mut drive = Drive::warm(0.5);
    let mut fault = None;
    for _ in 0..10 {
        fault = drive.step(Pose2::IDENTITY, |scan| {
            for beam in 0..BEAMS {
                if scan.angle(beam).abs() < 0.25 * PI {
                    scan.ranges[beam] = f32::NAN;
                }
            }
        });
    }
    let Some(SensorFault::BlindSector {
        from_deg, to_deg, ..
    }) = fault
    else {
        panic!("{fault:?}");
    };
    assert!((from_deg + 45.0).abs() <= 10.0 && (to_deg - 45.0).abs() <= 10.0);
    assert_eq!(drive.snapshot.scan_stamp, Some(drive.now()));
    let ahead = Point2::new(drive.base().x + 1.0, 0.0);
    assert!(drive.snapshot.sight.age_s(ahead, drive.now()) > 0.3);
    let aside = Point2::new(drive.base().x, 1.0);
    assert!(drive.snapshot.sight.age_s(aside, drive.now()) < 0.1);
}

#[test]
fn scattered_lost_beams_are_no_fault() {
    let mut drive = Drive::warm(0.5);
    for _ in 0..20 {
        let tick = drive.tick as usize;
        let fault = drive.step(Pose2::IDENTITY, |scan| {
            for beam in (0..BEAMS).filter(|beam| (beam + tick).is_multiple_of(3)) {
                scan.ranges[beam] = f32::NAN;
            }
        });
        assert_eq!(fault, None);
    }
}

#[test]
fn a_mounting_that_changes_while_driving_is_not_believed() {
    for lidar in [
        Pose2::new(0.0, 0.0, 0.2),
        Pose2::new(0.3, 0.0, 0.0),
        Pose2::new(0.0, 0.0, PI),
    ] {
        let mut drive = Drive::warm(0.5);
        let fault = drive.step(lidar, |_| ());
        assert!(
            matches!(fault, Some(SensorFault::Mounting { .. })),
            "{fault:?}"
        );
        assert_eq!(drive.step(Pose2::IDENTITY, |_| ()), None);
    }
}

#[test]
fn a_jump_of_the_odometry_is_named_and_the_map_begins_anew() {
    let mut drive = Drive::warm(0.5);
    let behind = Point2::new(drive.base().x - 1.0, 0.0);
    drive.tick += 1;
    let base = drive.base() * Pose2::new(1.0, 0.0, 0.0);
    let velocity = Twist::new(0.5, 0.0);
    let value = SensorEvent::Odometry(Odometry::level(base, velocity));
    let stamp = drive.now();
    drive.mapper.observe(&Stamped { stamp, value }).unwrap();
    drive.mapper.refresh(&mut drive.snapshot);
    let (found, _) = drive.snapshot.health.odometry.unwrap();
    assert_eq!((found, drive.snapshot.scan_stamp), (stamp, None));
    assert!(drive.snapshot.sight.age_s(behind, stamp).is_infinite());
}

#[test]
fn cells_behind_a_surface_or_outside_the_field_of_view_are_not_seen() {
    let drive = Drive::warm(0.0);
    let age_s = |x: f64, y: f64| drive.snapshot.sight.age_s(Point2::new(x, y), drive.now());
    assert!(age_s(1.0, 0.0) < 0.1 && age_s(0.0, 1.2) < 0.1);
    assert!(age_s(0.0, 1.8).is_infinite(), "behind the wall");
    assert!(age_s(-1.0, 0.0).is_infinite(), "behind the robot");
}

/// Replaces the readings of the beams toward `from` to `to` degrees.
fn fill(scan: &mut LaserScan, from_deg: f64, to_deg: f64, range: f32) {
    for index in 0..scan.ranges.len() {
        if (from_deg..to_deg).contains(&scan.angle(index).to_degrees()) {
            scan.ranges[index] = range;
        }
    }
}

#[test]
fn a_sector_whose_walls_vanish_without_a_return_is_blind_until_it_returns() {
    // with the shorter range the far end of the corridor is not asked for
    let sectors = [(-45.0, 45.0), (20.0, 110.0), (-135.0, -60.0)];
    for ((from_deg, to_deg), range_max) in sectors.into_iter().flat_map(|s| [(s, 20.0), (s, 12.0)])
    {
        let mut drive = Drive::warm(1.0);
        for _ in 0..20 {
            drive.step(Pose2::IDENTITY, |scan| scan.range_max = range_max);
        }
        let map = drive.snapshot.grid.clone();
        let mut fault = None;
        for _ in 0..60 {
            fault = drive.step(Pose2::IDENTITY, |scan| {
                fill(scan, from_deg, to_deg, f32::INFINITY);
                scan.range_max = range_max;
            });
        }
        assert!(
            matches!(fault, Some(SensorFault::BlindSector { .. })),
            "{from_deg} to {to_deg}: {fault:?}"
        );
        // the walls that it no longer sees fade, and are not cleared
        let wall = Point2::new(
            drive.base().x + 1.5,
            if from_deg < -50.0 { -1.51 } else { 1.51 },
        );
        assert_eq!(map.at(wall), Cell::Occupied);
        assert_ne!(drive.snapshot.grid.at(wall), Cell::Free, "{from_deg}");
        for _ in 0..3 {
            fault = drive.step(Pose2::IDENTITY, |scan| scan.range_max = range_max);
        }
        assert_eq!(fault, None, "{from_deg} to {to_deg} recovers");
    }
}

#[test]
fn objects_of_the_size_of_a_pedestrian_may_vanish_without_a_return() {
    let mut drive = Drive::warm(0.0);
    let hall = |scan: &mut LaserScan, person: bool| {
        fill(scan, -60.0, 60.0, f32::INFINITY);
        if person {
            fill(scan, -30.0, 30.0, 0.5);
        }
    };
    drive.mapper.reset();
    for _ in 0..20 {
        drive.step(Pose2::IDENTITY, |scan| hall(scan, true));
    }
    for _ in 0..20 {
        assert_eq!(drive.step(Pose2::IDENTITY, |scan| hall(scan, false)), None);
    }
}

#[test]
fn wide_near_objects_may_leave_in_open_space() {
    // it fills more than half of all bearings with a surface, but less than half of their length
    let mut drive = Drive::warm(0.0);
    drive.mapper.reset();
    for tick in 0..60 {
        let fault = drive.step(Pose2::IDENTITY, |scan| {
            fill(scan, -110.0, 110.0, f32::INFINITY);
            if tick < 20 {
                fill(scan, -30.0, 30.0, 0.9);
            }
        });
        assert!(
            !matches!(fault, Some(SensorFault::Contradiction { .. })),
            "{fault:?} after {tick} scans"
        );
    }
}

#[test]
fn a_pedestrian_in_open_space_is_no_contradiction() {
    // six people 2 m away walk about the robot, and nothing else returns
    let mut drive = Drive::warm(0.0);
    drive.mapper.reset();
    for tick in 0..200 {
        let turned_deg = 1.7 * f64::from(tick);
        let fault = drive.step(Pose2::IDENTITY, |scan| {
            fill(scan, -180.0, 180.0, f32::INFINITY);
            for person in 0..6 {
                let middle_deg = (turned_deg + 60.0 * f64::from(person)) % 360.0 - 180.0;
                let range_m = 2.0 + 0.05 * person as f32;
                fill(scan, middle_deg - 7.0, middle_deg + 7.0, range_m);
            }
        });
        assert_eq!(fault, None, "after {tick} scans");
    }
}

#[test]
fn ranges_through_known_surfaces_are_implausible() {
    for factor in [1.3, 1.5, 2.0] {
        let mut drive = Drive::warm(1.0);
        for _ in 0..5 {
            let fault = drive.step(Pose2::IDENTITY, |scan| {
                scan.ranges.iter_mut().for_each(|range| *range *= factor);
            });
            let is_named = matches!(fault, Some(SensorFault::Contradiction { .. }));
            assert!(is_named, "{factor}: {fault:?}");
        }
    }
}

#[test]
fn a_field_of_view_that_changes_while_driving_is_rejected_without_effect() {
    type Change = fn(&mut LaserScan);
    let changes: [Change; 4] = [
        |scan| scan.angle_increment = 1e300,
        |scan| scan.angle_increment = -scan.angle_increment,
        |scan| scan.angle_min += 0.2,
        |scan| scan.ranges.truncate(BEAMS / 2),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut drive = Drive::warm(1.0);
        let map = drive.snapshot.grid.clone();
        for _ in 0..10 {
            let fault = drive.step(Pose2::IDENTITY, change);
            let is_named = matches!(fault, Some(SensorFault::FieldOfView { .. }));
            assert!(is_named, "{index}: {fault:?}");
        }
        assert_eq!(drive.snapshot.grid, map, "{index}");
        let fault = drive.step(Pose2::IDENTITY, |_| ());
        assert_eq!(fault, None, "{index} recovers");
    }
}
