//! Primal-dual active-set method for the input bounds: Hintermüller, Ito, Kunisch, "The primal-dual
//! active set strategy as a semismooth Newton method", 2003, algorithm 1.

use nalgebra::SVector;

use super::super::{LqProblem, LqSolution, LqStatus};
use super::sweep::{Held, Sweep};

/// Tolerance of bound violations; also the largest multiplier that counts as zero.
const SLACK: f64 = 1e-10;

/// Estimate of the active set, one entry per knot.
#[derive(Debug, Default)]
pub(super) struct ActiveSet<const NU: usize> {
    held: Vec<Held<NU>>,
}

impl<const NU: usize> ActiveSet<NU> {
    /// Solves the problem; `None` when state bounds are active or the active set did not settle
    /// within `limit` iterations.
    pub fn solve<const NX: usize>(
        &mut self,
        problem: &LqProblem<NX, NU>,
        sweep: &mut Sweep<NX, NU>,
        solution: &mut LqSolution<NX, NU>,
        limit: u32,
    ) -> Option<LqStatus> {
        self.held.clear();
        for (knot, mu) in problem.knots.iter().zip(&solution.mu_u) {
            self.held.push(std::array::from_fn(|i| {
                at_bound(mu[i], knot.u_lo[i], knot.u_hi[i])
            }));
        }
        if bounds_cross(problem) {
            return Some(LqStatus::Infeasible);
        }
        for iteration in 1..=limit {
            if sweep.factorise(problem, &self.held, &[]).is_err() {
                // The final active set may differ in both directions: only an empty active set
                // proves that the problem is not convex.
                if self.held.iter().flatten().all(Option::is_none) {
                    return Some(LqStatus::NotConvex);
                }
                self.held.iter_mut().for_each(|held| *held = [None; NU]);
                continue;
            }
            sweep.rollout(problem, solution);
            solution.iterations = iteration;
            if !solution.x.last()?.iter().all(|value| value.is_finite()) {
                return Some(LqStatus::Failed);
            }
            if !self.revise(problem, solution) {
                return states_inside(problem, solution).then_some(LqStatus::Solved);
            }
        }
        None
    }

    /// Updates the multipliers of the held inputs, then the active set; true when it has changed.
    fn revise<const NX: usize>(
        &mut self,
        problem: &LqProblem<NX, NU>,
        solution: &mut LqSolution<NX, NU>,
    ) -> bool {
        let mut changed = false;
        for (k, held) in self.held.iter_mut().enumerate() {
            let knot = &problem.knots[k];
            let (x, u) = (solution.x[k], solution.u[k]);
            let mut gradient = SVector::zeros();
            if held.iter().any(Option::is_some) {
                gradient =
                    knot.R * u + knot.S * x + knot.r + knot.B.tr_mul(&solution.costate[k + 1]);
            }
            for i in 0..NU {
                let (lo, hi) = (knot.u_lo[i], knot.u_hi[i]);
                let next = if held[i].is_some() {
                    let mu = -gradient[i];
                    solution.mu_u[k][i] = mu;
                    // at equal bounds the multiplier may have either sign
                    if lo == hi {
                        Some(lo)
                    } else {
                        held[i].filter(|&at| pushes_out(mu, at, lo, hi))
                    }
                } else {
                    solution.mu_u[k][i] = 0.0;
                    if u[i] > hi + SLACK {
                        Some(hi)
                    } else if u[i] < lo - SLACK {
                        Some(lo)
                    } else {
                        None
                    }
                };
                changed |= next != held[i];
                held[i] = next;
            }
        }
        solution.mu_x.iter_mut().for_each(|mu| mu.fill(0.0));
        changed
    }
}

fn at_bound(mu: f64, lo: f64, hi: f64) -> Option<f64> {
    if mu > 0.0 && hi.is_finite() {
        Some(hi)
    } else if mu < 0.0 && lo.is_finite() {
        Some(lo)
    } else {
        None
    }
}

fn pushes_out(mu: f64, at: f64, lo: f64, hi: f64) -> bool {
    (at == hi && mu >= -SLACK) || (at == lo && mu <= SLACK)
}

/// True when some bounds are inconsistent: a lower bound exceeds its upper bound, or one is NaN.
pub(in crate::mpc::lq) fn bounds_cross<const NX: usize, const NU: usize>(
    problem: &LqProblem<NX, NU>,
) -> bool {
    let horizon = problem.horizon();
    problem.knots.iter().enumerate().any(|(k, knot)| {
        let inputs = k < horizon && (0..NU).any(|i| is_empty(knot.u_lo[i], knot.u_hi[i]));
        let states = k > 0 && (0..NX).any(|i| is_empty(knot.x_lo[i], knot.x_hi[i]));
        inputs || states
    })
}

fn is_empty(lo: f64, hi: f64) -> bool {
    !(lo <= hi) || lo == f64::INFINITY || hi == f64::NEG_INFINITY
}

fn states_inside<const NX: usize, const NU: usize>(
    problem: &LqProblem<NX, NU>,
    solution: &LqSolution<NX, NU>,
) -> bool {
    problem
        .knots
        .iter()
        .zip(&solution.x)
        .skip(1)
        .all(|(knot, x)| {
            (0..NX).all(|i| x[i] >= knot.x_lo[i] - SLACK && x[i] <= knot.x_hi[i] + SLACK)
        })
}
