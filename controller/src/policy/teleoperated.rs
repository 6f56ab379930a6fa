//! Teleoperation: commands of a human operator, clamped to the limits of the robot without further
//! checks.

use perception::Twist;

use super::{Action, Intervention, Observation, Policy, PolicyError};
use crate::cost::LearnedCost;
use crate::limits::Limits;

/// The policy of [`super::GuardMode::Teleoperated`].
#[derive(Debug)]
pub(crate) struct Teleoperated<P> {
    policy: P,
    limits: Limits,
    /// Maximum time between commands for the acceleration limits, s.
    period_max_s: f64,
}

impl<P: Policy> Teleoperated<P> {
    /// Wraps a policy whose commands are clamped to the limits.
    pub(crate) fn new(policy: P, limits: Limits, period_max_s: f64) -> Self {
        Self {
            policy,
            limits,
            period_max_s,
        }
    }
}

impl<P: Policy> Policy for Teleoperated<P> {
    fn name(&self) -> &str {
        self.policy.name()
    }

    fn reset(&mut self) {
        self.policy.reset();
    }

    /// Never fails: an unusable command is replaced by a braking command with its finding.
    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        let outcome = self.policy.act(observation, action);
        let has_failed = outcome.is_err() || !action.command.is_finite();
        let wanted = if has_failed {
            Twist::ZERO
        } else {
            action.command
        };
        let measured = observation.snapshot.velocity;
        let (last, elapsed_s) = observation.sent.map_or((measured, 0.0), |sent| {
            (sent.value, observation.now.secs_since(sent.stamp))
        });
        let last = if last.is_finite() { last } else { Twist::ZERO };
        let elapsed_s = elapsed_s.clamp(0.0, self.period_max_s);
        action.command = self.limits.within(wanted, last, elapsed_s);
        let is_limited = action.command != wanted;
        action.intervention = match (has_failed, is_limited) {
            (true, _) => Some(Intervention::PolicyFailed),
            (false, true) => Some(Intervention::Limited),
            (false, false) => None,
        };
        Ok(())
    }

    fn learned(&self) -> Option<&LearnedCost> {
        self.policy.learned()
    }
}
