//! Policies that test the guard: whatever they command, the robot must be safe.

mod charging;
mod wild;

pub use charging::Charging;
pub use wild::Wild;
