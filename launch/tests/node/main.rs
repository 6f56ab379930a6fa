//! The node without ROS: messages in, commands out, in simulated time.
#![allow(clippy::unwrap_used)]

mod incidents;
mod messages;
mod paths;
mod pilot;
mod recordings;
mod runner;
#[path = "../../../perception/tests/shared/mod.rs"]
mod shared;
mod stops;
mod watchdog;
