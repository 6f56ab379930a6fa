//! The guard: named checks between every policy and the wheels.
//!
//! | check | file | reaction |
//! | --- | --- | --- |
//! | sensor data is recent and plausible | `sensors.rs` | brake |
//! | odometry, feedback and commands agree | `motion.rs` | use the plausible one, or brake |
//! | the policy returns a finite command from a usable plan | `guarded.rs` | brake |
//! | speed and acceleration limits | `limits.rs` of the crate | the nearest command within |
//! | the outline stays clear of obstacles until rest | `clearance.rs` | an alternative, or brake |
//! | the outline stays on recently observed ground | `sight.rs` | an alternative, or brake |
//! | the robot is at rest before a moving object touches it | `passive.rs` | the same |
//! | exception: the plan evades objects that hit a braking robot | `evasion.rs` | follow the plan |
//!
//! The checks of clearance, sight and passive safety evaluate one [`BrakingTrajectory`]: the motion
//! until the command takes effect, the command, and the stop after it. `alternatives.rs` lists the
//! commands that are tried in place of a refused command. docs/safety.md is the safety case.

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
