//! Maps on a regular grid: what each cell holds and how far the next obstacle is.

mod distance;
mod frame;
mod occupancy;
mod trace;

pub use distance::{DistanceField, FieldSample};
pub use frame::GridFrame;
pub use occupancy::{Cell, LogOdds, OccupancyGrid};
pub use trace::trace_cells;
