//! Cost models: the interface between network and policy.

use perception::Pose2;

use super::CostParameters;
use crate::policy::{Observation, PolicyError};

/// A learned cost and its frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LearnedCost {
    /// References and factors, view frame.
    pub parameters: CostParameters,
    /// Pose of the view frame in the odometry frame.
    pub odom_from_view: Pose2,
}

/// Computes a learned cost from an observation.
pub trait CostModel: Send {
    /// A short name for tables and legends: the policy's own.
    fn name(&self) -> &'static str;

    /// Clears the history.
    fn reset(&mut self);

    /// Writes the learned cost of this tick. `Ok(false)` means that there is no learned cost; the
    /// content of `into` is then undefined. Allocates nothing once `into` has its size.
    fn learned(
        &mut self,
        observation: &Observation<'_>,
        into: &mut LearnedCost,
    ) -> Result<bool, PolicyError>;
}

impl<C: CostModel + ?Sized> CostModel for Box<C> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn reset(&mut self) {
        (**self).reset();
    }

    fn learned(
        &mut self,
        observation: &Observation<'_>,
        into: &mut LearnedCost,
    ) -> Result<bool, PolicyError> {
        (**self).learned(observation, into)
    }
}

/// No learned cost: regular MPC with the hand-engineered cost alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HandEngineered;

impl CostModel for HandEngineered {
    fn name(&self) -> &'static str {
        "regular"
    }

    fn reset(&mut self) {}

    fn learned(&mut self, _: &Observation<'_>, _: &mut LearnedCost) -> Result<bool, PolicyError> {
        Ok(false)
    }
}
