//! Global route planning to the goal on the current map.

mod lattice;
mod planner;
mod price;

pub use planner::{RoutePlanner, RouteStatus};
pub use price::RouteSettings;
