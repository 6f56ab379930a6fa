//! What the robot does at a tick, decided before its policy is asked.

use perception::{Point2, Pose2, Twist, wrap_angle};

use crate::cost::LearnedCost;
use crate::limits::Limits;
use crate::policy::{Action, Observation, Policy, PolicyError, SolveStatus};

/// Turning rate per radian of heading error near the end of a turn, 1/s.
const SPIN_GAIN: f64 = 3.0;
/// Share of the turning acceleration that a turn plans its end with.
const SPIN_EFFORT: f64 = 0.6;
/// Heading errors below this are not corrected, rad.
const SPIN_DEAD_RAD: f64 = 0.01;
/// Beyond this error the way round that the robot already turns is kept, rad.
const OPPOSITE_RAD: f64 = 2.8;
/// Turning rate that counts as turning one way, rad/s.
const TURNING_RADPS: f64 = 0.1;
/// Speed toward a near point, m/s, the share of the deceleration that its end is planned with, turning
/// rate per radian off its direction, 1/s, and the distance below which that is not taken literally, m.
const APPROACH_MPS: f64 = 0.2;
const APPROACH_EFFORT: f64 = 0.3;
const APPROACH_GAIN: f64 = 1.5;
const APPROACH_NEAR_M: f64 = 0.1;
/// Speed along an arc, m/s.
const ARC_MPS: f64 = 0.35;
/// Time from a state of a turn's plan to the next, s, and states.
const PLAN_DT_S: f64 = 0.1;
const PLAN_STATES: usize = 31;

/// What the robot does at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Behavior {
    /// What the policy plans.
    #[default]
    FollowPath,
    /// Turns on the spot to a heading, rad, odometry frame.
    Spin {
        /// The heading.
        yaw: f64,
    },
    /// Drives straight to a near point, odometry frame, at low speed.
    Approach {
        /// The point.
        position: Point2,
    },
    /// Drives along an arc at low speed.
    Arc {
        /// Left turn per metre, rad/m, also backward.
        curvature: f64,
        /// How far, m; negative: backward.
        length_m: f64,
    },
    /// Comes to rest and stays.
    Rest,
}

/// A policy that is asked only while the robot follows its path; turns on the spot and rests are
/// commanded here. The guard judges all of them alike.
#[derive(Debug)]
pub(crate) struct Behaving<P> {
    policy: P,
    limits: Limits,
}

impl<P: Policy> Behaving<P> {
    /// Directs a policy of a robot with these limits.
    pub(crate) fn new(policy: P, limits: Limits) -> Self {
        Self { policy, limits }
    }

    /// Turning rate toward a heading: as fast as the robot can still stop in time.
    fn spin_radps(&self, error: f64, turning: f64) -> f64 {
        if error.abs() < SPIN_DEAD_RAD {
            return 0.0;
        }
        let keeps = error.abs() > OPPOSITE_RAD && turning.abs() > TURNING_RADPS;
        let sign = if keeps {
            turning.signum()
        } else {
            error.signum()
        };
        let stopping =
            (2.0 * SPIN_EFFORT * self.limits.turn_acceleration_max_radps2 * error.abs()).sqrt();
        sign * stopping
            .min(SPIN_GAIN * error.abs())
            .min(self.limits.turn_rate_max_radps)
    }

    /// Command along an arc that ends at rest.
    fn arc(&self, curvature: f64, length_m: f64) -> Twist {
        let limits = &self.limits;
        let stopping =
            (2.0 * APPROACH_EFFORT * limits.deceleration_max_mps2 * length_m.abs()).sqrt();
        let top_mps = if length_m < 0.0 {
            limits.reverse_speed_max_mps
        } else {
            limits.speed_max_mps
        };
        let turning_mps = limits.turn_rate_max_radps / curvature.abs().max(1e-6);
        let speed = stopping.min(ARC_MPS).min(top_mps).min(turning_mps);
        Twist::new(
            speed.copysign(length_m),
            speed.copysign(length_m) * curvature,
        )
    }

    /// Command toward a near point ahead.
    fn approach(&self, base: Pose2, position: Point2) -> Twist {
        let ahead = base.inverse() * position;
        let stopping =
            (2.0 * APPROACH_EFFORT * self.limits.deceleration_max_mps2 * ahead.x.max(0.0)).sqrt();
        let turning = APPROACH_GAIN * ahead.y.atan2(ahead.x.max(APPROACH_NEAR_M));
        Twist::new(
            stopping.min(APPROACH_MPS).min(self.limits.speed_max_mps),
            turning.clamp(
                -self.limits.turn_rate_max_radps,
                self.limits.turn_rate_max_radps,
            ),
        )
    }
}

impl<P: Policy> Policy for Behaving<P> {
    fn name(&self) -> &str {
        self.policy.name()
    }

    fn reset(&mut self) {
        self.policy.reset();
    }

    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        let (base, measured) = (
            observation.snapshot.odom_from_base,
            observation.snapshot.velocity,
        );
        let command = match observation.behavior {
            Behavior::FollowPath => return self.policy.act(observation, action),
            Behavior::Rest => Twist::ZERO,
            Behavior::Spin { yaw } => {
                // where the robot heads when the command takes effect
                let ahead = measured.angular * observation.motion.latency_s;
                let error = wrap_angle(yaw - base.yaw - ahead);
                Twist::new(0.0, self.spin_radps(error, measured.angular))
            }
            Behavior::Approach { position } => self.approach(base, position),
            Behavior::Arc {
                curvature,
                length_m,
            } => self.arc(curvature, length_m),
        };
        (action.command, action.status) = (command, SolveStatus::Solved);
        predict(base, command, action);
        Ok(())
    }

    fn learned(&self) -> Option<&LearnedCost> {
        self.policy.learned()
    }
}

/// Writes the plan of a robot that keeps its command.
fn predict(base: Pose2, command: Twist, action: &mut Action) {
    let plan = &mut action.plan;
    plan.dt_s = PLAN_DT_S;
    plan.states.clear();
    plan.states.extend((0..PLAN_STATES).map(|k| {
        let at = base * Pose2::exp(command, PLAN_DT_S * k as f64);
        [
            at.x,
            at.y,
            wrap_angle(at.yaw),
            command.linear,
            command.angular,
        ]
    }));
    plan.inputs.clear();
    plan.inputs
        .extend(std::iter::repeat_n([0.0; 2], PLAN_STATES - 1));
}
