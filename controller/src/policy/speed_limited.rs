//! A policy whose commands are scaled down to the speed limits of the tick.

use super::{Action, Observation, Policy, PolicyError};
use crate::cost::LearnedCost;
use crate::limits::Limits;

/// Maximum time between commands over which a deceleration is assumed, s.
const ELAPSED_MAX_S: f64 = 0.2;

/// Scales commands to [`Observation::speed_limits`] before the guard. Linear and angular velocity
/// are scaled alike, so that the robot stays on its arc.
#[derive(Debug)]
pub(crate) struct SpeedLimited<P> {
    policy: P,
    deceleration_mps2: f64,
}

impl<P: Policy> SpeedLimited<P> {
    /// Wraps a policy of a robot with these limits.
    pub(crate) fn new(policy: P, limits: &Limits) -> Self {
        Self {
            policy,
            deceleration_mps2: limits.deceleration_max_mps2,
        }
    }
}

impl<P: Policy> Policy for SpeedLimited<P> {
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
        self.policy.act(observation, action)?;
        let command = &mut action.command;
        let (sent_mps, elapsed_s) = match observation.sent {
            Some(sent) => (
                sent.value.linear,
                observation.now.secs_since(sent.stamp).max(0.0),
            ),
            None => (observation.snapshot.velocity.linear, 0.0),
        };
        let bound_mps = observation.speed_limits.reachable_mps(
            command.linear,
            sent_mps,
            elapsed_s.min(ELAPSED_MAX_S),
            self.deceleration_mps2,
        );
        if command.linear.abs() > bound_mps {
            let share = bound_mps / command.linear.abs();
            command.linear *= share;
            command.angular *= share;
        }
        Ok(())
    }

    fn learned(&self) -> Option<&LearnedCost> {
        self.policy.learned()
    }
}
