//! Where the time of a tick goes.
//!
//! ```text
//! scan, odometry ─▶ map │ distance field, snapshot │ view, network │ MPC │ guard ─▶ command
//!                  map  │ ─ field and guard ─────── │ network       │ solve │ field and guard
//! ```
//!
//! The explicit policy follows a path where the others solve. What reached the controller in a
//! simulated or recorded drive (a [`Tape`]) is given to the node's pilot again, at full speed or at a
//! rate, and every stage is timed.

mod load;
mod measure;
mod stage;
mod stopwatch;
mod tape;

pub use load::BusyProcesses;
pub use measure::{Pace, STAGES, TimedPilot};
pub use stage::Stage;
pub use tape::{RecordedDrive, Tape};
