//! A policy that drives straight at the goal at full speed and ignores obstacles.

use controller::{Action, Limits, Observation, Policy, PolicyError, SolveStatus};
use perception::{Twist, wrap_angle};

/// Gain from the bearing of the goal to the turning rate, 1/s.
const TURN_GAIN_PER_S: f64 = 3.0;

/// The policy.
#[derive(Debug, Clone)]
pub struct Charging {
    limits: Limits,
}

impl Charging {
    /// Commands stay within `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

impl Policy for Charging {
    fn name(&self) -> &'static str {
        "charging"
    }

    fn reset(&mut self) {}

    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        let base = observation.snapshot.odom_from_base;
        let to = observation.goal.position - base.position();
        if !(to.norm().is_finite() && base.is_finite()) {
            return Err(PolicyError::NotFinite { what: "goal" });
        }
        let bearing = wrap_angle(to.y.atan2(to.x) - base.yaw);
        let turn_max = self.limits.turn_rate_max_radps;
        action.command = Twist::new(
            self.limits.speed_max_mps,
            (TURN_GAIN_PER_S * bearing).clamp(-turn_max, turn_max),
        );
        action.status = SolveStatus::Solved;
        action.plan.states.clear();
        action.plan.inputs.clear();
        Ok(())
    }
}
