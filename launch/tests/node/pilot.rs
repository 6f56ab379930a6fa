//! What the pilot does with messages, tick by tick.

use launch::SimulatedRobot;
use perception::{Pose2, Stamp, Twist};
use recordings::cdr;
use recordings::messages::{Header, LaserScanMessage, OdometryMessage, PathMessage, Quaternion};
use runtime::node::{End, FaultClass, Hold, NodeSettings, Pilot, RawInput, Source, Taken, Tick};
use runtime::{Driver, RobotConfig};
use serde::Serialize;
use std::collections::VecDeque;

use super::messages::{self, header};
use super::paths;

const BEGIN_S: f64 = 1000.0;
const PERIOD_S: f64 = 0.05;

/// The straight path to a place.
fn straight(to: Pose2) -> Vec<Pose2> {
    let share = |step: i32| f64::from(step) / 40.0;
    (0..=40)
        .map(|step| Pose2::new(share(step) * to.x, share(step) * to.y, to.yaw))
        .collect()
}

/// A pilot and the robot that it drives.
pub struct Loop {
    pub pilot: Pilot,
    pub robot: SimulatedRobot,
    pub command: Twist,
    scans: bool,
    odometry: bool,
    nearest_m: f64,
    /// Odometry that has yet to come, and how many ticks late it comes.
    under_way: VecDeque<OdometryMessage>,
    late_ticks: usize,
}

impl Loop {
    pub fn new(adjust: impl FnOnce(&mut NodeSettings)) -> Self {
        let mut config = RobotConfig::load("round", None, &[]).unwrap();
        adjust(&mut config.node);
        let mut this = Self {
            pilot: Pilot::new(&config, &Driver::Regular).unwrap(),
            robot: SimulatedRobot::before_doorway("round", 12).unwrap(),
            command: Twist::ZERO,
            scans: true,
            odometry: true,
            nearest_m: f64::INFINITY,
            under_way: VecDeque::new(),
            late_ticks: 0,
        };
        let lidar = this.robot.base_from_lidar();
        this.link(Source::FixedTransforms, "base_link", "laser", lidar)
            .unwrap();
        this
    }

    pub fn now_s(&self) -> f64 {
        BEGIN_S + self.robot.time_s()
    }

    pub fn put<T: Serialize>(&mut self, source: Source, message: &T) -> Result<Taken, FaultClass> {
        let now = Stamp::from_secs(self.now_s());
        let raw = RawInput {
            source,
            arrival: now,
            bytes: cdr::encode(message).unwrap(),
        };
        self.pilot
            .take("topic", &raw, now)
            .map_err(|fault| fault.class)
    }

    fn link(
        &mut self,
        source: Source,
        parent: &str,
        child: &str,
        pose: Pose2,
    ) -> Result<Taken, FaultClass> {
        let message = messages::link(self.now_s(), parent, child, pose);
        self.put(source, &message)
    }

    fn odometry_message(&self) -> OdometryMessage {
        messages::odometry(&self.robot, self.now_s())
    }

    fn scan_message(&mut self) -> LaserScanMessage {
        let now_s = self.now_s();
        messages::scan(&mut self.robot, now_s)
    }

    pub fn path(&self, frame: &str) -> PathMessage {
        paths::path(self.robot.way(), self.now_s(), frame)
    }

    pub fn step(&mut self) -> Tick {
        if self.odometry {
            self.under_way.push_back(self.odometry_message());
        }
        if self.under_way.len() > self.late_ticks {
            let message = self.under_way.pop_front().unwrap();
            self.put(Source::Odometry, &message).unwrap();
        }
        if self.scans {
            let message = self.scan_message();
            let seen = self.put(Source::Scan, &message);
            assert!(seen.is_ok() || !self.odometry, "{seen:?}");
        }
        let tick = self.pilot.tick(Stamp::from_secs(self.now_s()));
        self.command = tick.command.unwrap_or(Twist::ZERO);
        self.robot.advance(self.command, PERIOD_S);
        self.nearest_m = self.nearest_m.min(self.robot.clearance_m());
        tick
    }

    /// Steps until something holds; how long that took.
    pub fn until(&mut self, longest_s: f64, mut holds: impl FnMut(&Tick) -> bool) -> f64 {
        let begun_s = self.robot.time_s();
        loop {
            let tick = self.step();
            let took_s = self.robot.time_s() - begun_s;
            if holds(&tick) {
                return took_s;
            }
            assert!(took_s < longest_s, "after {took_s} s: {tick:?}");
        }
    }
}

#[test]
fn a_path_through_a_doorway_is_driven_to_its_end() {
    for seen_from_map in [false, true] {
        let mut drive = Loop::new(|_| ());
        if seen_from_map {
            drive
                .link(Source::Transforms, "map", "odom", Pose2::IDENTITY)
                .unwrap();
        }
        let path = drive.path(if seen_from_map { "map" } else { "odom" });
        assert_eq!(drive.put(Source::Plan, &path), Ok(Taken::Started));
        let mut end = None;
        drive.until(60.0, |tick| {
            end = tick.end;
            end.is_some()
        });
        if seen_from_map {
            // localisation fell silent: the robot does not go on blindly
            assert_eq!(end, Some(End::TransformFailed));
            continue;
        }
        assert_eq!(end, Some(End::Reached));
        assert!(drive.nearest_m > 0.0);
        let goal = drive.robot.way().last().unwrap();
        let pose = drive.robot.odometry().odom_from_base;
        assert!((goal.position() - pose.position()).norm() < 0.3);
        // it comes to rest, and then leaves the wheels to others
        drive.until(2.0, |tick| tick.command.is_none());
        assert_eq!(drive.step().command, None);
    }
}

#[test]
fn scans_wait_for_late_odometry() {
    let mut drive = Loop::new(|_| ());
    drive.late_ticks = 3; // 0.15 s: farther than odometry is extrapolated
    drive.scans = false; // there is no odometry yet
    for _ in 0..=drive.late_ticks {
        drive.step();
    }
    drive.scans = true;
    let path = drive.path("odom");
    drive.put(Source::Plan, &path).unwrap();
    drive.until(60.0, |tick| tick.end == Some(End::Reached));
    assert!(drive.nearest_m > 0.0);
    assert_eq!(drive.pilot.faults().total(), 0);
    // what never comes to be placed is given up and counted
    (drive.odometry, drive.late_ticks) = (false, usize::MAX);
    for _ in 0..40 {
        drive.step();
    }
    assert!(drive.pilot.faults().of(FaultClass::Time) > 20);
}

#[test]
fn a_sweep_stamped_at_its_end_is_taken_as_one_that_ended_then() {
    let mut drive = Loop::new(|_| ());
    drive.scans = false;
    for _ in 0..10 {
        drive.step();
    }
    let mut scan = drive.scan_message();
    let sweep_s = 0.1;
    scan.time_increment = sweep_s as f32 / (scan.ranges.len() - 1) as f32;
    let now_s = drive.now_s();
    drive.put(Source::Scan, &scan).unwrap();
    drive.step();
    let seen = drive.pilot.snapshot().scan_stamp.unwrap();
    assert!((now_s - seen.as_secs() - sweep_s).abs() < 1e-6);
}

#[test]
fn clearing_the_map_in_motion_brakes_within_the_limits_and_the_drive_goes_on() {
    let mut drive = Loop::new(|_| ());
    let path = drive.path("odom");
    drive.put(Source::Plan, &path).unwrap();
    drive.until(10.0, |tick| {
        tick.command.is_some_and(|command| command.linear > 0.4)
    });
    let limits = RobotConfig::load("round", None, &[])
        .unwrap()
        .controller
        .limits;
    let mut last = drive.command;
    drive.pilot.clear_map();
    drive.until(60.0, |tick| {
        let command = tick.command.unwrap_or(Twist::ZERO);
        let slowed = last.linear - command.linear;
        assert!(
            slowed <= limits.deceleration_max_mps2 * PERIOD_S + 1e-9,
            "{slowed}"
        );
        last = command;
        tick.end == Some(End::Reached)
    });
    assert!(drive.nearest_m > 0.0);
}

#[test]
fn without_scans_or_odometry_it_brakes_says_why_and_goes_on_later() {
    for silent in [Source::Scan, Source::Odometry] {
        let mut drive = Loop::new(|settings| settings.failure_tolerance_s = -1.0);
        let path = drive.path("odom");
        drive.put(Source::Plan, &path).unwrap();
        drive.until(10.0, |tick| {
            tick.command.is_some_and(|command| command.linear > 0.4)
        });
        let (scans, odometry) = (silent != Source::Scan, silent != Source::Odometry);
        (drive.scans, drive.odometry) = (scans, odometry);
        let limits = RobotConfig::load("round", None, &[])
            .unwrap()
            .controller
            .limits;
        let mut last = drive.command;
        drive.until(3.0, |tick| {
            let command = tick.command.unwrap();
            let slowed = last.linear - command.linear;
            assert!(
                slowed <= limits.deceleration_max_mps2 * PERIOD_S + 1e-9,
                "{slowed}"
            );
            last = command;
            command == Twist::ZERO
        });
        let hold = drive.step().hold.unwrap();
        match silent {
            Source::Scan => assert!(matches!(hold, Hold::Scan { .. }), "{hold}"),
            _ => assert!(matches!(hold, Hold::Odometry { .. }), "{hold}"),
        }
        assert!(hold.to_string().contains("s old"));
        (drive.scans, drive.odometry) = (true, true);
        drive.until(60.0, |tick| tick.end == Some(End::Reached));
    }
}

#[test]
fn patience_progress_and_frames_end_a_drive_with_nav2s_codes() {
    let mut drive = Loop::new(|settings| settings.failure_tolerance_s = 1.0);
    let path = drive.path("odom");
    drive.put(Source::Plan, &path).unwrap();
    drive.until(10.0, |tick| {
        tick.command.is_some_and(|command| command.linear > 0.2)
    });
    drive.scans = false;
    drive.until(3.0, |tick| tick.end == Some(End::PatienceExceeded));
    assert_eq!(End::PatienceExceeded.code(), 104);

    let mut drive = Loop::new(|settings| settings.failure_tolerance_s = 0.0);
    drive.scans = false;
    let path = drive.path("odom");
    drive.put(Source::Plan, &path).unwrap();
    drive.until(0.2, |tick| tick.end == Some(End::NoValidControl));

    let mut drive = Loop::new(|_| ());
    let path = drive.path("nowhere");
    drive.put(Source::Plan, &path).unwrap();
    drive.until(0.2, |tick| tick.end == Some(End::TransformFailed));

    let mut drive = Loop::new(|settings| settings.movement_time_allowance_s = 2.0);
    let behind_the_wall = Pose2::new(-30.0, 0.0, 0.0);
    let way = straight(behind_the_wall);
    let path = paths::path(&way, drive.now_s(), "odom");
    drive.put(Source::Plan, &path).unwrap();
    drive.until(60.0, |tick| tick.end == Some(End::NoProgress));
}

#[test]
fn a_speed_limit_holds_and_is_lifted_within_the_limits() {
    let mut drive = Loop::new(|_| ());
    let path = drive.path("odom");
    drive.put(Source::Plan, &path).unwrap();
    drive.until(10.0, |tick| {
        tick.command.is_some_and(|command| command.linear > 0.5)
    });
    let limit = |percentage, speed_limit| runtime::node::messages::SpeedLimit {
        header: Header::default(),
        percentage,
        speed_limit,
    };
    drive.put(Source::SpeedLimit, &limit(true, 20.0)).unwrap();
    drive.until(1.0, |tick| tick.command.unwrap().linear <= 0.2 + 1e-9);
    drive.put(Source::SpeedLimit, &limit(false, 0.0)).unwrap();
    let before = drive.command.linear;
    let after = drive.step().command.unwrap().linear;
    assert!(after <= before + PERIOD_S + 1e-9);
    assert_eq!(
        drive.put(Source::SpeedLimit, &limit(true, 120.0)),
        Err(FaultClass::Value)
    );
}

#[test]
fn hostile_messages_are_counted_by_class_and_change_nothing() {
    let mut drive = Loop::new(|_| ());
    let path = drive.path("odom");
    drive.put(Source::Plan, &path).unwrap();
    let mut calm = Loop::new(|_| ());
    calm.put(Source::Plan, &path).unwrap();
    for _ in 0..40 {
        let good = drive.scan_message();
        calm.scan_message(); // the noise of both scanners is drawn alike
        let mut scan = good.clone();
        scan.ranges.clear();
        assert_eq!(drive.put(Source::Scan, &scan), Err(FaultClass::Size));
        scan.ranges = vec![1.0; 30_000];
        assert_eq!(drive.put(Source::Scan, &scan), Err(FaultClass::Size));
        let mut scan = good.clone();
        scan.angle_increment = f32::NAN;
        assert_eq!(drive.put(Source::Scan, &scan), Err(FaultClass::Value));
        let mut scan = good.clone();
        scan.header.frame_id = "moon".to_owned();
        assert_eq!(drive.put(Source::Scan, &scan), Err(FaultClass::Frame));
        let mut scan = good;
        scan.header = header(drive.now_s() + 3600.0, "laser");
        assert_eq!(drive.put(Source::Scan, &scan), Err(FaultClass::Time));
        let mut odometry = drive.odometry_message();
        odometry.pose.position.x = f64::NAN;
        assert_eq!(
            drive.put(Source::Odometry, &odometry),
            Err(FaultClass::NotFinite)
        );
        let mut odometry = drive.odometry_message();
        odometry.pose.orientation = Quaternion {
            x: 0.0,
            y: 0.0,
            z: 0.0,
            w: 2.0,
        };
        assert_eq!(
            drive.put(Source::Odometry, &odometry),
            Err(FaultClass::Rotation)
        );
        let mut odometry = drive.odometry_message();
        odometry.header = header(drive.now_s() - 2.0, "odom");
        if drive.robot.time_s() > 0.0 {
            assert_eq!(
                drive.put(Source::Odometry, &odometry),
                Err(FaultClass::Time)
            );
        }
        assert_eq!(
            drive.link(Source::Transforms, "a", "a", Pose2::IDENTITY),
            Err(FaultClass::Frame)
        );
        let path = PathMessage {
            header: Header::default(),
            ..drive.path("odom")
        };
        assert_eq!(drive.put(Source::Plan, &path), Err(FaultClass::Frame));
        let now = Stamp::from_secs(drive.now_s());
        let cut = RawInput {
            source: Source::Scan,
            arrival: now,
            bytes: vec![0, 1, 0, 0, 7],
        };
        assert_eq!(
            drive.pilot.take("scan", &cut, now).unwrap_err().class,
            FaultClass::Malformed
        );
        drive.step();
        calm.step();
        assert_eq!(drive.command, calm.command);
    }
    let faults = drive.pilot.faults();
    assert_eq!(faults.of(FaultClass::Size), 80);
    assert_eq!(faults.of(FaultClass::Malformed), 40);
    assert!(faults.latest().unwrap().to_string().contains("scan"));
}
