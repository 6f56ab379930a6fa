//! Convexification: the equivalent problem with every stage convex by itself.
//!
//! ```text
//! stage k  gains ½ x_{k+1}'P_{k+1} x_{k+1} - ½ x_k'P_k x_k,   the last knot loses ½ x_N'P_N x_N
//! ```
//!
//! with `P` from the Riccati recursion without held inputs: the term added to one stage is
//! subtracted from the next, so that the minimiser and the optimal value less `½ x_0'P_0 x_0` are
//! unchanged, while the Hessian of each stage becomes `[K I]' H [K I]`, positive semi-definite (the
//! structure-preserving convexification of Verschueren, Zanon, Quirynen, Diehl 2017). For problems
//! whose dynamics have no affine part.
#![allow(non_snake_case)]

use super::super::LqProblem;
use super::sweep::{Held, NotConvex, Sweep};

/// Convexification with its workspace.
#[derive(Debug, Default)]
pub(in crate::mpc) struct Convexifier<const NX: usize, const NU: usize> {
    sweep: Sweep<NX, NU>,
    held: Vec<Held<NU>>,
}

impl<const NX: usize, const NU: usize> Convexifier<NX, NU> {
    /// Rewrites the Hessians; inputs with equal bounds are held. False when the Hessian on the free
    /// inputs is not positive definite: the problem is then unchanged.
    pub fn convexify(&mut self, problem: &mut LqProblem<NX, NU>) -> bool {
        let horizon = problem.horizon();
        self.held.clear();
        self.held
            .extend(problem.knots[..horizon].iter().map(|knot| {
                std::array::from_fn(|i| (knot.u_lo[i] == knot.u_hi[i]).then_some(knot.u_lo[i]))
            }));
        if let Err(NotConvex) = self.sweep.factorise(problem, &self.held, &[]) {
            return false;
        }
        for (k, knot) in problem.knots.iter_mut().enumerate() {
            knot.Q -= self.sweep.value_hessian(k);
            if k == horizon {
                break;
            }
            let P = self.sweep.value_hessian(k + 1);
            let (PA, PB) = (P * knot.A, P * knot.B);
            knot.Q += knot.A.tr_mul(&PA);
            knot.S += knot.B.tr_mul(&PA);
            knot.R += knot.B.tr_mul(&PB);
            knot.Q = (knot.Q + knot.Q.transpose()) * 0.5;
            // a held input is zero: its curvature has no effect
            for (i, held) in self.held[k].iter().enumerate() {
                if held.is_some() {
                    knot.S.row_mut(i).fill(0.0);
                    knot.R.row_mut(i).fill(0.0);
                    knot.R.column_mut(i).fill(0.0);
                    knot.R[(i, i)] = 1.0;
                }
            }
        }
        true
    }
}
