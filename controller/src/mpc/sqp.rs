//! Sequential quadratic programming on the inputs alone: states follow by rollout, so every
//! iterate satisfies the dynamics exactly.
//!
//! ```text
//! repeat  expand cost and dynamics about (x, u), curvature of the Lagrangian included
//!         solve the bounded LQ problem for the step (δx, δu)
//!         u ← u + s δu,  s by backtracking on the true cost (Armijo)
//! until   the Newton decrement -D/2 ≤ tolerance (1 + |J|),  D = dJ(u + s δu)/ds at s = 0
//! ```
//!
//! With exact curvature the step is a Newton step on `J(u)` (Dunn and Bertsekas 1989) and
//! convergence is quadratic. If that model has no minimum, the expansion falls back to its convex
//! part.
#![allow(non_snake_case)]

use nalgebra::SVector;
use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::dynamics::Dynamics;
use super::lq::{LqProblem, LqSolver, LqStatus};
use super::ocp::{Curvature, Objective, Ocp, Solution};
use crate::policy::SolveStatus;

/// Sufficient decrease of the line search (Nocedal and Wright 2006, eq. 3.4).
const ARMIJO: f64 = 1e-4;
/// Bound violation above which the full step is taken.
const FEASIBLE: f64 = 1e-9;

/// Tolerance and iteration limits of the outer loop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SqpSettings {
    /// Relative Newton decrement at which a solve has converged.
    pub tolerance: f64,
    /// Maximum number of outer iterations.
    pub max_iterations: u32,
    /// Maximum number of halvings of the step in the line search.
    pub max_backtracks: u32,
}

impl Default for SqpSettings {
    fn default() -> Self {
        Self {
            tolerance: 1e-8,
            max_iterations: 100,
            max_backtracks: 16,
        }
    }
}

impl SqpSettings {
    /// Checks tolerance and iteration limits against their bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mpc.sqp";
        SettingsError::ensure_within(section, &[("tolerance", self.tolerance, 1e-15..=1.0)])?;
        SettingsError::ensure_within(
            section,
            &[
                ("max_iterations", self.max_iterations, 1..=500),
                ("max_backtracks", self.max_backtracks, 0..=64),
            ],
        )
    }
}

/// Outer loop with its workspace.
#[derive(Debug, Default)]
pub struct Sqp<const NX: usize, const NU: usize> {
    settings: SqpSettings,
    problem: LqProblem<NX, NU>,
    trial_x: Vec<SVector<f64, NX>>,
    trial_u: Vec<SVector<f64, NU>>,
}

impl<const NX: usize, const NU: usize> Sqp<NX, NU> {
    /// An outer loop with these settings.
    pub fn new(settings: SqpSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Optimises `solution.u` to convergence; all other fields of `solution` are overwritten.
    pub fn solve<D: Dynamics<NX, NU>, O: Objective<NX, NU>>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, NU>,
        solver: &mut dyn LqSolver<NX, NU>,
        solution: &mut Solution<NX, NU>,
    ) {
        self.start(ocp, solution);
        for iteration in 0..self.settings.max_iterations {
            if let Some(status) = self.iterate(ocp, solver, solution) {
                solution.status = status;
                return;
            }
            solution.iterations = iteration + 1;
        }
        solution.status = SolveStatus::MaxIterations;
    }

    /// Clamps the initial guess to its bounds and rolls it out.
    pub fn start<D: Dynamics<NX, NU>, O: Objective<NX, NU>>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, NU>,
        solution: &mut Solution<NX, NU>,
    ) {
        let horizon = ocp.bounds.inputs.len();
        solution.x.resize(horizon + 1, SVector::zeros());
        solution.u.resize(horizon, SVector::zeros());
        solution.lq.resize(horizon);
        self.problem
            .knots
            .resize_with(horizon + 1, Default::default);
        self.trial_x.resize(horizon + 1, SVector::zeros());
        self.trial_u.resize(horizon, SVector::zeros());
        for (u, [lo, hi]) in solution.u.iter_mut().zip(&ocp.bounds.inputs) {
            *u = u.zip_zip_map(lo, hi, |u, lo, hi| {
                if u.is_finite() {
                    u.max(lo).min(hi)
                } else {
                    0.0
                }
            });
        }
        solution.iterations = 0;
        solution.status = SolveStatus::NotRun;
        solution.cost = rollout(ocp, &solution.u, &mut solution.x);
    }

    /// Performs one outer iteration; returns a status when it was the last.
    pub fn iterate<D: Dynamics<NX, NU>, O: Objective<NX, NU>>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, NU>,
        solver: &mut dyn LqSolver<NX, NU>,
        solution: &mut Solution<NX, NU>,
    ) -> Option<SolveStatus> {
        if !solution.cost.is_finite() {
            return Some(SolveStatus::NumericalError);
        }
        let infeasible = self.expand(ocp, solution, Curvature::Smooth) > FEASIBLE;
        let mut status = solver.solve(&self.problem, &mut solution.lq);
        let mut slope = self.slope(solution);
        let mut curvature = Curvature::Smooth;
        if status != LqStatus::Solved || (slope > 0.0 && !infeasible) {
            curvature = Curvature::Convex;
            self.expand(ocp, solution, curvature);
            status = solver.solve(&self.problem, &mut solution.lq);
            slope = self.slope(solution);
        }
        match status {
            LqStatus::Solved => {}
            LqStatus::Infeasible => return Some(SolveStatus::Infeasible),
            LqStatus::NotConvex | LqStatus::Failed => return Some(SolveStatus::NumericalError),
        }
        let scale = 1.0 + solution.cost.abs();
        if !infeasible && -0.5 * slope <= self.settings.tolerance * scale {
            return Some(SolveStatus::Solved);
        }
        if self.line_search(ocp, solution, slope, infeasible) {
            return None;
        }
        if curvature == Curvature::Smooth {
            self.expand(ocp, solution, Curvature::Convex);
            if solver.solve(&self.problem, &mut solution.lq) == LqStatus::Solved {
                let slope = self.slope(solution);
                if self.line_search(ocp, solution, slope, infeasible) {
                    return None;
                }
            }
        }
        // No decrease with either model: the cost is at its rounding floor.
        Some(if -0.5 * slope <= 1e3 * self.settings.tolerance * scale {
            SolveStatus::Solved
        } else {
            SolveStatus::MaxIterations
        })
    }

    /// Fills the LQ problem about the current trajectory; returns the largest bound violation.
    fn expand<D: Dynamics<NX, NU>, O: Objective<NX, NU>>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, NU>,
        at: &Solution<NX, NU>,
        curvature: Curvature,
    ) -> f64 {
        let horizon = at.u.len();
        let mut violation = 0.0_f64;
        let mut costate = SVector::zeros();
        for k in (0..=horizon).rev() {
            let knot = &mut self.problem.knots[k];
            let x = &at.x[k];
            if k == horizon {
                ocp.objective.expand_terminal(x, curvature, knot);
                costate = knot.q;
            } else {
                let u = &at.u[k];
                ocp.dynamics.linearise(x, u, knot);
                ocp.objective.expand_stage(k, x, u, curvature, knot);
                if curvature == Curvature::Smooth {
                    ocp.dynamics.add_curvature(x, u, &costate, knot);
                }
                let [lo, hi] = &ocp.bounds.inputs[k];
                knot.u_lo = lo - u;
                knot.u_hi = hi - u;
                // kept for the slope: total derivative of the cost with respect to this input
                self.trial_u[k] = knot.r + knot.B.tr_mul(&costate);
                costate = knot.q + knot.A.tr_mul(&costate);
            }
            if k > 0 {
                let [lo, hi] = &ocp.bounds.states[k];
                knot.x_lo = lo - x;
                knot.x_hi = hi - x;
                violation = violation.max(knot.x_lo.max()).max(-knot.x_hi.min());
            }
        }
        violation
    }

    /// Directional derivative of the cost along the step; to be called before the next trial.
    fn slope(&self, solution: &Solution<NX, NU>) -> f64 {
        self.trial_u
            .iter()
            .zip(&solution.lq.u)
            .map(|(g, step)| g.dot(step))
            .sum()
    }

    /// Backtracks to a sufficient decrease of the cost; true when a step was taken.
    fn line_search<D: Dynamics<NX, NU>, O: Objective<NX, NU>>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, NU>,
        solution: &mut Solution<NX, NU>,
        slope: f64,
        infeasible: bool,
    ) -> bool {
        let mut length = 1.0;
        for _ in 0..=self.settings.max_backtracks {
            for (k, trial) in self.trial_u.iter_mut().enumerate() {
                *trial = solution.u[k] + solution.lq.u[k] * length;
            }
            let cost = rollout(ocp, &self.trial_u, &mut self.trial_x);
            if cost < solution.cost + ARMIJO * length * slope || (infeasible && cost.is_finite()) {
                solution.cost = cost;
                std::mem::swap(&mut solution.u, &mut self.trial_u);
                std::mem::swap(&mut solution.x, &mut self.trial_x);
                return true;
            }
            length *= 0.5;
        }
        false
    }
}

/// Rolls out the dynamics from `x0`; returns the cost.
pub fn rollout<D: Dynamics<NX, NU>, O: Objective<NX, NU>, const NX: usize, const NU: usize>(
    ocp: &Ocp<'_, D, O, NX, NU>,
    u: &[SVector<f64, NU>],
    x: &mut [SVector<f64, NX>],
) -> f64 {
    x[0] = ocp.x0;
    let mut cost = 0.0;
    for (k, u) in u.iter().enumerate() {
        cost += ocp.objective.stage(k, &x[k], u);
        x[k + 1] = ocp.dynamics.step(&x[k], u);
    }
    cost + ocp.objective.terminal(&x[u.len()])
}
