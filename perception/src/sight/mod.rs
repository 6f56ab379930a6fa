//! What range sensors see now, and whether they can be believed.
//!
//! ```text
//! LaserScan ─▶ ScanMonitor ─▶ accepted? ─▶ map, SightLayer (time of last sight of each cell)
//!                   └──────▶ SensorFault ─▶ SensorHealth ─▶ the guard
//! ```
//!
//! A scan that arrived is not a scan that said something: readings may be missing, constant, frozen,
//! or in contradiction to what the scanner saw a moment ago.

mod health;
mod layer;
mod lost_returns;
mod odometry_monitor;
mod polar;
mod scan_monitor;
mod sectors;
mod stream_monitor;

pub use health::{OdometryFault, SensorFault, SensorHealth, SensorKind, SensorState};
pub use layer::SightLayer;
pub use sectors::Sectors;

pub(crate) use lost_returns::LostReturns;
pub(crate) use odometry_monitor::OdometryMonitor;
pub(crate) use scan_monitor::ScanMonitor;
pub(crate) use stream_monitor::StreamMonitor;
