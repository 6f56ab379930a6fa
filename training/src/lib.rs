//! Demonstrations to weights: behaviour cloning through the solution of an optimal control problem.

mod demonstration;

pub use demonstration::{
    About, Demonstration, DemonstrationError, Entry, ReadSettings, Record, Recorder,
};
