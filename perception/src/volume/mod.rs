//! Voxel map: evidence of point clouds and depth images in columns of voxels, and its
//! classification for a robot that drives on the floor.
//!
//! ```text
//! PointCloud, DepthImage ─▶ Sightings (hit, passed; one stamp) ─▶ Column (evidence)
//!                                        Column ─▶ GroundMap ─▶ ColumnClass ─▶ the planar grid
//! ```
//!
//! A column has 64 layers, so that a set of layers is one `u64` and a whole column is processed at
//! once. Heights are measured from the floor under the robot, along the z axis of the odometry
//! frame.

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
