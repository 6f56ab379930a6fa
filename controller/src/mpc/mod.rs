//! Optimal control: dynamics, the linear-quadratic subproblem, the outer loop.

pub mod lq;
