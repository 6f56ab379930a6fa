//! Files, figures, command line: the outside world.

pub mod benchmark;

pub mod cli;
mod config;
mod demonstration;
mod door_row;
mod evaluation;
pub mod faults;
mod latency;
pub mod mapping;
pub mod mapping_speed;
mod measure;
mod model_path;
#[cfg(feature = "mpi")]
mod mpi;
pub mod onnx;
mod pool;
mod power_law;
pub mod results;
pub mod run;
mod simulated_robot;
pub mod soak;
mod source;
mod spread;
pub mod statistics;
mod stops;
mod teleop;
pub mod view;

pub use config::Config;
pub use demonstration::{DemonstrateError, Demonstrated, demonstrate};
pub use door_row::DoorRow;
pub use evaluation::{Report, Run, Trial, TrialError, run_trials};
pub use simulated_robot::{SimulatedRobot, SimulatedRobotError};
pub use source::{ReplayError, Source, read_driveable, read_recordings};
pub use spread::Spread;
