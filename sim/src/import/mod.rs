//! Worlds from other people's files.

mod barn;
mod gazebo;

pub use barn::{BarnError, BarnWorld, read_barn_worlds};
pub use gazebo::{GazeboError, gazebo_trial, read_gazebo_world};
