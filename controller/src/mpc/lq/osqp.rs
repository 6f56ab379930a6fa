//! The linear-quadratic problem as one sparse quadratic program for OSQP (Stellato et al. 2020), an
//! independent first-order method: slower, and the reference for tests of the Riccati solver.
//!
//! ```text
//! z = [x_0, u_0, x_1, u_1, .., x_N]
//! rows: x_0 = x0;  x_{k+1} - A_k x_k - B_k u_k = c_k;  lo ≤ z ≤ hi
//! ```

use std::borrow::Cow;

use nalgebra::DMatrix;
use osqp::{CscMatrix, Problem, Settings, Status};
use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::riccati::{bounds_cross, is_convex};
use super::{LqProblem, LqSolution, LqSolver, LqStatus};

/// Value that OSQP treats as infinite.
const INFINITY: f64 = 1e30;

/// Tolerances and iteration limits of OSQP.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OsqpSettings {
    /// Absolute and relative tolerance of the residuals.
    pub tolerance: f64,
    /// Maximum number of iterations.
    pub max_iterations: u32,
    /// Refines the result on the detected active constraints (polishing).
    pub polish: bool,
}

impl Default for OsqpSettings {
    fn default() -> Self {
        Self {
            tolerance: 1e-7,
            max_iterations: 20_000,
            polish: true,
        }
    }
}

impl OsqpSettings {
    /// Checks tolerance and iteration limits against their bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mpc.osqp";
        SettingsError::ensure_within(section, &[("tolerance", self.tolerance, 1e-12..=1.0)])?;
        let iterations = [("max_iterations", self.max_iterations, 1..=100_000)];
        SettingsError::ensure_within(section, &iterations)
    }
}

/// OSQP solver; it keeps its workspace while the horizon is unchanged.
#[derive(Default)]
pub struct Osqp<const NX: usize, const NU: usize> {
    settings: OsqpSettings,
    problem: Option<Problem>,
    data: Data,
}

/// The quadratic program in the format of OSQP.
#[derive(Default)]
struct Data {
    variables: usize,
    hessian_starts: Vec<usize>,
    hessian_rows: Vec<usize>,
    hessian: Vec<f64>,
    gradient: Vec<f64>,
    rows: usize,
    constraint_starts: Vec<usize>,
    constraint_rows: Vec<usize>,
    constraints: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    start: Vec<f64>,
    start_dual: Vec<f64>,
}

impl<const NX: usize, const NU: usize> Osqp<NX, NU> {
    /// A solver with these settings.
    pub fn new(settings: OsqpSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }
}

impl<const NX: usize, const NU: usize> LqSolver<NX, NU> for Osqp<NX, NU> {
    fn name(&self) -> &'static str {
        "osqp"
    }

    fn solve(
        &mut self,
        problem: &LqProblem<NX, NU>,
        solution: &mut LqSolution<NX, NU>,
    ) -> LqStatus {
        solution.resize(problem.horizon());
        if bounds_cross(problem) {
            return LqStatus::Infeasible;
        }
        // On a saddle OSQP may diverge undetected, or print to standard output.
        if !is_convex(problem) || !stages_are_convex(problem) {
            return LqStatus::NotConvex;
        }
        self.data.fill(problem);
        if !self.data.is_finite() {
            return LqStatus::Failed;
        }
        let same_shape = self.problem.is_some() && self.data.start.len() == self.data.variables;
        if same_shape {
            self.data.warm_start(solution);
        }
        let data = &mut self.data;
        let settings = &self.settings;
        let osqp = match &mut self.problem {
            Some(osqp) if same_shape => {
                osqp.update_P_A(data.hessian_matrix(), data.constraint_matrix());
                osqp.update_lin_cost(&data.gradient);
                osqp.update_bounds(&data.lower, &data.upper);
                osqp.warm_start(&data.start, &data.start_dual);
                osqp
            }
            slot => {
                let created = Problem::new(
                    data.hessian_matrix(),
                    &data.gradient,
                    data.constraint_matrix(),
                    &data.lower,
                    &data.upper,
                    &options(settings),
                );
                let Ok(created) = created else {
                    return LqStatus::Failed;
                };
                data.start.resize(data.variables, 0.0);
                data.start_dual.resize(data.rows, 0.0);
                slot.insert(created)
            }
        };
        let status = osqp.solve();
        solution.iterations = status.iter();
        match status {
            Status::Solved(found) => {
                unpack(found.x(), found.y(), solution);
                LqStatus::Solved
            }
            Status::PrimalInfeasible(_) | Status::PrimalInfeasibleInaccurate(_) => {
                LqStatus::Infeasible
            }
            Status::DualInfeasible(_) | Status::NonConvex(_) => LqStatus::NotConvex,
            _ => LqStatus::Failed,
        }
    }
}

/// True when the Hessian of every stage is positive semi-definite: sufficient, not necessary, for a
/// unique minimum, and required by the factorisation of OSQP.
fn stages_are_convex<const NX: usize, const NU: usize>(problem: &LqProblem<NX, NU>) -> bool {
    let last = problem.knots.len().saturating_sub(1);
    problem.knots.iter().enumerate().all(|(k, knot)| {
        let inputs = if k == last { 0 } else { NU };
        let mut hessian = DMatrix::<f64>::zeros(NX + inputs, NX + inputs);
        hessian.view_mut((0, 0), (NX, NX)).copy_from(&knot.Q);
        if inputs > 0 {
            hessian.view_mut((NX, NX), (NU, NU)).copy_from(&knot.R);
            hessian.view_mut((NX, 0), (NU, NX)).copy_from(&knot.S);
            hessian
                .view_mut((0, NX), (NX, NU))
                .copy_from(&knot.S.transpose());
        }
        let rounding = 1e-9 * (1.0 + hessian.amax());
        for i in 0..NX + inputs {
            hessian[(i, i)] += rounding;
        }
        hessian.cholesky().is_some()
    })
}

fn options(settings: &OsqpSettings) -> Settings {
    Settings::default()
        .verbose(false)
        .eps_abs(settings.tolerance)
        .eps_rel(settings.tolerance)
        .max_iter(settings.max_iterations)
        .polish(settings.polish)
        // by default OSQP adapts rho by wall-clock time, and runs would not be reproducible
        .adaptive_rho_interval(Some(25))
}

impl Data {
    fn fill<const NX: usize, const NU: usize>(&mut self, problem: &LqProblem<NX, NU>) {
        let horizon = problem.horizon();
        let width = NX + NU;
        let variables = horizon * width + NX;
        if self.variables != variables {
            *self = Self::default();
            self.variables = variables;
            self.rows = (horizon + 1) * NX + variables;
        }
        self.clear();
        self.constraint_starts.push(0);
        self.hessian_starts.push(0);
        for (k, knot) in problem.knots.iter().enumerate() {
            let bound_row = (horizon + 1) * NX + k * width;
            for i in 0..NX {
                self.hessian_column((0..=i).map(|j| knot.Q[(j, i)]), k * width);
                self.gradient.push(knot.q[i]);
                self.constraint(k * NX + i, 1.0);
                if k < horizon {
                    (0..NX).for_each(|j| self.constraint((k + 1) * NX + j, -knot.A[(j, i)]));
                }
                self.constraint(bound_row + i, 1.0);
                self.constraint_starts.push(self.constraints.len());
            }
            if k == horizon {
                break;
            }
            for i in 0..NU {
                let column = (0..NX).map(|j| knot.S[(i, j)]);
                self.hessian_column(column.chain((0..=i).map(|j| knot.R[(j, i)])), k * width);
                self.gradient.push(knot.r[i]);
                (0..NX).for_each(|j| self.constraint((k + 1) * NX + j, -knot.B[(j, i)]));
                self.constraint(bound_row + NX + i, 1.0);
                self.constraint_starts.push(self.constraints.len());
            }
        }
        self.limit(problem.x0.iter().map(|&value| (value, value)));
        for knot in &problem.knots[..horizon] {
            self.limit(knot.c.iter().map(|&value| (value, value)));
        }
        for (k, knot) in problem.knots.iter().enumerate() {
            self.limit((0..NX).map(|i| {
                if k == 0 {
                    (-INFINITY, INFINITY)
                } else {
                    (knot.x_lo[i], knot.x_hi[i])
                }
            }));
            if k < horizon {
                self.limit((0..NU).map(|i| (knot.u_lo[i], knot.u_hi[i])));
            }
        }
    }

    fn clear(&mut self) {
        self.hessian_starts.clear();
        self.hessian_rows.clear();
        self.hessian.clear();
        self.gradient.clear();
        self.constraint_starts.clear();
        self.constraint_rows.clear();
        self.constraints.clear();
        self.lower.clear();
        self.upper.clear();
    }

    fn hessian_column(&mut self, entries: impl Iterator<Item = f64>, first_row: usize) {
        for (j, value) in entries.enumerate() {
            self.hessian_rows.push(first_row + j);
            self.hessian.push(value);
        }
        self.hessian_starts.push(self.hessian.len());
    }

    fn constraint(&mut self, row: usize, value: f64) {
        self.constraint_rows.push(row);
        self.constraints.push(value);
    }

    fn limit(&mut self, bounds: impl Iterator<Item = (f64, f64)>) {
        for (lo, hi) in bounds {
            self.lower.push(lo.max(-INFINITY));
            self.upper.push(hi.min(INFINITY));
        }
    }

    fn is_finite(&self) -> bool {
        [
            &self.hessian,
            &self.gradient,
            &self.constraints,
            &self.lower,
            &self.upper,
        ]
        .iter()
        .all(|values| values.iter().all(|value| value.is_finite()))
    }

    fn warm_start<const NX: usize, const NU: usize>(&mut self, from: &LqSolution<NX, NU>) {
        let (width, horizon) = (NX + NU, from.u.len());
        for k in 0..=horizon {
            let bound_row = (horizon + 1) * NX + k * width;
            self.start[k * width..][..NX].copy_from_slice(from.x[k].as_slice());
            for i in 0..NX {
                self.start_dual[k * NX + i] = -from.costate[k][i];
            }
            self.start_dual[bound_row..][..NX].copy_from_slice(from.mu_x[k].as_slice());
            if k < horizon {
                self.start[k * width + NX..][..NU].copy_from_slice(from.u[k].as_slice());
                self.start_dual[bound_row + NX..][..NU].copy_from_slice(from.mu_u[k].as_slice());
            }
        }
    }

    fn hessian_matrix(&self) -> CscMatrix<'_> {
        CscMatrix {
            nrows: self.variables,
            ncols: self.variables,
            indptr: Cow::Borrowed(&self.hessian_starts),
            indices: Cow::Borrowed(&self.hessian_rows),
            data: Cow::Borrowed(&self.hessian),
        }
    }

    fn constraint_matrix(&self) -> CscMatrix<'_> {
        CscMatrix {
            nrows: self.rows,
            ncols: self.variables,
            indptr: Cow::Borrowed(&self.constraint_starts),
            indices: Cow::Borrowed(&self.constraint_rows),
            data: Cow::Borrowed(&self.constraints),
        }
    }
}

fn unpack<const NX: usize, const NU: usize>(x: &[f64], y: &[f64], into: &mut LqSolution<NX, NU>) {
    let (width, horizon) = (NX + NU, into.u.len());
    for k in 0..=horizon {
        let bound_row = (horizon + 1) * NX + k * width;
        for i in 0..NX {
            into.x[k][i] = x[k * width + i];
            into.costate[k][i] = -y[k * NX + i];
            into.mu_x[k][i] = y[bound_row + i];
        }
        if k < horizon {
            for i in 0..NU {
                into.u[k][i] = x[k * width + NX + i];
                into.mu_u[k][i] = y[bound_row + NX + i];
            }
        }
    }
}
