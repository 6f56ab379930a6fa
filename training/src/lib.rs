//! Demonstrations to weights: behaviour cloning through the solution of an optimal control problem.
//!
//! ```text
//! MCAP ⇄ Demonstration ─▶ Sampler ─▶ Sample ─▶ Dataset
//!                 Sample ─▶ Network ─▶ CostParameters ─▶ MPC ─▶ plan ─▶ loss
//!                             ▲          adjoint ◀── ∂loss/∂plan ◀──────┘
//!                           AdamW ◀── gradient
//! ```
//!
//! This crate opens no file and reads no clock; its only threads are those of a step's shards.

mod dataset;
mod demonstration;
mod driven;
pub mod network;
pub mod ops;
pub mod optimiser;
mod sample;
mod sampler;
pub mod schedule;

pub use dataset::{Dataset, Episode, Part, Pick};
pub use demonstration::{
    About, Demonstration, DemonstrationError, Entry, ReadSettings, Record, Recorder,
};
pub use network::{Batch, Forward, Network, NetworkError};
pub use optimiser::{AdamW, AdamWSettings, clip_norm};
pub use sample::{Label, Obstacles, Sample};
pub use sampler::{SampleError, Sampled, Sampler, SamplerSettings};
pub use schedule::Schedule;
