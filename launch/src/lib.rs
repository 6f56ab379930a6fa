//! Files, figures, command line: the outside world.

pub mod ablation;
pub mod attention;
pub mod benchmark;

pub mod cli;
mod config;
mod demonstration;
mod door_row;
mod driver;
mod evaluation;
pub mod faults;
mod input;
mod interruption;
mod latency;
mod lines;
pub mod mapping;
pub mod mapping_speed;
mod measure;
mod model_file;
mod model_path;
#[cfg(feature = "mpi")]
mod mpi;
pub mod node;
mod odometry_record;
pub mod onnx;
mod output;
mod pool;
mod power_law;
pub mod recording;
mod refusals;
pub mod results;
#[cfg(feature = "ros2")]
pub mod ros;
pub mod run;
mod serve;
mod simulated_robot;
pub mod soak;
mod source;
mod spread;
pub mod statistics;
mod stops;
mod teleop;
mod topics;
pub mod view;

pub use config::{Config, ConfigError};
pub use demonstration::{DemonstrateError, Demonstrated, demonstrate};
pub use door_row::DoorRow;
pub use driver::{Driver, ModelError, read_model, read_weights};
pub use evaluation::{Report, Run, Trial, TrialError, run_trials};
pub use output::{OutputError, write_atomic};
pub use refusals::Refusals;
pub use serve::Session;
pub use simulated_robot::{SimulatedRobot, SimulatedRobotError};
pub use source::{ReplayError, Source, read_driveable, read_recordings};
pub use spread::Spread;
