//! The Riccati recursion on a problem without bounds, with some inputs fixed at their bounds.
//!
//! ```text
//! V_k(x) = ½ x'P_k x + p_k'x,   u_k = K_k x_k + d_k
//! H = R + B'PB,  G = S + B'PA,  h = r + B'(Pc + p)
//! K = -H⁻¹G,  d = -H⁻¹h,  P⁻ = Q + A'PA + G'K,  p⁻ = q + A'(Pc + p) + G'd
//! ```
#![allow(non_snake_case)]

use nalgebra::{SMatrix, SVector};

use super::super::{LqProblem, LqSolution};

/// Inputs fixed at a value (active bounds) in one stage; `None` is free.
pub(super) type Held<const NU: usize> = [Option<f64>; NU];

/// Additional cost terms that do not modify the problem: diagonal Hessian and gradient of inputs
/// and states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Barrier<const NX: usize, const NU: usize> {
    pub hessian_u: SVector<f64, NU>,
    pub hessian_x: SVector<f64, NX>,
    pub gradient_u: SVector<f64, NU>,
    pub gradient_x: SVector<f64, NX>,
}

impl<const NX: usize, const NU: usize> Default for Barrier<NX, NU> {
    fn default() -> Self {
        Self {
            hessian_u: SVector::zeros(),
            hessian_x: SVector::zeros(),
            gradient_u: SVector::zeros(),
            gradient_x: SVector::zeros(),
        }
    }
}

#[derive(Debug, Clone)]
struct Stage<const NX: usize, const NU: usize> {
    P: SMatrix<f64, NX, NX>,
    p: SVector<f64, NX>,
    K: SMatrix<f64, NU, NX>,
    d: SVector<f64, NU>,
    /// Lower Cholesky factor of H, kept for further right-hand sides.
    L: SMatrix<f64, NU, NU>,
}

/// The recursion's workspace and result.
#[derive(Debug, Default)]
pub(super) struct Sweep<const NX: usize, const NU: usize> {
    stages: Vec<Stage<NX, NU>>,
}

/// The Hessian on the free inputs is not positive definite.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotConvex;

impl<const NX: usize, const NU: usize> Sweep<NX, NU> {
    /// Backward pass with factorisation; `held` and `barrier` are empty or one a knot.
    pub fn factorise(
        &mut self,
        problem: &LqProblem<NX, NU>,
        held: &[Held<NU>],
        barrier: &[Barrier<NX, NU>],
    ) -> Result<(), NotConvex> {
        let horizon = problem.horizon();
        self.stages.resize_with(horizon + 1, || Stage {
            P: SMatrix::zeros(),
            p: SVector::zeros(),
            K: SMatrix::zeros(),
            d: SVector::zeros(),
            L: SMatrix::identity(),
        });
        let last = &problem.knots[horizon];
        let (mut P, mut p) = (last.Q, last.q);
        if let Some(extra) = barrier.get(horizon) {
            add_diagonal(&mut P, &extra.hessian_x);
            p += extra.gradient_x;
        }
        self.stages[horizon].P = P;
        self.stages[horizon].p = p;
        for k in (0..horizon).rev() {
            let knot = &problem.knots[k];
            let stage = &mut self.stages[k];
            let PA = P * knot.A;
            let PB = P * knot.B;
            let mut H = knot.R + knot.B.tr_mul(&PB);
            let mut G = knot.S + knot.B.tr_mul(&PA);
            let carried = P * knot.c + p;
            let mut h = knot.r + knot.B.tr_mul(&carried);
            let mut value = knot.Q + knot.A.tr_mul(&PA);
            let mut slope = knot.q + knot.A.tr_mul(&carried);
            if let Some(extra) = barrier.get(k) {
                add_diagonal(&mut H, &extra.hessian_u);
                h += extra.gradient_u;
                add_diagonal(&mut value, &extra.hessian_x);
                slope += extra.gradient_x;
            }
            if let Some(held) = held.get(k) {
                hold(held, &mut H, &mut G, &mut h, &mut slope);
            }
            cholesky(&mut H)?;
            stage.L = H;
            stage.K = -solve_factored(&H, &G);
            stage.d = -solve_factored(&H, &h);
            value += G.tr_mul(&stage.K);
            slope += G.tr_mul(&stage.d);
            P = (value + value.transpose()) * 0.5;
            p = slope;
            stage.P = P;
            stage.p = p;
        }
        Ok(())
    }

    /// Backward pass for new gradients on the factors of the last [`Self::factorise`].
    pub fn backsolve(&mut self, problem: &LqProblem<NX, NU>, barrier: &[Barrier<NX, NU>]) {
        let horizon = problem.horizon();
        let mut p = problem.knots[horizon].q + barrier[horizon].gradient_x;
        self.stages[horizon].p = p;
        for k in (0..horizon).rev() {
            let knot = &problem.knots[k];
            let carried = self.stages[k + 1].P * knot.c + p;
            let stage = &mut self.stages[k];
            let h = knot.r + barrier[k].gradient_u + knot.B.tr_mul(&carried);
            stage.d = -solve_factored(&stage.L, &h);
            p = knot.q + barrier[k].gradient_x + knot.A.tr_mul(&carried) + stage.K.tr_mul(&h);
            stage.p = p;
        }
    }

    /// Hessian of the value function at a knot, after [`Self::factorise`].
    pub fn value_hessian(&self, k: usize) -> &SMatrix<f64, NX, NX> {
        &self.stages[k].P
    }

    /// Forward pass: states, inputs and costates of the minimiser.
    pub fn rollout(&self, problem: &LqProblem<NX, NU>, solution: &mut LqSolution<NX, NU>) {
        let mut x = problem.x0;
        for (k, stage) in self.stages.iter().enumerate() {
            solution.x[k] = x;
            solution.costate[k] = stage.P * x + stage.p;
            if k < problem.horizon() {
                let u = stage.K * x + stage.d;
                solution.u[k] = u;
                let knot = &problem.knots[k];
                x = knot.A * x + knot.B * u + knot.c;
            }
        }
    }
}

fn add_diagonal<const N: usize>(matrix: &mut SMatrix<f64, N, N>, diagonal: &SVector<f64, N>) {
    for i in 0..N {
        matrix[(i, i)] += diagonal[i];
    }
}

/// Eliminates held inputs from the stage: their value moves into the gradients, their own row
/// becomes `u_i = value`.
fn hold<const NX: usize, const NU: usize>(
    held: &Held<NU>,
    H: &mut SMatrix<f64, NU, NU>,
    G: &mut SMatrix<f64, NU, NX>,
    h: &mut SVector<f64, NU>,
    slope: &mut SVector<f64, NX>,
) {
    for (i, value) in held.iter().enumerate() {
        let Some(value) = *value else { continue };
        *h += H.column(i) * value;
        *slope += G.row(i).transpose() * value;
        for j in 0..NU {
            H[(i, j)] = 0.0;
            H[(j, i)] = 0.0;
        }
        H[(i, i)] = 1.0;
        G.row_mut(i).fill(0.0);
        h[i] = -value;
    }
    // a later input's value must not reach an earlier held row
    for (i, value) in held.iter().enumerate() {
        if let Some(value) = *value {
            h[i] = -value;
        }
    }
}

/// In-place lower Cholesky factor.
fn cholesky<const N: usize>(matrix: &mut SMatrix<f64, N, N>) -> Result<(), NotConvex> {
    for j in 0..N {
        let mut pivot = matrix[(j, j)];
        for k in 0..j {
            pivot -= matrix[(j, k)] * matrix[(j, k)];
        }
        if !(pivot > 1e-12 && pivot.is_finite()) {
            return Err(NotConvex);
        }
        let root = pivot.sqrt();
        matrix[(j, j)] = root;
        for i in j + 1..N {
            let mut value = matrix[(i, j)];
            for k in 0..j {
                value -= matrix[(i, k)] * matrix[(j, k)];
            }
            matrix[(i, j)] = value / root;
        }
    }
    Ok(())
}

/// `(L L')⁻¹ rhs`.
fn solve_factored<const N: usize, const M: usize>(
    L: &SMatrix<f64, N, N>,
    rhs: &SMatrix<f64, N, M>,
) -> SMatrix<f64, N, M> {
    let mut out = *rhs;
    for column in 0..M {
        for i in 0..N {
            for k in 0..i {
                out[(i, column)] -= L[(i, k)] * out[(k, column)];
            }
            out[(i, column)] /= L[(i, i)];
        }
        for i in (0..N).rev() {
            for k in i + 1..N {
                out[(i, column)] -= L[(k, i)] * out[(k, column)];
            }
            out[(i, column)] /= L[(i, i)];
        }
    }
    out
}
