//! Behavior of the robot at a tick, decided before the policy runs.

use perception::{Point2, Pose2, Twist, wrap_angle};

use crate::cost::LearnedCost;
use crate::limits::Limits;
use crate::policy::{Action, Observation, Policy, PolicyError, SolveStatus};

/// Turning rate per radian of heading error near the end of a turn, 1/s.
const SPIN_GAIN: f64 = 3.0;
/// Share of the angular acceleration limit with which a turn plans its deceleration.
const SPIN_EFFORT: f64 = 0.6;
/// Dead band of the heading error, rad.
const SPIN_DEAD_RAD: f64 = 0.01;
/// Heading error beyond which the current direction of turning is kept, rad.
const OPPOSITE_RAD: f64 = 2.8;
/// Minimum turning rate with a direction of turning, rad/s.
const TURNING_RADPS: f64 = 0.1;
/// Approach to a near point: speed, m/s, share of the deceleration limit for its end, turning rate
/// per radian of heading error, 1/s, and the distance below which the direction is not followed, m.
const APPROACH_MPS: f64 = 0.2;
const APPROACH_EFFORT: f64 = 0.3;
const APPROACH_GAIN: f64 = 1.5;
const APPROACH_NEAR_M: f64 = 0.1;
/// Speed along an arc, m/s.
const ARC_MPS: f64 = 0.35;
/// Time step, s, and number of states of the plan of a turn.
const PLAN_DT_S: f64 = 0.1;
const PLAN_STATES: usize = 31;

/// Behavior of the robot at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Behavior {
    /// Follows the plan of the policy.
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
        /// Curvature, rad/m, positive to the left, also in reverse.
        curvature: f64,
        /// Length, m; negative: backward.
        length_m: f64,
    },
    /// Brakes and stays at rest.
    Rest,
}

/// A policy that runs only while the robot follows its path; the wrapper itself commands turns on
/// the spot, arcs, approaches and rest. The guard checks all of these commands alike.
#[derive(Debug)]
pub(crate) struct Behaving<P> {
    policy: P,
    limits: Limits,
}

impl<P: Policy> Behaving<P> {
    /// Wraps a policy of a robot with these limits.
    pub(crate) fn new(policy: P, limits: Limits) -> Self {
        Self { policy, limits }
    }

    /// Turning rate toward a heading, rad/s: the highest from which the robot can still stop in
    /// time.
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
                // heading error when the command takes effect
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

/// Writes the plan of a robot with a constant command.
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
