//! Gradient of a loss on the solution with respect to the cost, by implicit differentiation: one
//! additional linear-quadratic solve.
//!
//! ```text
//! min  Σ ½ δx'Q δx + δu'S δx + ½ δu'R δu + (dLoss/dx)'δx + (dLoss/du)'δu
//! s.t. δx_0 = 0,  δx_{k+1} = A δx_k + B δu_k,  active bounds held at zero
//! dLoss/dθ = Σ_k δx_k' d²l_k/dx dθ + δu_k' d²l_k/du dθ
//! ```
//!
//! with the Hessian of the Lagrangian at the solution. It is the transposed sensitivity of the
//! Karush-Kuhn-Tucker conditions, by the implicit function theorem; unrolling the solver is not
//! needed (Amos, Rodriguez, Sacks, Boots, Kolter, "Differentiable MPC for End-to-end Planning and
//! Control", 2018). It is valid at a converged, strict minimum with strict complementarity;
//! elsewhere the solve returns another status and no gradient.
#![allow(non_snake_case)]

use nalgebra::SVector;
use serde::{Deserialize, Serialize};

use super::dynamics::Dynamics;
use super::held::{Degenerate, Feedback, HeldStates};
use super::lq::{Convexifier, LqProblem, LqSolution, LqSolver, LqStatus};
use super::ocp::{Curvature, Objective, Ocp, Solution};
use crate::policy::SolveStatus;

/// Tolerance of strict complementarity: with gap and multiplier both below it the activity of a
/// bound is undecided.
const TIE: f64 = 1e-7;

/// Exit status of an adjoint solve. Only [`AdjointStatus::Solved`] has a gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjointStatus {
    /// The sensitivity was computed.
    Solved,
    /// The solution has not converged.
    #[default]
    NotConverged,
    /// The solution is not a strict minimum.
    NotConvex,
    /// An active bound has a zero multiplier: the solution is not differentiable.
    Degenerate,
    /// The linear-quadratic solve failed, or a number was not finite.
    Failed,
}

/// Activity of the bounds of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    Free,
    Active,
    Open,
}

/// Adjoint solver with its workspace and the sensitivity.
#[derive(Debug, Default)]
pub struct Adjoint<const NX: usize, const NU: usize> {
    problem: LqProblem<NX, NU>,
    convexifier: Convexifier<NX, NU>,
    held: HeldStates<NX>,
    feedback: Vec<Feedback<NX, NU>>,
    lq: LqSolution<NX, NU>,
}

impl<const NX: usize, const NU: usize> Adjoint<NX, NU> {
    /// Sensitivity of the states, `[N+1]`, the first zero.
    pub fn dx(&self) -> &[SVector<f64, NX>] {
        &self.lq.x
    }

    /// Sensitivity of the inputs, `[N]`.
    pub fn du(&self) -> &[SVector<f64, NU>] {
        &self.lq.u
    }

    /// Back-propagates `dLoss/dx` (`[N+1]`) and `dLoss/du` (`[N]`) through a solution of `ocp`,
    /// which must still have its multipliers.
    pub fn solve<D: Dynamics<NX, NU>, O: Objective<NX, NU>>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, NU>,
        solution: &Solution<NX, NU>,
        solver: &mut dyn LqSolver<NX, NU>,
        loss_x: &[SVector<f64, NX>],
        loss_u: &[SVector<f64, NU>],
    ) -> AdjointStatus {
        if solution.status != SolveStatus::Solved {
            return AdjointStatus::NotConverged;
        }
        let horizon = solution.u.len();
        self.expand(ocp, solution);
        for (knot, loss) in self.problem.knots.iter_mut().zip(loss_x) {
            knot.q = *loss;
        }
        for (knot, loss) in self.problem.knots.iter_mut().zip(loss_u) {
            knot.r = *loss;
        }
        if let Err(Degenerate) = self.hold(ocp, solution) {
            return AdjointStatus::Degenerate;
        }
        if !self.convexifier.convexify(&mut self.problem) {
            return AdjointStatus::NotConvex;
        }
        self.warm_start(horizon);
        match solver.solve(&self.problem, &mut self.lq) {
            LqStatus::Solved => {}
            LqStatus::NotConvex => return AdjointStatus::NotConvex,
            LqStatus::Infeasible | LqStatus::Failed => return AdjointStatus::Failed,
        }
        for (k, feedback) in self.feedback.iter().enumerate() {
            self.lq.u[k] = feedback.F * self.lq.x[k] + feedback.G * self.lq.u[k];
        }
        let is_finite = self.lq.u.iter().flatten().all(|value| value.is_finite())
            && self.lq.x.iter().flatten().all(|value| value.is_finite());
        if is_finite {
            AdjointStatus::Solved
        } else {
            AdjointStatus::Failed
        }
    }

    /// Expands the dynamics and the Hessian of the Lagrangian.
    fn expand<D: Dynamics<NX, NU>, O: Objective<NX, NU>>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, NU>,
        at: &Solution<NX, NU>,
    ) {
        let horizon = at.u.len();
        self.problem
            .knots
            .resize_with(horizon + 1, Default::default);
        self.problem.x0 = SVector::zeros();
        let last = &mut self.problem.knots[horizon];
        ocp.objective
            .expand_terminal(&at.x[horizon], Curvature::Exact, last);
        let mut costate = last.q + at.lq.mu_x[horizon];
        for k in (0..horizon).rev() {
            let knot = &mut self.problem.knots[k];
            let (x, u) = (&at.x[k], &at.u[k]);
            ocp.dynamics.linearise(x, u, knot);
            ocp.objective.expand_stage(k, x, u, Curvature::Exact, knot);
            ocp.dynamics.add_curvature(x, u, &costate, knot);
            costate = knot.q + knot.A.tr_mul(&costate) + at.lq.mu_x[k];
        }
    }

    /// Fixes the variables at their active bounds, last knot first.
    fn hold<D, O>(
        &mut self,
        ocp: &Ocp<'_, D, O, NX, NU>,
        at: &Solution<NX, NU>,
    ) -> Result<(), Degenerate> {
        let horizon = at.u.len();
        self.feedback.resize(
            horizon,
            Feedback {
                F: nalgebra::SMatrix::zeros(),
                G: nalgebra::SMatrix::identity(),
            },
        );
        self.held.clear();
        for k in (0..horizon).rev() {
            let [lo, hi] = &ocp.bounds.states[k + 1];
            let x = at.x[k + 1] + at.lq.x[k + 1];
            for i in 0..NX {
                match activity(x[i], lo[i], hi[i], at.lq.mu_x[k + 1][i]) {
                    Activity::Free => {}
                    Activity::Active => self.held.hold(i, false),
                    Activity::Open => self.held.hold(i, true),
                }
            }
            let [lo, hi] = &ocp.bounds.inputs[k];
            let u = at.u[k] + at.lq.u[k];
            let mut held = [false; NU];
            for (i, held) in held.iter_mut().enumerate() {
                *held = match activity(u[i], lo[i], hi[i], at.lq.mu_u[k][i]) {
                    Activity::Free => false,
                    Activity::Active => true,
                    Activity::Open => return Err(Degenerate),
                };
            }
            let knot = &mut self.problem.knots[k];
            let Feedback { F, G } = self.held.solve(knot, &mut held)?;
            self.feedback[k] = Feedback { F, G };
            let RF = knot.R * F;
            knot.Q += F.tr_mul(&knot.S) + knot.S.tr_mul(&F) + F.tr_mul(&RF);
            knot.S = G.tr_mul(&(knot.S + RF));
            knot.R = G.tr_mul(&(knot.R * G));
            knot.q += F.tr_mul(&knot.r);
            knot.r = G.tr_mul(&knot.r);
            knot.A += knot.B * F;
            knot.B *= G;
            for (i, held) in held.into_iter().enumerate() {
                let reach = if held { 0.0 } else { f64::INFINITY };
                knot.u_lo[i] = -reach;
                knot.u_hi[i] = reach;
            }
        }
        Ok(())
    }

    /// Warm start at zero, with multipliers that mark the held inputs as the active set.
    fn warm_start(&mut self, horizon: usize) {
        self.lq.resize(horizon);
        for k in 0..=horizon {
            self.lq.x[k].fill(0.0);
            self.lq.costate[k].fill(0.0);
            self.lq.mu_x[k].fill(0.0);
        }
        for (k, knot) in self.problem.knots[..horizon].iter().enumerate() {
            self.lq.u[k].fill(0.0);
            self.lq.mu_u[k] = knot.u_hi.map(|hi| if hi == 0.0 { 1.0 } else { 0.0 });
        }
    }
}

/// Activity by strict complementarity: at a solution either the gap or the multiplier is zero.
fn activity(value: f64, lo: f64, hi: f64, multiplier: f64) -> Activity {
    let gap = if multiplier > 0.0 {
        hi - value
    } else if multiplier < 0.0 {
        value - lo
    } else {
        (hi - value).min(value - lo)
    };
    let force = multiplier.abs();
    if lo == hi {
        Activity::Active
    } else if force.max(gap) < TIE {
        Activity::Open
    } else if force > gap {
        Activity::Active
    } else {
        Activity::Free
    }
}
