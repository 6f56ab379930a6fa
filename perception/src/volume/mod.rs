//! What stands at which height: evidence of clouds and depth images in columns of voxels, and what
//! it means for a robot that drives on the floor.
//!
//! ```text
//! PointCloud, DepthImage ─▶ Sightings (hit, passed; one stamp) ─▶ Column (evidence)
//!                                        Column ─▶ GroundMap ─▶ ColumnClass ─▶ the planar grid
//! ```
//!
//! A column is 64 layers high, so that a set of layers is one `u64` and what a whole column saw or
//! holds is worked on at once. Heights are counted from the floor under the robot, along the
//! odometry frame's z axis.

mod blocks;
mod builder;
mod class;
mod cloud;
mod column;
mod depth;
mod ends;
mod grid;
mod ground;
mod lattice;
mod layers;
mod leaving;
mod levelling;
mod reduction;
mod settings;
mod sightings;
mod standing;
mod tally;
mod trace;

pub use builder::VolumeBuilder;
pub use class::ColumnClass;
pub use grid::VolumeGrid;
pub use settings::{CloudSettings, DepthSettings, LevellingSettings, VolumeSettings};

pub(crate) use lattice::{SensorPath, SensorPose};
pub(crate) use leaving::PlanarLayer;
