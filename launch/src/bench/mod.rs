//! Measurements: time of a tick and of the map, the optimal control benchmark, hours with one agent, stops
//! of a robot.

pub mod benchmark;
pub(crate) mod latency;
pub mod mapping_speed;
mod power_law;
pub mod soak;
pub(crate) mod stops;
