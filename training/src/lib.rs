//! Demonstrations to weights: behaviour cloning through the solution of an optimal control problem.

pub mod network;
pub mod ops;
pub mod optimiser;
pub mod schedule;

pub use network::{Batch, Forward, Network, NetworkError};
pub use optimiser::{AdamW, AdamWSettings, clip_norm};
pub use schedule::Schedule;
