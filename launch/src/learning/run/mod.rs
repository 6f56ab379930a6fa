//! Training runs: directory, data and metrics.

mod card;
mod directory;
mod ground;
mod metrics;
mod order;
mod session;

pub use card::{Card, date, machine, version};
pub use directory::{RunDirectory, RunError, demonstration_files, read_demonstration};
pub use ground::Ground;
pub use metrics::{Events, Metrics, MetricsError, Row};
pub use order::Order;
pub use session::{Course, Session};
