//! Import of worlds and recordings in foreign formats.

mod barn;
mod doors;
mod floor_plan;
mod gazebo;
mod recording;

pub use barn::{BarnError, BarnWorld, read_barn_worlds};
pub use doors::{DoorDirection, DoorError, DoorPlace, MappedDoor, read_doors};
pub use gazebo::{GazeboError, GazeboWorld, OpenModel, gazebo_trial, read_gazebo_world};
pub use recording::{Recording, RecordingError, Track};
