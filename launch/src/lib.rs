//! Files, figures, command line: the outside world.

pub mod benchmark;

mod config;

mod output;

pub use config::{Config, ConfigError};
pub use output::{OutputError, write_atomic};
