mod action;
pub use action::{SolveStatus};
