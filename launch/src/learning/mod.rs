//! Training runs and the demonstrations that they learn from.

mod demonstration;
#[cfg(feature = "mpi")]
pub(crate) mod mpi;
pub mod run;
pub(crate) mod teleop;

pub use demonstration::{DemonstrateError, Demonstrated, demonstrate};
pub(crate) use demonstration::{drive_expert, keep};
