//! Files, figures, command line: the outside world.

pub mod ablation;
pub mod attention;
pub mod benchmark;

pub mod cli;
mod config;
mod demonstration;
mod driver;
mod evaluation;
mod interruption;
mod latency;
pub mod mapping;
pub mod mapping_speed;
mod measure;
#[cfg(feature = "mpi")]
mod mpi;
mod output;
mod pool;
mod power_law;
pub mod recording;
pub mod results;
pub mod run;
mod serve;
pub mod statistics;
mod teleop;
pub mod view;

pub use config::{Config, ConfigError};
pub use demonstration::{DemonstrateError, Demonstrated, demonstrate};
pub use driver::{Driver, ModelError, read_model};
pub use evaluation::{Report, Run, Trial, TrialError, run_trials};
pub use output::{OutputError, write_atomic};
pub use serve::Session;
