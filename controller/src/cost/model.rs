//! What learns the cost: an observation in, parameters of the quadratic cost out.

use perception::Pose2;

use super::CostParameters;
use crate::policy::{Observation, PolicyError};

/// A learned cost and the frame that it is written in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LearnedCost {
    /// References and factors, view frame.
    pub parameters: CostParameters,
    /// Where the view lies in the odometry frame.
    pub odom_from_view: Pose2,
}

/// Turns an observation into a learned cost. The same observations after `reset` give the same.
pub trait CostModel: Send {
    /// A short name for tables and legends.
    fn name(&self) -> &'static str;

    /// Forgets the past.
    fn reset(&mut self);

    /// Writes the cost of this tick; `false` when there is nothing learned to add, and `into` is
    /// then left as it was.
    fn learned(
        &mut self,
        observation: &Observation<'_>,
        into: &mut LearnedCost,
    ) -> Result<bool, PolicyError>;
}
