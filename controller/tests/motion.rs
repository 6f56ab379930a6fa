//! What the robot does now is known from feedback, poses and commands together.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;

use controller::{Limits, Motion, MotionEstimator, MotionFault};
use perception::{Pose2, Snapshot, Stamp, Twist};

const PERIOD_S: f64 = 0.05;

/// A robot that obeys after a delay and brakes at most with a deceleration.
struct Robot {
    delay: usize,
    deceleration_mps2: f64,
    commands: VecDeque<f64>,
    velocity: f64,
    pose: Pose2,
    tick: u32,
    estimator: MotionEstimator,
    snapshot: Snapshot,
}

impl Robot {
    fn new(delay: usize, deceleration_mps2: f64) -> Self {
        Self {
            delay,
            deceleration_mps2,
            commands: VecDeque::new(),
            velocity: 0.0,
            pose: Pose2::IDENTITY,
            tick: 0,
            estimator: MotionEstimator::new(Limits::default()),
            snapshot: Snapshot::default(),
        }
    }

    /// Obeys a command for a tick, feeds back `feedback` of its speed, and gives the estimate.
    fn step(&mut self, command: f64, feedback: impl Fn(f64) -> f64, moves: bool) -> Motion {
        self.commands.push_back(command);
        let obeyed = if self.commands.len() > self.delay {
            self.commands.pop_front().unwrap()
        } else {
            0.0
        };
        let slowest = self.velocity - self.deceleration_mps2 * PERIOD_S;
        self.velocity = obeyed.max(slowest);
        if moves {
            self.pose = self.pose * Pose2::exp(Twist::new(self.velocity, 0.0), PERIOD_S);
        }
        self.tick += 1;
        let now = Stamp::from_secs(1.0 + PERIOD_S * f64::from(self.tick));
        self.snapshot.stamp = now;
        self.snapshot.odom_from_base = self.pose;
        self.snapshot.velocity = Twist::new(feedback(self.velocity), 0.0);
        let in_force = Twist::new(command, 0.0);
        self.estimator.observe(now, &mut self.snapshot, in_force)
    }

    /// Gains speed to 1 m/s, drives on, and brakes at the limit.
    fn drive(&mut self, feedback: impl Fn(f64) -> f64) -> Motion {
        let mut motion = Motion::default();
        for tick in 0..80 {
            let t_s = PERIOD_S * f64::from(tick);
            let command = if t_s < 2.5 {
                t_s.min(1.0)
            } else {
                1.0 - 1.5 * (t_s - 2.5)
            };
            motion = self.step(command.max(0.0), &feedback, true);
        }
        motion
    }
}

#[test]
fn latency_is_observed_to_the_tick() {
    for delay in [1, 4, 7, 10] {
        let mut robot = Robot::new(delay, 9.0);
        let found_s = robot.drive(|speed| speed).latency_s;
        let true_s = PERIOD_S * delay as f64;
        assert!(
            (found_s - true_s).abs() <= 0.051,
            "{found_s} s of {true_s} s"
        );
    }
}

#[test]
fn weak_brakes_are_observed_and_good_ones_are_not_called_weak() {
    let weak = Robot::new(1, 0.5).drive(|speed| speed);
    let found = weak.deceleration_mps2.unwrap();
    assert!((0.3..=0.7).contains(&found), "{found}");
    assert_eq!(
        Robot::new(1, 9.0).drive(|speed| speed).deceleration_mps2,
        None
    );
}

#[test]
fn feedback_that_contradicts_the_poses_is_replaced_and_named() {
    for wrong in [0.0, -1.0, 50.0, 1e6, 1e308] {
        let mut robot = Robot::new(1, 9.0);
        let motion = robot.drive(|speed| if speed > 0.4 { wrong } else { speed });
        assert!(motion.latency_s < 0.8);
        let mut robot = Robot::new(1, 9.0);
        let mut named = false;
        for tick in 0..50 {
            let command = (PERIOD_S * f64::from(tick)).min(1.0);
            let wrong = |speed: f64| if tick > 25 { wrong } else { speed };
            let motion = robot.step(command, wrong, true);
            named |= matches!(motion.fault, Some(MotionFault::Feedback { .. }));
            let used = robot.snapshot.velocity.linear;
            assert!(
                (used - robot.velocity).abs() < 0.3,
                "{used} of {}",
                robot.velocity
            );
        }
        assert!(named, "{wrong}");
    }
}

#[test]
fn a_glitch_before_there_are_poses_is_no_velocity() {
    let mut robot = Robot::new(1, 9.0);
    robot.step(0.0, |_| 1e6, true);
    assert_eq!(robot.snapshot.velocity, Twist::ZERO);
}

#[test]
fn a_constant_pose_with_reported_motion_stops_the_robot() {
    let mut robot = Robot::new(1, 9.0);
    let mut fault = None;
    for tick in 0..40 {
        let command = (PERIOD_S * f64::from(tick)).min(1.0);
        fault = robot.step(command, |speed| speed, tick < 15).fault;
    }
    assert!(
        matches!(fault, Some(MotionFault::PoseFrozen { .. })),
        "{fault:?}"
    );
    assert!(fault.unwrap().stops());
}

#[test]
fn commands_without_any_motion_are_named() {
    let mut robot = Robot::new(1, 9.0);
    let mut fault = None;
    for _ in 0..40 {
        fault = robot.step(0.3, |_| 0.0, false).fault;
    }
    assert!(
        matches!(fault, Some(MotionFault::NoMotion { .. })),
        "{fault:?}"
    );
}

#[test]
fn a_robot_that_follows_commands_has_no_fault() {
    let mut robot = Robot::new(2, 3.0);
    for tick in 0..100 {
        let command = (0.05 * f64::from(tick)).min(1.0) * f64::from(u8::from(tick < 60));
        let motion = robot.step(command, |speed| speed, true);
        assert_eq!(motion.fault, None, "tick {tick}");
    }
}
