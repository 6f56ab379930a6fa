//! The recorder's thread: the recording of a drive, and the seconds around incidents.
//!
//! ```text
//! Recorder ─▶ bounded queue ─▶ Writer ─┬▶ ActiveFile NAME.mcap.active ─▶ NAME.mcap
//! (control loop)         (own thread)  └▶ Ring, the last seconds ─▶ ActiveFile incident_….mcap
//! ```
//!
//! The control loop never waits for it. Messages that do not fit into the queue, or cannot be
//! written, are counted.

mod account;
mod active_file;
mod carried;
mod entry;
mod incident;
mod incident_files;
mod incidents;
mod ring;
mod writer;

pub use incident::{Incident, IncidentCause, IncidentSettings};

pub(super) use account::{Account, Task};
pub(super) use active_file::ActiveFile;
pub(super) use entry::{Carry, Entry, Order};
pub(super) use incident::reason_name;
pub(super) use incidents::Incidents;
pub(super) use writer::Writer;

/// Topic of the description of an incident file, as TOML: its first message.
pub(super) const INCIDENT: &str = "/performer_mpc/incident";
