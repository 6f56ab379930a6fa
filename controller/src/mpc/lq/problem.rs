//! Data of the linear-quadratic problem and of its solution.

use nalgebra::{SMatrix, SVector};

/// One stage: dynamics to the next, cost, bounds. The last knot uses only `Q`, `q` and the state
/// bounds.
#[derive(Debug, Clone, PartialEq)]
#[allow(non_snake_case)] // the matrices keep the literature's capitals
pub struct Knot<const NX: usize, const NU: usize> {
    /// State transition.
    pub A: SMatrix<f64, NX, NX>,
    /// Input map.
    pub B: SMatrix<f64, NX, NU>,
    /// Affine part of the dynamics.
    pub c: SVector<f64, NX>,
    /// State Hessian, symmetric.
    pub Q: SMatrix<f64, NX, NX>,
    /// Mixed Hessian, inputs by states.
    pub S: SMatrix<f64, NU, NX>,
    /// Input Hessian, symmetric.
    pub R: SMatrix<f64, NU, NU>,
    /// State gradient.
    pub q: SVector<f64, NX>,
    /// Input gradient.
    pub r: SVector<f64, NU>,
    /// Lower bounds of the inputs.
    pub u_lo: SVector<f64, NU>,
    /// Upper bounds of the inputs.
    pub u_hi: SVector<f64, NU>,
    /// Lower bounds of the states; ignored in the first knot.
    pub x_lo: SVector<f64, NX>,
    /// Upper bounds of the states; ignored in the first knot.
    pub x_hi: SVector<f64, NX>,
}

impl<const NX: usize, const NU: usize> Default for Knot<NX, NU> {
    fn default() -> Self {
        Self {
            A: SMatrix::identity(),
            B: SMatrix::zeros(),
            c: SVector::zeros(),
            Q: SMatrix::zeros(),
            S: SMatrix::zeros(),
            R: SMatrix::zeros(),
            q: SVector::zeros(),
            r: SVector::zeros(),
            u_lo: SVector::repeat(f64::NEG_INFINITY),
            u_hi: SVector::repeat(f64::INFINITY),
            x_lo: SVector::repeat(f64::NEG_INFINITY),
            x_hi: SVector::repeat(f64::INFINITY),
        }
    }
}

/// The linear-quadratic problem: `N + 1` knots and the initial state.
#[derive(Debug, Clone, PartialEq)]
pub struct LqProblem<const NX: usize, const NU: usize> {
    /// `[N+1]`, first to last.
    pub knots: Vec<Knot<NX, NU>>,
    /// The initial state.
    pub x0: SVector<f64, NX>,
}

impl<const NX: usize, const NU: usize> Default for LqProblem<NX, NU> {
    fn default() -> Self {
        Self::new(0)
    }
}

impl<const NX: usize, const NU: usize> LqProblem<NX, NU> {
    /// A problem of `horizon` steps with identity dynamics, no cost and no bounds.
    pub fn new(horizon: usize) -> Self {
        Self {
            knots: vec![Knot::default(); horizon + 1],
            x0: SVector::zeros(),
        }
    }

    /// Number of steps, `N`.
    pub fn horizon(&self) -> usize {
        self.knots.len() - 1
    }
}

/// Minimiser and multipliers. A bound's multiplier is positive at an upper bound, negative at a
/// lower one and zero inside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LqSolution<const NX: usize, const NU: usize> {
    /// States, `[N+1]`.
    pub x: Vec<SVector<f64, NX>>,
    /// Inputs, `[N]`.
    pub u: Vec<SVector<f64, NU>>,
    /// Costates: multipliers of the dynamics into each state, `[N+1]`; the first is the gradient
    /// of the optimal value with respect to the initial state.
    pub costate: Vec<SVector<f64, NX>>,
    /// Multipliers of the input bounds, `[N]`.
    pub mu_u: Vec<SVector<f64, NU>>,
    /// Multipliers of the state bounds, `[N+1]`, the first zero.
    pub mu_x: Vec<SVector<f64, NX>>,
    /// Number of iterations of the solver.
    pub iterations: u32,
}

impl<const NX: usize, const NU: usize> LqSolution<NX, NU> {
    /// Resizes every sequence for `horizon` steps; present content remains as the warm start.
    pub fn resize(&mut self, horizon: usize) {
        self.x.resize(horizon + 1, SVector::zeros());
        self.u.resize(horizon, SVector::zeros());
        self.costate.resize(horizon + 1, SVector::zeros());
        self.mu_u.resize(horizon, SVector::zeros());
        self.mu_x.resize(horizon + 1, SVector::zeros());
    }
}

/// Exit status of a linear-quadratic solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LqStatus {
    /// The minimiser was found to the solver's tolerance.
    Solved,
    /// The cost has no minimum on the inputs that are free.
    NotConvex,
    /// No input satisfies the bounds.
    Infeasible,
    /// Iteration limit reached, or a number was not finite.
    Failed,
}
