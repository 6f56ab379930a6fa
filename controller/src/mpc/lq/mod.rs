//! The linear-quadratic subproblem with bounds, and the interface of its solvers.
//!
//! ```text
//! min  Σ_{k<N} ½ x_k'Q_k x_k + u_k'S_k x_k + ½ u_k'R_k u_k + q_k'x_k + r_k'u_k  + ½ x_N'Q_N x_N + q_N'x_N
//! s.t. x_0 given,  x_{k+1} = A_k x_k + B_k u_k + c_k,
//!      u_lo ≤ u_k ≤ u_hi (k < N),  x_lo ≤ x_k ≤ x_hi (0 < k ≤ N)
//! ```
//!
//! Bounds may be infinite. [`KktResidual`] measures the accuracy of a solution.

mod kkt;
mod osqp;

mod problem;
mod riccati;

pub use kkt::KktResidual;
pub use osqp::{Osqp, OsqpSettings};
pub use problem::{Knot, LqProblem, LqSolution, LqStatus};
pub(super) use riccati::Convexifier;
pub use riccati::{Riccati, RiccatiSettings};

/// Solves the linear-quadratic problem. The solution's previous content is the warm start.
pub trait LqSolver<const NX: usize, const NU: usize>: Send {
    /// A short name for tables.
    fn name(&self) -> &'static str;

    /// Writes the minimiser and its multipliers. For any status but [`LqStatus::Solved`] the
    /// content of `solution` must not be used.
    fn solve(&mut self, problem: &LqProblem<NX, NU>, solution: &mut LqSolution<NX, NU>)
    -> LqStatus;
}
