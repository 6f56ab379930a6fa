//! Residuals of the Karush-Kuhn-Tucker conditions, which measure the optimality of a solution.
#![allow(non_snake_case)]

use nalgebra::SVector;

use super::{LqProblem, LqSolution};

/// Violations of the Karush-Kuhn-Tucker conditions, largest absolute value of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct KktResidual {
    /// Gradient of the Lagrangian.
    pub stationarity: f64,
    /// Defect of the dynamics, the initial state and the bounds.
    pub feasibility: f64,
    /// Distance to the bound times its multiplier.
    pub complementarity: f64,
}

impl KktResidual {
    /// The residuals of `solution` for `problem`.
    pub fn of<const NX: usize, const NU: usize>(
        problem: &LqProblem<NX, NU>,
        solution: &LqSolution<NX, NU>,
    ) -> Self {
        let mut residual = Self::default();
        let horizon = problem.horizon();
        residual.feasibility((solution.x[0] - problem.x0).amax());
        for (k, knot) in problem.knots.iter().enumerate() {
            let x = solution.x[k];
            let mut gradient_x = knot.Q * x + knot.q - solution.costate[k];
            if k > 0 {
                gradient_x += solution.mu_x[k];
                residual.bound(&x, &knot.x_lo, &knot.x_hi, &solution.mu_x[k]);
            }
            if k < horizon {
                let u = solution.u[k];
                let next = solution.costate[k + 1];
                gradient_x += knot.S.tr_mul(&u) + knot.A.tr_mul(&next);
                let gradient_u =
                    knot.R * u + knot.S * x + knot.r + knot.B.tr_mul(&next) + solution.mu_u[k];
                residual.stationarity = residual.stationarity.max(gradient_u.amax());
                residual.bound(&u, &knot.u_lo, &knot.u_hi, &solution.mu_u[k]);
                let defect = knot.A * x + knot.B * u + knot.c - solution.x[k + 1];
                residual.feasibility(defect.amax());
            }
            residual.stationarity = residual.stationarity.max(gradient_x.amax());
        }
        residual
    }

    /// The largest of the three.
    pub fn worst(&self) -> f64 {
        self.stationarity
            .max(self.feasibility)
            .max(self.complementarity)
    }

    fn feasibility(&mut self, violation: f64) {
        self.feasibility = self.feasibility.max(violation);
    }

    fn bound<const N: usize>(
        &mut self,
        value: &SVector<f64, N>,
        lo: &SVector<f64, N>,
        hi: &SVector<f64, N>,
        mu: &SVector<f64, N>,
    ) {
        for i in 0..N {
            self.feasibility((lo[i] - value[i]).max(value[i] - hi[i]).max(0.0));
            let gap = if mu[i] > 0.0 {
                hi[i] - value[i]
            } else {
                value[i] - lo[i]
            };
            if mu[i] != 0.0 {
                self.complementarity = self.complementarity.max((gap * mu[i]).abs());
            }
        }
    }
}
