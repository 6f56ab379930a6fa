//! Training of weights from demonstrations: behaviour cloning through the solution of an optimal
//! control problem.
//!
//! ```text
//! Demonstration ─▶ Sample ─▶ Network ─▶ CostParameters ─▶ MPC ─▶ plan ─▶ loss
//!                               ▲          adjoint ◀── ∂loss/∂plan ◀──────┘
//!                             AdamW ◀── gradient
//! ```
//!
//! A network of the explicit policy regresses the plan itself, without an optimal control problem.
//!
//! This crate opens no file and reads no clock; its only threads are those of a step's shards.

mod aggregate;
mod backprop;
mod checkpoint;
mod dataset;
mod demonstration;
mod loss;
pub mod network;
pub mod ops;
mod optimiser;
mod ranks;
mod regression;
mod schedule;
mod settings;
mod shard;
mod trainer;

pub use aggregate::roll_out;
pub use backprop::{Purpose, Tally, Worker};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use dataset::{Sample, Sampler, Scratch, is_test_episode};
pub use demonstration::{
    About, Demonstration, DemonstrationError, Entry, ReadSettings, Record, Recorder,
};
pub use loss::{LossSettings, hausdorff_m};
pub use network::{Batch, Forward, Network, NetworkError};
pub use optimiser::{AdamW, AdamWSettings, clip_norm};
pub use ranks::{Alone, Ranks};
pub use schedule::Schedule;
pub use settings::{AggregationSettings, OptimiserSettings, TrainingSettings};
pub use shard::{Drawn, Shard, Source, StreamKey};
pub use trainer::{StepReport, TestReport, Trainer, TrainerState, TrainingError};
