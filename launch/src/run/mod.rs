//! A training run: its directory, its data, its figures.

mod card;
mod directory;
mod metrics;
mod session;

pub use card::{Card, date, machine, version};
pub use directory::{RunDirectory, RunError, demonstration_files, read_demonstration};
pub use metrics::{Events, Metrics, MetricsError, Row};
pub use session::{Course, Order, Session};
