//! The Vision Performer: what the robot sees becomes the parameters of its cost.

mod config;

pub use config::{AttentionKernel, PerformerConfig, STATE_LEN, ViewSettings};
