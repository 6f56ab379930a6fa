//! Robot dynamics: the interface for other kinematics, and the unicycle.

use nalgebra::{SMatrix, SVector};

use super::lq::Knot;

/// Discrete-time dynamics `x⁺ = f(x, u)` with derivatives.
pub trait Dynamics<const NX: usize, const NU: usize> {
    /// The next state.
    fn step(&self, x: &SVector<f64, NX>, u: &SVector<f64, NU>) -> SVector<f64, NX>;

    /// Writes `A = ∂f/∂x` and `B = ∂f/∂u`.
    fn linearise(&self, x: &SVector<f64, NX>, u: &SVector<f64, NU>, knot: &mut Knot<NX, NU>);

    /// Adds the second derivative of `costate · f` to the knot's Hessians.
    fn add_curvature(
        &self,
        x: &SVector<f64, NX>,
        u: &SVector<f64, NU>,
        costate: &SVector<f64, NX>,
        knot: &mut Knot<NX, NU>,
    );
}

/// Differential drive with accelerations as inputs, explicit Euler:
///
/// ```text
/// x = [p_x, p_y, θ, v, ω],  u = [a, α]
/// p⁺ = p + dt v [cos θ, sin θ],  θ⁺ = θ + dt ω,  v⁺ = v + dt a,  ω⁺ = ω + dt α
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unicycle {
    /// Time step between knots, s.
    pub dt_s: f64,
}

/// The unicycle with its last input as part of the state, so that a cost on the change of the input
/// is a stage cost: `x = [p_x, p_y, θ, v, ω, a⁻, α⁻]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnicycleWithMemory(pub Unicycle);

impl Unicycle {
    fn advance<const NX: usize>(
        self,
        x: &SVector<f64, NX>,
        u: &SVector<f64, 2>,
    ) -> SVector<f64, NX> {
        let (sin, cos) = x[2].sin_cos();
        let mut next = *x;
        next[0] += self.dt_s * x[3] * cos;
        next[1] += self.dt_s * x[3] * sin;
        next[2] += self.dt_s * x[4];
        next[3] += self.dt_s * u[0];
        next[4] += self.dt_s * u[1];
        next
    }

    fn jacobians<const NX: usize>(self, x: &SVector<f64, NX>, knot: &mut Knot<NX, 2>) {
        let (sin, cos) = x[2].sin_cos();
        knot.A = SMatrix::identity();
        knot.A[(0, 2)] = -self.dt_s * x[3] * sin;
        knot.A[(0, 3)] = self.dt_s * cos;
        knot.A[(1, 2)] = self.dt_s * x[3] * cos;
        knot.A[(1, 3)] = self.dt_s * sin;
        knot.A[(2, 4)] = self.dt_s;
        knot.B = SMatrix::zeros();
        knot.B[(3, 0)] = self.dt_s;
        knot.B[(4, 1)] = self.dt_s;
    }

    fn hessian<const NX: usize>(
        self,
        x: &SVector<f64, NX>,
        costate: &SVector<f64, NX>,
        knot: &mut Knot<NX, 2>,
    ) {
        let (sin, cos) = x[2].sin_cos();
        knot.Q[(2, 2)] -= self.dt_s * x[3] * (costate[0] * cos + costate[1] * sin);
        let mixed = self.dt_s * (costate[1] * cos - costate[0] * sin);
        knot.Q[(2, 3)] += mixed;
        knot.Q[(3, 2)] += mixed;
    }
}

impl Dynamics<5, 2> for Unicycle {
    fn step(&self, x: &SVector<f64, 5>, u: &SVector<f64, 2>) -> SVector<f64, 5> {
        self.advance(x, u)
    }

    fn linearise(&self, x: &SVector<f64, 5>, _: &SVector<f64, 2>, knot: &mut Knot<5, 2>) {
        self.jacobians(x, knot);
    }

    fn add_curvature(
        &self,
        x: &SVector<f64, 5>,
        _: &SVector<f64, 2>,
        costate: &SVector<f64, 5>,
        knot: &mut Knot<5, 2>,
    ) {
        self.hessian(x, costate, knot);
    }
}

impl Dynamics<7, 2> for UnicycleWithMemory {
    fn step(&self, x: &SVector<f64, 7>, u: &SVector<f64, 2>) -> SVector<f64, 7> {
        let mut next = self.0.advance(x, u);
        next[5] = u[0];
        next[6] = u[1];
        next
    }

    fn linearise(&self, x: &SVector<f64, 7>, _: &SVector<f64, 2>, knot: &mut Knot<7, 2>) {
        self.0.jacobians(x, knot);
        knot.A[(5, 5)] = 0.0;
        knot.A[(6, 6)] = 0.0;
        knot.B[(5, 0)] = 1.0;
        knot.B[(6, 1)] = 1.0;
    }

    fn add_curvature(
        &self,
        x: &SVector<f64, 7>,
        _: &SVector<f64, 2>,
        costate: &SVector<f64, 7>,
        knot: &mut Knot<7, 2>,
    ) {
        self.0.hessian(x, costate, knot);
    }
}
