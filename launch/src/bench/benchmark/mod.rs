//! A public optimal control benchmark: a unicycle among circles.

mod gradient;
mod instance;
mod objective;
mod runner;

pub use gradient::{GradientAnswer, LearnedQuadratic};
pub use instance::{BenchmarkError, Instance, Instances, ProblemDefinition};
pub use objective::{CircleObjective, VelocityBounds};
pub use runner::{ColdAnswer, LoopAnswer, Method, Request, Runner};
