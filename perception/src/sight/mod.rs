//! Plausibility and health monitoring of range sensors and odometry.
//!
//! ```text
//! LaserScan ─▶ ScanMonitor ─▶ accepted? ─▶ map, SightLayer (last observation of each cell)
//!                   └──────▶ SensorFault ─▶ SensorHealth ─▶ the guard
//! ```
//!
//! The monitors check the content of each scan, not only its arrival: readings may be missing,
//! constant, frozen, or in contradiction to earlier scans.

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
