//! A path along the horizon that is regressed and then followed, with nothing optimised.
//!
//! ```text
//! Observation ─▶ PathModel ─▶ RegressedPath ─▶ PurePursuit ─▶ command
//! ```
//!
//! What the learned cost is measured against: the same network, its output taken for the motion
//! itself. Xiao et al. 2022 call it the explicit policy.

mod head;
mod path;
mod pursuit;

pub use head::PathHeadSettings;
pub use path::{PathModel, PathParameters, RegressedPath};
pub use pursuit::{PurePursuit, PursuitSettings};
