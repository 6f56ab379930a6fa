//! The logic of the ROS 2 node, independent of ROS 2.
//!
//! ```text
//! messages ─▶ Mailboxes ─▶ Pilot ─▶ Tick ─▶ Outlet
//!              (any thread)  (Runner's own thread, at its Cadence)
//!                              └─ Pulse ─▶ Watchdog ─▶ zero commands (a thread of its own)
//! ```

mod admission;
mod black_box;
mod cadence;
mod clocks;
mod diagnosis;
mod explanation;
mod fault;
mod intake;
mod lifecycle;
mod mailbox;
pub mod messages;
mod parameters;
mod pilot;
mod pulse;
mod reading;
mod recorder;
mod replay;
mod request;
mod runner;
mod safety;
mod settings;
mod stop_inputs;
mod task;
mod views;
mod waiting;
mod watchdog;

pub use admission::{Admission, Admitted};
pub use black_box::{Incident, IncidentCause, IncidentSettings};
pub use cadence::Cadence;
pub use clocks::Clocks;
pub use diagnosis::{Diagnosis, TickTimes};
pub use explanation::Explanation;
pub use fault::{FaultClass, FaultCounts, MessageFault};
pub use intake::{Given, Intake, Route, Said, TILTED};
pub use lifecycle::{State, Transition};
pub use mailbox::{BYTES_MAX, Mailbox, Mailboxes, RawInput, Source};
pub use parameters::{Parameters, Settable, bounds, settable};
pub use pilot::{Pilot, Taken, Tick};
pub use pulse::{Health, Pulse};
pub use recorder::{COMMANDS, IncidentAlarm, Recorder, RecorderError};
pub use replay::{Replay, ReplayFault, Replayed, recorded_config};
pub use request::{Event, Request};
pub use runner::{EVENTS_MAX, NodeClock, Outlet, REQUESTS_MAX, Runner};
pub use settings::NodeSettings;
pub use stop_inputs::{StillPressed, StopState, device_name};
pub use task::{End, Hold};
pub use views::{costmap, costmap_raw, learned_markers, local_plan, outline, twist_stamped};
pub use watchdog::{LOOK, Watch, Watchdog};
