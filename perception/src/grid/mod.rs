//! Regular grids: occupancy, sub-cell surfaces, distance to obstacles and change between maps.

mod distance;
mod frame;
mod integrate;
mod motion;
mod occupancy;
mod roll;
mod surface;
mod trace;

pub use distance::{DistanceField, FieldSample};
pub use frame::GridFrame;
pub use integrate::ScanIntegrator;
pub use motion::{MotionLayer, MotionSettings};
pub use occupancy::{Cell, LogOdds, OccupancyGrid};
pub use surface::{SURFACE_SLACK_M, Surface};
pub use trace::trace_cells;

pub(crate) use motion::MotionTracker;
pub(crate) use roll::{roll, roll_indices};
pub(crate) use surface::SurfaceLayer;
