//! What stands in the robot's way: solid shapes with a height, indexed for rays and distances.

mod collision;
mod index;
mod obstacle;
mod primitive;
mod shape;
mod space;

pub use collision::Gap;
pub use obstacle::Obstacle;
pub use shape::Shape;
pub use space::{World, WorldError};
