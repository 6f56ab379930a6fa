//! Maps on a regular grid: what each cell holds and how far the next obstacle is.

mod distance;
mod frame;
mod integrate;
mod occupancy;
mod trace;

pub use distance::{DistanceField, FieldSample};
pub use frame::GridFrame;
pub use integrate::ScanIntegrator;
pub use occupancy::{Cell, LogOdds, OccupancyGrid};
pub use trace::trace_cells;
