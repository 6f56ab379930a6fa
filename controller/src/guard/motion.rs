//! Motion estimation: current velocity, command latency and braking deceleration of the robot.
//!
//! ```text
//! v̂   = velocity feedback where it agrees with the poses (feedback.rs), else Δpose / Δt
//! L̂   = argmin over d of  Σ ( v(t) − u(t − d) )²          while commands change by 0.25 m/s
//! â   = loss of speed while the robot is faster than commanded
//! ```
//!
//! A first-order lag is observed as latency. The estimates can only lengthen the predicted stops
//! beyond the configured ones: latency rises at once and falls slowly, deceleration falls at once
//! and rises slowly.

use std::collections::VecDeque;

use perception::{Pose2, Snapshot, Stamp, Twist};

use super::feedback::FeedbackTrust;
use super::finding::MotionFault;
use crate::limits::Limits;

/// Capacity of the history, ticks.
const MEMORY: usize = 128;
/// Time over which a velocity is computed from poses, s.
const POSES_S: f64 = 0.12;
/// Window of the latency estimate, step and maximum of its search, s.
const LATENCY_WINDOW_S: f64 = 1.5;
const LATENCY_STEP_S: f64 = 0.05;
const LATENCY_MAX_S: f64 = 0.8;
/// Minimum change of commanded speed for a latency estimate (excitation), m/s.
const EXCITATION_MPS: f64 = 0.25;
/// Minimum difference between feedback and poses that counts as a contradiction, m/s and rad/s, ...
const CONTRADICTION_MPS: f64 = 0.2;
const CONTRADICTION_RADPS: f64 = 0.5;
/// ... and the time after which it is reported, s.
const NAMED_S: f64 = 0.3;
/// Commanded speed, m/s, and time, s, after which a robot that does not move is reported.
const COMMANDED_MPS: f64 = 0.1;
const NO_MOTION_S: f64 = 1.2;
/// Time for which a fault keeps the robot at rest, s.
const HOLD_S: f64 = 2.0;
/// Excess of speed over the command that counts as weak braking, m/s.
const OVERSHOOT_MPS: f64 = 0.08;
/// Time over which a deceleration is measured, s.
const BRAKING_S: f64 = 0.15;
/// Lower bound of the estimated deceleration, share of the configured one.
const DECELERATION_SHARE_MIN: f64 = 0.15;

/// Motion estimate for the guard: latency, deceleration and faults.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Motion {
    /// Observed command latency, s; 0 before the first observation.
    pub latency_s: f64,
    /// Observed deceleration if below the configured one, m/s².
    pub deceleration_mps2: Option<f64>,
    /// A contradiction between feedback, poses and commands.
    pub fault: Option<MotionFault>,
}

#[derive(Debug, Clone, Copy)]
struct Tick {
    now: Stamp,
    stamp: Stamp,
    pose: Pose2,
    velocity: Twist,
    /// Command in force at this tick.
    sent: Twist,
}

/// Estimates latency and deceleration, and detects contradictions between commands, feedback and
/// poses.
#[derive(Debug, Clone)]
pub struct MotionEstimator {
    limits: Limits,
    motion: Motion,
    ticks: VecDeque<Tick>,
    feedback: FeedbackTrust,
    contradicts_since: Option<Stamp>,
    frozen_since: Option<Stamp>,
    still_since: Option<Stamp>,
    held: Option<(Stamp, MotionFault)>,
}

impl MotionEstimator {
    /// An estimator without history.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            motion: Motion::default(),
            ticks: VecDeque::with_capacity(MEMORY),
            feedback: FeedbackTrust::new(),
            contradicts_since: None,
            frozen_since: None,
            still_since: None,
            held: None,
        }
    }

    /// Clears the history, but keeps the estimates of latency and deceleration.
    pub fn reset(&mut self) {
        *self = Self {
            ticks: std::mem::take(&mut self.ticks),
            motion: Motion {
                fault: None,
                ..self.motion
            },
            ..Self::new(self.limits)
        };
        self.ticks.clear();
    }

    /// Updates the estimate with a snapshot and the command in force, and replaces an implausible
    /// velocity in the snapshot.
    pub fn observe(&mut self, now: Stamp, snapshot: &mut Snapshot, in_force: Twist) -> Motion {
        if self.ticks.back().is_some_and(|last| now < last.now)
            || snapshot
                .health
                .odometry
                .is_some_and(|(found, _)| found == snapshot.stamp)
        {
            self.ticks.clear();
            self.feedback.forget();
        }
        let from_poses = self.pose_velocity(snapshot);
        let is_doubted = self.feedback.observe(snapshot);
        self.judge(now, (snapshot.velocity, is_doubted), from_poses, in_force);
        snapshot.velocity = self.plausible((snapshot.velocity, is_doubted), from_poses);
        if self.ticks.len() == MEMORY {
            self.ticks.pop_front();
        }
        self.ticks.push_back(Tick {
            now,
            stamp: snapshot.stamp,
            pose: snapshot.odom_from_base,
            velocity: snapshot.velocity,
            sent: in_force,
        });
        self.estimate_latency(now);
        self.estimate_deceleration(now);
        self.motion
    }

    /// Velocity and its time span, from the poses of the last [`POSES_S`]; `None` with too few
    /// poses.
    fn pose_velocity(&self, snapshot: &Snapshot) -> Option<(Twist, f64)> {
        let is_old = |tick: &&Tick| snapshot.stamp.secs_since(tick.stamp) >= POSES_S;
        let before = self.ticks.iter().rev().find(is_old)?;
        let elapsed_s = snapshot.stamp.secs_since(before.stamp);
        if elapsed_s > 5.0 * POSES_S {
            return None;
        }
        let moved = before.pose.inverse() * snapshot.odom_from_base;
        let length_m = moved.position().coords.norm().copysign(moved.x);
        Some((
            Twist::new(length_m / elapsed_s, moved.yaw / elapsed_s),
            elapsed_s,
        ))
    }

    fn contradicts(&self, feedback: Twist, (odometry, span_s): (Twist, f64)) -> bool {
        let limits = &self.limits;
        let change_mps = limits
            .acceleration_max_mps2
            .max(limits.deceleration_max_mps2)
            * span_s;
        let change_radps = limits.turn_acceleration_max_radps2 * span_s;
        (feedback.linear - odometry.linear).abs() > CONTRADICTION_MPS + change_mps
            || (feedback.angular - odometry.angular).abs() > CONTRADICTION_RADPS + change_radps
    }

    /// The feedback if the poses do not contradict it and the robot can reach it, else a
    /// replacement.
    fn plausible(
        &self,
        (feedback, is_doubted): (Twist, bool),
        from_poses: Option<(Twist, f64)>,
    ) -> Twist {
        if let Some(poses) = from_poses {
            return if is_doubted || self.contradicts(feedback, poses) {
                poses.0
            } else {
                feedback
            };
        }
        let limits = &self.limits;
        let top_mps = limits.speed_max_mps.max(limits.reverse_speed_max_mps);
        let can_be = feedback.linear.abs() <= 1.5 * top_mps
            && feedback.angular.abs() <= 1.5 * limits.turn_rate_max_radps;
        if can_be { feedback } else { Twist::ZERO }
    }

    /// Reports contradictions that persist.
    fn judge(
        &mut self,
        now: Stamp,
        (feedback, is_doubted): (Twist, bool),
        from_poses: Option<(Twist, f64)>,
        in_force: Twist,
    ) {
        self.held = self
            .held
            .filter(|(since, _)| (0.0..HOLD_S).contains(&now.secs_since(*since)));
        let mut fault = None;
        if let Some(poses) = from_poses {
            let odometry = poses.0;
            let lasts = |since: &mut Option<Stamp>, holds: bool, for_s: f64| {
                if !holds {
                    *since = None;
                    return None;
                }
                let since_s = now.secs_since(*since.get_or_insert(now));
                (since_s >= for_s).then_some(since_s)
            };
            let contradicts = self.contradicts(feedback, poses);
            let lasts_apart = lasts(&mut self.contradicts_since, contradicts, NAMED_S).is_some();
            if lasts_apart || is_doubted {
                fault = Some(MotionFault::Feedback { feedback, odometry });
            }
            let is_still = odometry.linear.abs() < 0.02 && odometry.angular.abs() < 0.02;
            let told = in_force.linear;
            let frozen = is_still
                && feedback.linear.abs() > CONTRADICTION_MPS
                && told * feedback.linear > 0.0
                && told.abs() > CONTRADICTION_MPS;
            if lasts(&mut self.frozen_since, frozen, NAMED_S).is_some() {
                let feedback_mps = feedback.linear;
                self.held = Some((now, MotionFault::PoseFrozen { feedback_mps }));
            }
            let no_motion = told.abs() >= COMMANDED_MPS
                && odometry.linear.abs() < 0.2 * told.abs()
                && odometry.angular.abs() < 0.1;
            if let Some(for_s) = lasts(&mut self.still_since, no_motion, NO_MOTION_S) {
                let commanded_mps = told.abs();
                let fault = MotionFault::NoMotion {
                    commanded_mps,
                    for_s,
                };
                self.held = Some((now, fault));
                self.still_since = None;
            }
        }
        self.motion.fault = self.held.map(|(_, fault)| fault).or(fault);
    }

    /// The commanded speed in force at a time, m/s.
    fn sent_mps(&self, at: Stamp) -> Option<f64> {
        let later = self.ticks.partition_point(|tick| tick.now <= at);
        (later > 0).then(|| self.ticks[later.min(self.ticks.len() - 1)].sent.linear)
    }

    fn estimate_latency(&mut self, now: Stamp) {
        let is_recent = |tick: &&Tick| now.secs_since(tick.now) <= LATENCY_WINDOW_S;
        let recent = || self.ticks.iter().rev().take_while(is_recent);
        let (low, high) = recent().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), tick| {
            (low.min(tick.sent.linear), high.max(tick.sent.linear))
        });
        let span_s = recent().last().map_or(0.0, |tick| now.secs_since(tick.now));
        if high - low < EXCITATION_MPS || span_s < LATENCY_WINDOW_S - 0.3 {
            return;
        }
        let error = |delay_s: f64| {
            let delay = std::time::Duration::from_secs_f64(delay_s);
            let (mut sum, mut count) = (0.0, 0);
            for tick in recent() {
                if let Some(sent) = self.sent_mps(tick.now - delay) {
                    sum += (tick.velocity.linear - sent).powi(2);
                    count += 1;
                }
            }
            sum / f64::from(count.max(1))
        };
        let steps = (LATENCY_MAX_S / LATENCY_STEP_S) as u32;
        let (best_s, _) = (0..=steps)
            .map(|step| f64::from(step) * LATENCY_STEP_S)
            .map(|delay_s| (delay_s, error(delay_s)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0.0, 0.0));
        let latency_s = &mut self.motion.latency_s;
        *latency_s = best_s.max(*latency_s + 0.02 * (best_s - *latency_s));
    }

    fn estimate_deceleration(&mut self, now: Stamp) {
        let Some(last) = self.ticks.back() else {
            return;
        };
        let is_old = |tick: &&Tick| now.secs_since(tick.now) >= BRAKING_S;
        let Some(before) = self.ticks.iter().rev().find(is_old) else {
            return;
        };
        let elapsed_s = now.secs_since(before.now);
        let delay = std::time::Duration::from_secs_f64(self.motion.latency_s.max(0.1));
        let told = |at: Stamp| self.sent_mps(at - delay).map(f64::abs);
        let (Some(told_then), Some(told_now)) = (told(before.now), told(now)) else {
            return;
        };
        let (then, speed) = (before.velocity.linear.abs(), last.velocity.linear.abs());
        let configured = self.limits.deceleration_max_mps2;
        let found = (then - speed) / elapsed_s;
        let is_braking = told_then - told_now >= 0.4 * configured * elapsed_s || told_now == 0.0;
        if is_braking && then > told_then + OVERSHOOT_MPS && speed > told_now + OVERSHOOT_MPS {
            let found = found.max(DECELERATION_SHARE_MIN * configured);
            let least = self.motion.deceleration_mps2.unwrap_or(configured);
            self.motion.deceleration_mps2 = Some(least.min(found));
        } else if is_braking && then > 0.2 && found >= 0.8 * configured {
            self.motion.deceleration_mps2 = self
                .motion
                .deceleration_mps2
                .map(|least| least + 0.05 * configured)
                .filter(|least| *least < configured);
        }
    }
}
