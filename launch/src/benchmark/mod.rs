//! The optimal control benchmark: exact instances, solved and scored as other solvers are.

mod instance;
mod objective;

pub use instance::{BenchmarkError, Instance, Instances};
pub use objective::{CircleObjective, VelocityBounds};
