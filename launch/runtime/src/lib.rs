//! Runtime of the controller on a robot, without simulation, training or pictures.
//!
//! ```text
//! layers (TOML) ─▶ RobotConfig ─▶ Driver ─▶ Agent
//! ROS 2, recordings ─▶ node::Pilot ─▶ Agent ─▶ commands       JSON lines ─▶ Session ─▶ Agent ─▶ commands
//! ```

pub mod carmen_log;
pub mod cli;
pub mod driver;
pub mod input;
pub mod interruption;
pub mod layers;
pub mod lines;
pub mod model_file;
pub mod node;
pub mod odometry_record;
pub mod output;
pub mod recording;
pub mod refusals;
mod robot_config;
#[cfg(feature = "ros2")]
pub mod ros;
mod serve;
pub mod topics;

pub use driver::{Driver, ModelError, read_model, read_weights};
pub use layers::ConfigError;
pub use output::{OutputError, write_atomic};
pub use refusals::Refusals;
pub use robot_config::RobotConfig;
pub use serve::Session;
