//! Navigation metrics, as pure functions of the record of a drive.
//!
//! ```text
//! poses in time ──▶ Motion          length, turning, speed, smoothness, time at rest
//! gaps ───────────▶ Nearness        distance to pedestrians and the spaces of Hall (1966)
//! poses, movers ──▶ time to collision
//! pedestrians with and without the robot ──▶ Disturbance
//! movers in sight, tracks ──▶ TrackingMetrics
//! ```
//!
//! Names follow Francis et al., "Principles and guidelines for evaluating social robot navigation
//! algorithms" (2023), `SocNavBench` (Biswas et al. 2022) and `HuNavSim` (Pérez-Higueras et al.
//! 2023).

mod collision_time;
mod disturbance;
mod motion;
mod nearness;
mod tracking;

pub(crate) use collision_time::{Moving, time_to_touch_s};
pub use collision_time::{TTC_REACH_S, time_to_collision_s_min};
pub use disturbance::Disturbance;
pub(crate) use disturbance::undisturbed;
pub use motion::{Motion, spl};
pub use nearness::Nearness;
pub(crate) use nearness::PERSONAL_M;
pub use tracking::{TrackingMetrics, TrackingTally};
