//! Latency of a tick by stage.
//!
//! ```text
//! scan, odometry ─▶ map │ distance field, snapshot │ view, network │ MPC │ guard ─▶ command
//!                  map  │ ─ field and guard ─────── │ network       │ solve │ field and guard
//! ```
//!
//! The explicit policy tracks a path in the stage `solve`. The inputs of a simulated or recorded
//! drive (a [`Tape`]) are fed to the node's pilot at full speed or at a fixed rate, and every stage
//! is timed.

mod load;
mod measure;
mod stage;
mod stopwatch;
mod tape;

pub use load::BusyProcesses;
pub use measure::{Pace, STAGES, TimedPilot};
pub use stage::Stage;
pub use tape::{RecordedDrive, Tape};
