//! Mehrotra's predictor-corrector method (1992) with a Riccati sweep for the Newton system
//! (Rao, Wright, Rawlings, "Application of interior-point methods to model predictive control",
//! 1998). Each bound carries a slack t > 0 and a multiplier l > 0; eliminating both leaves the
//! problem without bounds, its diagonal raised by l/t:
//!
//! ```text
//! Δt = Δz + (z - lo - t),   l⁺ = (σμ - Δt_aff Δl_aff)/t - (l/t) Δt      lower bound, the upper mirrored
//! ```
//!
//! The sweep solves for steps Δx, Δu: solving for the point itself would lose the digits that the
//! steep barrier needs near convergence.

use nalgebra::SVector;

use super::super::{KktResidual, LqProblem, LqSolution, LqStatus};
use super::RiccatiSettings;
use super::active_set::bounds_cross;
use super::sweep::{Barrier, Sweep};

/// Gradients are larger than slacks by about the size of the multipliers.
const STATIONARITY_SCALE: f64 = 10.0;

/// One-sided bound `sign * z ≥ sign * limit` of one variable.
#[derive(Debug, Clone, Copy)]
struct Bound {
    knot: usize,
    index: usize,
    input: bool,
    sign: f64,
    limit: f64,
    slack: f64,
    multiplier: f64,
    step_slack: f64,
    step_multiplier: f64,
}

/// Interior-point solver with its workspace.
#[derive(Debug, Default)]
pub(super) struct InteriorPoint<const NX: usize, const NU: usize> {
    bounds: Vec<Bound>,
    barrier: Vec<Barrier<NX, NU>>,
    /// The problem linearised at the current point.
    newton: LqProblem<NX, NU>,
    step: LqSolution<NX, NU>,
}

impl<const NX: usize, const NU: usize> InteriorPoint<NX, NU> {
    pub fn solve(
        &mut self,
        problem: &LqProblem<NX, NU>,
        sweep: &mut Sweep<NX, NU>,
        solution: &mut LqSolution<NX, NU>,
        settings: &RiccatiSettings,
    ) -> LqStatus {
        if bounds_cross(problem) {
            return LqStatus::Infeasible;
        }
        let horizon = problem.horizon();
        self.step.resize(horizon);
        self.newton.x0 = problem.x0;
        self.newton.knots.clone_from(&problem.knots);
        self.newton.x0.fill(0.0);
        self.barrier.resize(horizon + 1, Barrier::default());
        self.start(problem, solution);
        let count = self.bounds.len().max(1) as f64;
        for _ in 0..settings.max_interior_point_iterations {
            solution.iterations += 1;
            let mu = self.complementarity() / count;
            self.linearise(problem, solution);
            self.assemble(solution, 0.0, false);
            if sweep.factorise(&self.newton, &[], &self.barrier).is_err() {
                return LqStatus::NotConvex;
            }
            sweep.rollout(&self.newton, &mut self.step);
            self.directions(solution, 0.0, false);
            let step = self.step_length(1.0);
            let affine = self
                .bounds
                .iter()
                .map(|b| {
                    (b.slack + step * b.step_slack) * (b.multiplier + step * b.step_multiplier)
                })
                .sum::<f64>()
                / count;
            let centring = (affine / mu).clamp(0.0, 1.0).powi(3);
            self.assemble(solution, centring * mu, true);
            sweep.backsolve(&self.newton, &self.barrier);
            sweep.rollout(&self.newton, &mut self.step);
            self.directions(solution, centring * mu, true);
            let step = self.step_length(0.995);
            self.advance(solution, step);
            if !solution.x[horizon].iter().all(|value| value.is_finite()) {
                return LqStatus::Failed;
            }
            if self.complementarity() / count < settings.tolerance
                && self.violation(solution) < settings.tolerance
            {
                self.finish(problem, solution);
                let residual = KktResidual::of(problem, solution).stationarity;
                if residual < settings.tolerance * STATIONARITY_SCALE {
                    return LqStatus::Solved;
                }
            }
        }
        if self.violation(solution) > 1e-6 {
            LqStatus::Infeasible
        } else {
            LqStatus::Failed
        }
    }

    /// Initialises the point by a rollout of the dynamics, collects the finite bounds, and sets
    /// slacks and multipliers well inside.
    fn start(&mut self, problem: &LqProblem<NX, NU>, solution: &mut LqSolution<NX, NU>) {
        self.bounds.clear();
        solution.x[0] = problem.x0;
        for (k, knot) in problem.knots.iter().enumerate() {
            if k > 0 {
                for i in 0..NX {
                    self.list(k, i, false, solution.x[k][i], (knot.x_lo[i], knot.x_hi[i]));
                }
            }
            if k < problem.horizon() {
                for i in 0..NU {
                    let (lo, hi) = (knot.u_lo[i], knot.u_hi[i]);
                    let u = &mut solution.u[k][i];
                    *u = if u.is_finite() {
                        u.clamp(lo, hi)
                    } else {
                        0.0_f64.clamp(lo, hi)
                    };
                    self.list(k, i, true, solution.u[k][i], (lo, hi));
                }
                solution.x[k + 1] = knot.A * solution.x[k] + knot.B * solution.u[k] + knot.c;
            }
        }
    }

    fn list(&mut self, knot: usize, index: usize, input: bool, value: f64, (lo, hi): (f64, f64)) {
        for (sign, limit) in [(1.0, lo), (-1.0, hi)] {
            if limit.is_finite() {
                let width = if (hi - lo).is_finite() { hi - lo } else { 1.0 };
                self.bounds.push(Bound {
                    knot,
                    index,
                    input,
                    sign,
                    limit,
                    slack: (sign * (value - limit)).max(0.1 * width).max(1e-3),
                    multiplier: 1.0,
                    step_slack: 0.0,
                    step_multiplier: 0.0,
                });
            }
        }
    }

    fn complementarity(&self) -> f64 {
        self.bounds.iter().map(|b| b.slack * b.multiplier).sum()
    }

    /// Gradients of the cost at the current point.
    fn linearise(&mut self, problem: &LqProblem<NX, NU>, at: &LqSolution<NX, NU>) {
        for (k, (newton, knot)) in self.newton.knots.iter_mut().zip(&problem.knots).enumerate() {
            newton.c.fill(0.0);
            newton.q = knot.Q * at.x[k] + knot.q;
            if let Some(u) = at.u.get(k) {
                newton.q += knot.S.tr_mul(u);
                newton.r = knot.R * u + knot.S * at.x[k] + knot.r;
            }
        }
    }

    /// Writes the barrier's diagonal and gradient; the corrector adds the second-order term.
    fn assemble(&mut self, at: &LqSolution<NX, NU>, centre: f64, corrector: bool) {
        self.barrier.fill(Barrier::default());
        for b in &self.bounds {
            let weight = b.multiplier / b.slack;
            let gradient = -b.sign * b.offset(at, centre, corrector);
            let barrier = &mut self.barrier[b.knot];
            if b.input {
                barrier.hessian_u[b.index] += weight;
                barrier.gradient_u[b.index] += gradient;
            } else {
                barrier.hessian_x[b.index] += weight;
                barrier.gradient_x[b.index] += gradient;
            }
        }
    }

    /// Newton steps of slacks and multipliers along the step of their variables.
    fn directions(&mut self, at: &LqSolution<NX, NU>, centre: f64, corrector: bool) {
        for b in &mut self.bounds {
            let moved = b.sign * b.read(&self.step);
            let multiplier = b.offset(at, centre, corrector) - b.multiplier / b.slack * moved;
            b.step_multiplier = multiplier - b.multiplier;
            b.step_slack = moved + b.gap(at);
        }
    }

    /// The longest step, at most 1, that keeps slacks and multipliers positive. Both have the same
    /// length, because a quadratic cost couples them.
    fn step_length(&self, fraction: f64) -> f64 {
        let mut length = 1.0_f64;
        for b in &self.bounds {
            if b.step_slack < 0.0 {
                length = length.min(-fraction * b.slack / b.step_slack);
            }
            if b.step_multiplier < 0.0 {
                length = length.min(-fraction * b.multiplier / b.step_multiplier);
            }
        }
        length
    }

    fn advance(&mut self, solution: &mut LqSolution<NX, NU>, length: f64) {
        for (x, step) in solution.x.iter_mut().zip(&self.step.x) {
            *x += step * length;
        }
        for (u, step) in solution.u.iter_mut().zip(&self.step.u) {
            *u += step * length;
        }
        for b in &mut self.bounds {
            b.slack += length * b.step_slack;
            b.multiplier += length * b.step_multiplier;
        }
    }

    /// Largest difference between a slack and its gap to the bound.
    fn violation(&self, solution: &LqSolution<NX, NU>) -> f64 {
        self.bounds
            .iter()
            .map(|b| b.gap(solution).abs())
            .fold(0.0, f64::max)
    }

    /// Writes multipliers of the bounds, and costates by the adjoint recursion: those of the sweep
    /// lose digits when the barrier is steep.
    fn finish(&self, problem: &LqProblem<NX, NU>, solution: &mut LqSolution<NX, NU>) {
        solution.mu_u.fill(SVector::zeros());
        solution.mu_x.fill(SVector::zeros());
        for b in &self.bounds {
            let mu = if b.input {
                &mut solution.mu_u[b.knot][b.index]
            } else {
                &mut solution.mu_x[b.knot][b.index]
            };
            *mu -= b.sign * b.multiplier;
        }
        for (k, knot) in problem.knots.iter().enumerate().rev() {
            let mut costate = knot.Q * solution.x[k] + knot.q + solution.mu_x[k];
            if let Some(u) = solution.u.get(k) {
                costate += knot.S.tr_mul(u) + knot.A.tr_mul(&solution.costate[k + 1]);
            }
            solution.costate[k] = costate;
        }
    }
}

impl Bound {
    /// The multiplier after a step of zero: `(σμ - Δt Δl)/t - (l/t)(z - lo - t)`.
    fn offset<const NX: usize, const NU: usize>(
        &self,
        at: &LqSolution<NX, NU>,
        centre: f64,
        corrector: bool,
    ) -> f64 {
        let second_order = if corrector {
            self.step_slack * self.step_multiplier
        } else {
            0.0
        };
        (centre - second_order - self.multiplier * self.gap(at)) / self.slack
    }

    /// Defect of the slack, `z - lo - t`.
    fn gap<const NX: usize, const NU: usize>(&self, at: &LqSolution<NX, NU>) -> f64 {
        self.sign * (self.read(at) - self.limit) - self.slack
    }

    fn read<const NX: usize, const NU: usize>(&self, at: &LqSolution<NX, NU>) -> f64 {
        if self.input {
            at.u[self.knot][self.index]
        } else {
            at.x[self.knot][self.index]
        }
    }
}
