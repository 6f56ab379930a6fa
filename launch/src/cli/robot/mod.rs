//! Recordings, maps and settings of a robot.

pub(super) mod config;
pub(super) mod map;
pub(super) mod map_arguments;
pub(super) mod replay;
