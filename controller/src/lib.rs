//! Map to command: what to do.

pub mod mpc;
mod policy;

pub use policy::{Action, Goal, Intervention, Observation, Plan, Policy, PolicyError, SolveStatus};
