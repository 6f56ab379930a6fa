//! Demonstrations to weights: behaviour cloning through the solution of an optimal control problem.
//!
//! ```text
//! MCAP ⇄ Demonstration ─▶ Sampler ─▶ Sample ─▶ Dataset
//! ```

mod dataset;
mod demonstration;
mod driven;
mod sample;
mod sampler;

pub use dataset::{Dataset, Episode, Part, Pick};
pub use demonstration::{
    About, Demonstration, DemonstrationError, Entry, ReadSettings, Record, Recorder,
};
pub use sample::{Label, Obstacles, Sample};
pub use sampler::{SampleError, Sampled, Sampler, SamplerSettings};
