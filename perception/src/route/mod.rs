//! A coarse way to the goal over the map built so far.

mod lattice;
mod planner;
mod price;

pub use planner::{RoutePlanner, RouteStatus};
pub use price::RouteSettings;
