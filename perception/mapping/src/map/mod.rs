//! Maps in the format of the ROS map server: an image and a YAML file with its metadata.

mod image;
mod meta;
mod static_map;

pub use meta::{MapError, MapMeta, MapMode};
pub use static_map::StaticMap;
