//! The guard: named checks between every policy and the wheels.
//!
//! | check | file | reaction |
//! | --- | --- | --- |
//! | sensors deliver, and can be believed | `sensors.rs` | brake |
//! | odometry and velocity feedback agree with each other and with the commands | `motion.rs` | the plausible one is used, or brake |
//! | the policy gives a finite command from a usable plan | `guarded.rs` | brake |
//! | speed and acceleration limits | `limits.rs` of the crate | the nearest command within |
//! | the outline stays clear of obstacles until rest | `clearance.rs` | an alternative, or brake |
//! | the outline stays on ground that was seen recently until rest | `sight.rs` | an alternative, or brake |
//! | at rest before a moving person or object touches the robot | `passive.rs` | an alternative, or brake |
//! | unless the policy's plan evades movers that would hit a robot that brakes | `evasion.rs` | the plan is driven on |
//!
//! The three before judge one [`BrakingTrajectory`]: what the robot does until its command takes
//! effect, the command, and the stop after it. `alternatives.rs` lists what is tried in place of a
//! refused command. docs/safety.md is the safety case.

mod alternatives;
mod braking;
mod clearance;
mod evasion;
mod feedback;
mod finding;
mod guarded;
mod motion;
mod outline;
mod passive;
mod pending;
mod sensors;
mod settings;
mod sight;
mod startup;
mod tick;

pub use finding::{Finding, MotionFault};
pub use guarded::Guarded;
pub use motion::{Motion, MotionEstimator};
pub use passive::PassiveSettings;
pub use settings::{GuardSettings, SightSettings};

use braking::BrakingTrajectory;
pub(crate) use clearance::Clearance;
pub(crate) use outline::Outline;
