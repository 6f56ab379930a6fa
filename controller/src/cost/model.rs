//! Where a learned cost comes from: the seam between network and policy.

use perception::Pose2;

use super::CostParameters;
use crate::policy::{Observation, PolicyError};

/// A learned cost and the frame it lives in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LearnedCost {
    /// References and factors, view frame.
    pub parameters: CostParameters,
    /// The view's frame.
    pub odom_from_view: Pose2,
}

/// Turns an observation into a learned cost.
pub trait CostModel: Send {
    /// A short name for tables and legends: the policy's own.
    fn name(&self) -> &'static str;

    /// Forgets the past.
    fn reset(&mut self);

    /// Writes the learned cost of this tick. `Ok(false)` means that nothing is learned; what `into`
    /// holds then does not count. Allocates nothing once `into` has its size.
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

/// The hand-engineered cost and nothing learned: regular MPC.
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
