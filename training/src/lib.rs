//! Demonstrations to weights: behaviour cloning through the solution of an optimal control problem.
//!
//! ```text
//! Demonstration ─▶ Sample ─▶ Network ─▶ CostParameters ─▶ MPC ─▶ plan ─▶ loss
//!                               ▲          adjoint ◀── ∂loss/∂plan ◀──────┘
//!                             AdamW ◀── gradient
//! ```
//!
//! This crate opens no file and reads no clock; its only threads are those of a step's shards.

mod demonstration;
pub mod network;
pub mod ops;
pub mod optimiser;
pub mod schedule;

pub use demonstration::{
    About, Demonstration, DemonstrationError, Entry, ReadSettings, Record, Recorder,
};
pub use network::{Batch, Forward, Network, NetworkError};
pub use optimiser::{AdamW, AdamWSettings, clip_norm};
pub use schedule::Schedule;
