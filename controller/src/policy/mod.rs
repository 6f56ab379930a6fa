//! What decides: an observation in, an action out.

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

/// Why a policy could not act. The robot is then stopped by its guard.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// The goal or the measured state holds NaN or infinity.
    #[error("{what} is not finite")]
    NotFinite {
        /// What was wrong.
        what: &'static str,
    },
    /// A sequence has the wrong length.
    #[error("{what} has {found} numbers: expected {expected}")]
    Length {
        /// What was wrong.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it may have.
        expected: usize,
    },
}

/// Turns an observation into an action. The same observations after `reset` give the same actions.
pub trait Policy: Send {
    /// A short name for tables and legends.
    fn name(&self) -> &str;

    /// Forgets the past: warm starts, memory.
    fn reset(&mut self);

    /// Writes the next command and the plan behind it. Allocates nothing once every buffer of
    /// `action` has been through one call.
    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError>;

    /// The learned cost behind the latest action, of a policy that has one.
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
