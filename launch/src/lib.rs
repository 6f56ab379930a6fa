//! Files, figures, command line: the outside world.

pub mod benchmark;
pub mod cli;
mod config;
mod demonstration;
mod evaluation;
mod output;
mod serve;
mod teleop;
pub mod view;

pub use config::{Config, ConfigError};
pub use demonstration::{DemonstrateError, Demonstrated, demonstrate};
pub use evaluation::{Report, Run, Trial, TrialError, run_trials};
pub use output::{OutputError, write_atomic};
pub use serve::Session;
pub use teleop::{Press, TeleopSettings, Wheel};
