//! The explicit policy: a regressed path that is followed by pure pursuit, without optimal control.
//!
//! ```text
//! Observation ─▶ PathModel ─▶ RegressedPath ─▶ PurePursuit ─▶ command
//! ```
//!
//! It is the baseline of the learned cost: the same network whose output is the motion itself
//! (the explicit policy of Xiao et al. 2022).

mod head;
mod path;
mod pursuit;

pub use head::PathHeadSettings;
pub use path::{PathModel, PathParameters, RegressedPath};
pub use pursuit::{PurePursuit, PursuitSettings};
