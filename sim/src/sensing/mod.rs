//! What the robot senses of a world.

mod lidar;

pub use lidar::{Dropout, Lidar, LidarSettings};
