//! Gradient benchmark: derivative of a loss on the path by the twelve parameters of a learned
//! quadratic cost term.
//!
//! ```text
//! stage     + Σ_i D_i (x_i - c_i)² + Σ_j R_j u_j²,  c_x, c_y relative to the goal;  terminal: states alone
//! loss      L = 1/N Σ_{k=1..N} |p_k - ref_k|²,  ref at 0.6 m/s straight to the goal
//! gradient  dL/d(D, c, R) by one adjoint solve
//! ```
#![allow(non_snake_case)] // D and R as in the benchmark

use std::time::Instant;

use controller::SolveStatus;
use controller::mpc::lq::Knot;
use controller::mpc::{AdjointStatus, Curvature, Objective, Ocp, Solution, Unicycle, rollout};
use nalgebra::SVector;
use serde::{Deserialize, Serialize};

use super::instance::Instance;
use super::objective::CircleObjective;
use super::runner::Runner;

/// Speed along the reference path of the loss, m/s.
const REFERENCE_SPEED_MPS: f64 = 0.6;

type State = SVector<f64, 5>;
type Input = SVector<f64, 2>;

/// The twelve parameters.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct LearnedQuadratic {
    /// Weights of the states.
    pub D: [f64; 5],
    /// Reference of the states; the position is relative to the goal.
    pub c: [f64; 5],
    /// Weights of the inputs.
    pub R: [f64; 2],
}

/// Result for one instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GradientAnswer {
    /// The instance.
    pub id: u32,
    /// The loss.
    #[serde(rename = "L")]
    pub loss: f64,
    /// dL/dD, dL/dc, dL/dR; zero if the adjoint was rejected.
    pub gradient: [f64; 12],
    /// Duration of solve and adjoint, ms.
    pub ms: f64,
    /// Duration of the adjoint, ms.
    pub adjoint_ms: f64,
    /// Status of the adjoint.
    pub status: AdjointStatus,
    /// The controls `[a, alpha]`, `[N]`.
    #[serde(skip)]
    pub inputs: Vec<[f64; 2]>,
}

impl LearnedQuadratic {
    /// All parameters in the order of the gradient.
    pub fn flat(&self) -> [f64; 12] {
        std::array::from_fn(|i| match i {
            0..5 => self.D[i],
            5..10 => self.c[i - 5],
            _ => self.R[i - 10],
        })
    }

    /// Parameters from the order of the gradient.
    pub fn from_flat(flat: &[f64; 12]) -> Self {
        Self {
            D: std::array::from_fn(|i| flat[i]),
            c: std::array::from_fn(|i| flat[5 + i]),
            R: std::array::from_fn(|i| flat[10 + i]),
        }
    }
}

/// The benchmark's cost and the learned part.
struct WithQuadratic<'a> {
    base: CircleObjective<'a>,
    learned: &'a LearnedQuadratic,
}

impl WithQuadratic<'_> {
    fn offset(&self, x: &State) -> State {
        let [gx, gy, _] = self.base.instance.goal;
        x - State::from(self.learned.c) - State::from([gx, gy, 0.0, 0.0, 0.0])
    }

    fn state(&self, x: &State) -> f64 {
        let offset = self.offset(x);
        (0..5)
            .map(|i| self.learned.D[i] * offset[i] * offset[i])
            .sum()
    }

    fn expand_state(&self, x: &State, knot: &mut Knot<5, 2>) {
        let offset = self.offset(x);
        for i in 0..5 {
            let weight = 2.0 * self.learned.D[i];
            knot.q[i] += weight * offset[i];
            knot.Q[(i, i)] += weight;
        }
    }
}

impl Objective<5, 2> for WithQuadratic<'_> {
    fn stage(&self, k: usize, x: &State, u: &Input) -> f64 {
        let [a, alpha] = self.learned.R;
        self.base.stage(k, x, u) + self.state(x) + a * u[0] * u[0] + alpha * u[1] * u[1]
    }

    fn terminal(&self, x: &State) -> f64 {
        self.base.terminal(x) + self.state(x)
    }

    fn expand_stage(
        &self,
        k: usize,
        x: &State,
        u: &Input,
        curvature: Curvature,
        knot: &mut Knot<5, 2>,
    ) {
        self.base.expand_stage(k, x, u, curvature, knot);
        self.expand_state(x, knot);
        for j in 0..2 {
            let weight = 2.0 * self.learned.R[j];
            knot.r[j] += weight * u[j];
            knot.R[(j, j)] += weight;
        }
    }

    fn expand_terminal(&self, x: &State, curvature: Curvature, knot: &mut Knot<5, 2>) {
        self.base.expand_terminal(x, curvature, knot);
        self.expand_state(x, knot);
    }
}

impl Runner<'_> {
    /// Solves with the learned quadratic, cold or from `guess`, and differentiates the loss.
    pub fn gradient(
        &mut self,
        instance: &Instance,
        learned: &LearnedQuadratic,
        guess: Option<&[[f64; 2]]>,
    ) -> GradientAnswer {
        let objective = WithQuadratic {
            base: CircleObjective {
                problem: self.problem,
                instance,
                bounds: self.request.variant,
            },
            learned,
        };
        let ocp = Ocp {
            dynamics: &self.dynamics,
            objective: &objective,
            bounds: &self.bounds,
            x0: SVector::from(instance.x0),
        };
        let horizon = self.request.horizon;
        let mut solution = Solution::default();
        solution.resize(horizon);
        for (input, guess) in solution.u.iter_mut().zip(guess.unwrap_or_default()) {
            *input = SVector::from(*guess);
        }
        let aim = self.aim(instance);
        let solver = self.solver.as_mut();
        let begun = Instant::now();
        if self.request.single_start || guess.is_some() {
            self.sqp.solve(&ocp, solver, &mut solution);
        } else {
            self.multi_start
                .solve(&ocp, &mut self.sqp, solver, &aim, &mut solution);
        }
        if solution.status == SolveStatus::Solved {
            take_last_step(&ocp, &mut solution);
        }
        let solved = Instant::now();
        self.loss_x.clear();
        self.loss_u.clear();
        self.loss_u.resize(horizon, Input::zeros());
        let mut loss = 0.0;
        for (k, x) in solution.x.iter().enumerate() {
            let [dx, dy] = if k == 0 {
                [0.0; 2]
            } else {
                off_reference(instance, self.problem.dt * k as f64, x)
            };
            loss += (dx * dx + dy * dy) / horizon as f64;
            let pull = 2.0 / horizon as f64;
            self.loss_x
                .push(State::from([pull * dx, pull * dy, 0.0, 0.0, 0.0]));
        }
        let status = self
            .adjoint
            .solve(&ocp, &solution, solver, &self.loss_x, &self.loss_u);
        let mut gradient = [0.0; 12];
        if status == AdjointStatus::Solved {
            for (x, dx) in solution.x.iter().zip(self.adjoint.dx()) {
                let offset = objective.offset(x);
                for i in 0..5 {
                    gradient[i] += 2.0 * offset[i] * dx[i];
                    gradient[5 + i] -= 2.0 * learned.D[i] * dx[i];
                }
            }
            for (u, du) in solution.u.iter().zip(self.adjoint.du()) {
                gradient[10] += 2.0 * u[0] * du[0];
                gradient[11] += 2.0 * u[1] * du[1];
            }
        }
        GradientAnswer {
            id: instance.id,
            loss,
            gradient,
            ms: begun.elapsed().as_secs_f64() * 1e3,
            adjoint_ms: solved.elapsed().as_secs_f64() * 1e3,
            status,
            inputs: solution.u.iter().map(|u| [u[0], u[1]]).collect(),
        }
    }
}

/// Takes the last Newton step, which was below the tolerance; it doubles the number of valid
/// digits.
fn take_last_step(ocp: &Ocp<'_, Unicycle, WithQuadratic<'_>, 5, 2>, solution: &mut Solution<5, 2>) {
    for (u, step) in solution.u.iter_mut().zip(&mut solution.lq.u) {
        *u += *step;
        step.fill(0.0);
    }
    solution.lq.x.fill(State::zeros());
    solution.cost = rollout(ocp, &solution.u, &mut solution.x);
}

/// Deviation from the reference path of the loss, m.
fn off_reference(instance: &Instance, time_s: f64, x: &State) -> [f64; 2] {
    let [sx, sy, ..] = instance.x0;
    let [gx, gy, _] = instance.goal;
    let distance = (gx - sx).hypot(gy - sy).max(1e-9);
    let share = (REFERENCE_SPEED_MPS * time_s / distance).min(1.0);
    [x[0] - sx - (gx - sx) * share, x[1] - sy - (gy - sy) * share]
}
