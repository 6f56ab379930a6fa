//! Policies: from an observation to an action.

mod action;
mod explicit;
mod mode;
mod mpc;
mod mpc_settings;
mod observation;
mod openness;
mod planner;
mod problem;
mod speed_limited;
mod stall;
mod teleoperated;

use crate::cost::LearnedCost;
pub use action::{Action, Intervention, Plan, SolveStatus};
pub use explicit::ExplicitPolicy;
pub use mode::GuardMode;
pub use mpc::{MpcPolicy, RegularMpc};
pub use mpc_settings::{LqBackend, MpcSettings};
pub use observation::{Goal, Observation};

pub use planner::{PlanCotangent, Planner, Start};
pub(crate) use speed_limited::SpeedLimited;
pub use stall::{Stall, StallSettings, Turn};
pub(crate) use teleoperated::Teleoperated;

/// Failure of a policy. The guard then brakes the robot.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// The goal or the measured state holds NaN or infinity.
    #[error("{what} is not finite")]
    NotFinite {
        /// The invalid input.
        what: &'static str,
    },
    /// A sequence has the wrong length.
    #[error("{what} has {found} numbers: expected {expected}")]
    Length {
        /// The invalid input.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The expected length.
        expected: usize,
    },
}

/// Maps observations to actions. The same observations after `reset` give the same actions.
pub trait Policy: Send {
    /// A short name for tables and legends.
    fn name(&self) -> &str;

    /// Clears the history: warm starts, memory.
    fn reset(&mut self);

    /// Writes the next command and its plan. Allocates nothing after the first call with the same
    /// `action`.
    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError>;

    /// The learned cost of the latest action, for a policy that has one.
    fn learned(&self) -> Option<&LearnedCost> {
        None
    }
}

impl<P: Policy + ?Sized> Policy for Box<P> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn reset(&mut self) {
        (**self).reset();
    }

    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        (**self).act(observation, action)
    }

    fn learned(&self) -> Option<&LearnedCost> {
        (**self).learned()
    }
}
