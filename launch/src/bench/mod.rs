//! Benchmarks: latency of a tick and of mapping, optimal control, endurance (soak), and braking of
//! a robot.

pub mod benchmark;
pub(crate) mod latency;
pub mod mapping_speed;
mod power_law;
pub mod soak;
pub(crate) mod stops;
