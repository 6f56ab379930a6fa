//! Worlds from other people's files.

mod barn;
mod doors;
mod floor_plan;
mod gazebo;

pub use barn::{BarnError, BarnWorld, read_barn_worlds};
pub use doors::{DoorDirection, DoorError, DoorPlace, MappedDoor, read_doors};
pub use gazebo::{GazeboError, gazebo_trial, read_gazebo_world};
