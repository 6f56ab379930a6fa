//! Command line, files, evaluation, training and benchmarks of Performer-MPC.

pub mod bench;
pub mod cli;
mod config;
pub mod evaluation;
pub mod faults;
pub mod learning;
pub mod mapping;
pub mod onnx;
pub mod results;
mod simulated_robot;
pub mod view;

pub use config::Config;
pub use evaluation::{
    DoorRow, ReplayError, Report, Run, Source, Spread, Trial, TrialError, read_driveable,
    read_recordings, run_trials,
};
pub use learning::{DemonstrateError, Demonstrated, demonstrate};
pub use simulated_robot::{SimulatedRobot, SimulatedRobotError};
