//! Maps as the ROS map server keeps them: an image and a YAML file that explains it.

mod image;
mod meta;
mod static_map;

pub use meta::{MapError, MapMeta, MapMode};
pub use static_map::StaticMap;
