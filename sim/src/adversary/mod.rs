//! Adversarial policies that test the guard: the robot must be safe for any command.

mod charging;
mod wild;

pub use charging::Charging;
pub use wild::Wild;
