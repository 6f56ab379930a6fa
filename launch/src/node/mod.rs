//! The controller as a node: what ROS 2 needs of it, without ROS 2.
//!
//! ```text
//! messages ─▶ Mailboxes ─▶ Pilot ─▶ Tick ─▶ Outlet
//!              (any thread)  (Runner's own thread, at its Cadence)
//! ```

mod black_box;
mod cadence;
mod diagnosis;
mod explanation;
mod fault;
mod intake;
mod lifecycle;
mod mailbox;
pub mod messages;
mod parameters;
mod pilot;
mod reading;
mod recorder;
mod replay;
mod runner;
mod settings;
mod task;
mod views;
mod waiting;

pub use black_box::{Incident, IncidentCause, IncidentSettings};
pub use cadence::Cadence;
pub use diagnosis::{Diagnosis, TickTimes};
pub use explanation::Explanation;
pub use fault::{FaultClass, FaultCounts, MessageFault};
pub use intake::{Intake, Route, Said, SpeedCap};
pub use lifecycle::{State, Transition};
pub use mailbox::{BYTES_MAX, Mailbox, Mailboxes, RawInput, Source};
pub use parameters::{Parameters, Settable, bounds, settable};
pub use pilot::{Pilot, Taken, Tick};
pub use recorder::{IncidentAlarm, Recorder, RecorderError};
pub use replay::{Replay, ReplayFault, Replayed, recorded_config};
pub use runner::{EVENTS_MAX, Event, NodeClock, Outlet, REQUESTS_MAX, Request, Runner};
pub use settings::NodeSettings;
pub use task::{End, Hold};
pub use views::{costmap, costmap_raw, learned_markers, local_plan, outline, twist_stamped};
