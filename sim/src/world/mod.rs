//! Obstacles, floor and movers: solids with a height band, indexed for rays and distances.

mod bundle;
mod collision;
mod floor;
mod floor_patch;
mod footing;
mod hierarchy;
mod index;
mod mover;
mod obstacle;
mod primitive;
mod scene;
mod shape;
mod solid;
mod space;
mod truth;

pub(crate) use bundle::RayBundle;
pub use collision::Gap;
pub use floor_patch::FloorPatch;
pub use footing::Footing;
pub use mover::Mover;
pub use obstacle::{Material, Obstacle};
pub use scene::{Hit, Scene, Surroundings};
pub use shape::Shape;
pub use space::{World, WorldError};
pub use truth::{Band, CellTruth, Truth};
