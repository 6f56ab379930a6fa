//! On a linear-quadratic problem the adjoint is one dense linear system.
#![allow(clippy::unwrap_used)]
#![allow(non_snake_case)]

use controller::mpc::lq::{Knot, LqSolver, Osqp, OsqpSettings, Riccati, RiccatiSettings};
use controller::mpc::{
    Adjoint, AdjointStatus, Bounds, Curvature, Dynamics, Objective, Ocp, Solution, Sqp, SqpSettings,
};
use nalgebra::{DMatrix, DVector, SMatrix, SVector};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const HORIZON: usize = 15;

type Input = SVector<f64, 2>;

/// Linear dynamics.
struct Linear(SMatrix<f64, 4, 4>, SMatrix<f64, 4, 2>);

impl Dynamics<4, 2> for Linear {
    fn step(&self, x: &SVector<f64, 4>, u: &Input) -> SVector<f64, 4> {
        self.0 * x + self.1 * u
    }

    fn linearise(&self, _: &SVector<f64, 4>, _: &Input, knot: &mut Knot<4, 2>) {
        knot.A = self.0;
        knot.B = self.1;
    }

    fn add_curvature(
        &self,
        _: &SVector<f64, 4>,
        _: &Input,
        _: &SVector<f64, 4>,
        _: &mut Knot<4, 2>,
    ) {
    }
}

/// `½ |x - r|²_Q + ½ u'R u`, R negative in places where the rest outweighs it.
struct Quadratic {
    Q: SMatrix<f64, 4, 4>,
    R: SMatrix<f64, 2, 2>,
    r: SVector<f64, 4>,
}

impl Objective<4, 2> for Quadratic {
    fn stage(&self, _: usize, x: &SVector<f64, 4>, u: &Input) -> f64 {
        self.terminal(x) + 0.5 * u.dot(&(self.R * u))
    }

    fn terminal(&self, x: &SVector<f64, 4>) -> f64 {
        0.5 * (x - self.r).dot(&(self.Q * (x - self.r)))
    }

    fn expand_stage(
        &self,
        _: usize,
        x: &SVector<f64, 4>,
        u: &Input,
        curvature: Curvature,
        knot: &mut Knot<4, 2>,
    ) {
        knot.S = SMatrix::zeros();
        knot.R = self.R;
        knot.r = self.R * u;
        self.expand_terminal(x, curvature, knot);
    }

    fn expand_terminal(&self, x: &SVector<f64, 4>, _: Curvature, knot: &mut Knot<4, 2>) {
        knot.Q = self.Q;
        knot.q = self.Q * (x - self.r);
    }
}

/// The reference's gradient from the dense Karush-Kuhn-Tucker system over all states and inputs.
fn dense(dynamics: &Linear, cost: &Quadratic, loss: &[SVector<f64, 4>]) -> SVector<f64, 4> {
    let (steps, width) = (HORIZON, 6);
    let variables = steps * width; // u_0, x_1, u_1, .., x_N
    let mut kkt = DMatrix::<f64>::zeros(variables + 4 * steps, variables + 4 * steps);
    let mut rhs = DVector::<f64>::zeros(variables + 4 * steps);
    for k in 0..steps {
        let (u, x, row) = (k * width, k * width + 2, variables + 4 * k);
        kkt.view_mut((u, u), (2, 2)).copy_from(&cost.R);
        kkt.view_mut((x, x), (4, 4)).copy_from(&cost.Q);
        rhs.rows_mut(x, 4).copy_from(&-loss[k + 1]);
        let mut equation = DMatrix::<f64>::zeros(4, variables);
        equation.view_mut((0, u), (4, 2)).copy_from(&dynamics.1);
        equation
            .view_mut((0, x), (4, 4))
            .copy_from(&-SMatrix::<f64, 4, 4>::identity());
        if k > 0 {
            equation.view_mut((0, u - 4), (4, 4)).copy_from(&dynamics.0);
        }
        kkt.view_mut((row, 0), (4, variables)).copy_from(&equation);
        kkt.view_mut((0, row), (variables, 4))
            .copy_from(&equation.transpose());
    }
    let adjoint = kkt.lu().solve(&rhs).unwrap();
    // d²l/dx dr = -Q at every state
    (0..steps)
        .map(|k| -cost.Q * adjoint.fixed_rows::<4>(k * width + 2))
        .sum()
}

#[test]
fn on_a_linear_quadratic_problem_the_gradient_is_the_closed_form() {
    let settings = SqpSettings {
        tolerance: 1e-13,
        ..SqpSettings::default()
    };
    let osqp = OsqpSettings {
        tolerance: 1e-10,
        max_iterations: 200_000,
        polish: true,
    };
    for seed in (0..20).step_by(2) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = move |half: f64| rng.random_range(-half..half);
        let dynamics = Linear(
            SMatrix::identity() + SMatrix::from_fn(|_, _| uniform(0.2)),
            SMatrix::from_fn(|_, _| uniform(1.0)),
        );
        let root = SMatrix::<f64, 4, 4>::from_fn(|_, _| uniform(1.0));
        let cost = Quadratic {
            Q: root * root.transpose() + SMatrix::identity(),
            R: SMatrix::identity() * if seed < 10 { 0.3 } else { -0.02 },
            r: SVector::from_fn(|_, _| uniform(2.0)),
        };
        let free = [SVector::repeat(-1e9), SVector::repeat(1e9)];
        let bounds = Bounds::constant(HORIZON, [Input::repeat(-1e9), Input::repeat(1e9)], free);
        let ocp = Ocp {
            dynamics: &dynamics,
            objective: &cost,
            bounds: &bounds,
            x0: SVector::from_fn(|_, _| uniform(1.0)),
        };
        let mut solution = Solution::default();
        solution.resize(HORIZON);
        Sqp::new(settings).solve(
            &ocp,
            &mut Riccati::new(RiccatiSettings::default()),
            &mut solution,
        );
        let loss_x: Vec<_> = (0..=HORIZON)
            .map(|_| SVector::from_fn(|_, _| uniform(1.0)))
            .collect();
        let loss_u = vec![Input::zeros(); HORIZON];
        let expected = dense(&dynamics, &cost, &loss_x);
        for solver in [
            &mut Riccati::new(RiccatiSettings::default()) as &mut dyn LqSolver<4, 2>,
            &mut Osqp::new(osqp),
        ] {
            let mut adjoint = Adjoint::default();
            let status = adjoint.solve(&ocp, &solution, solver, &loss_x, &loss_u);
            assert_eq!(status, AdjointStatus::Solved, "{} {seed}", solver.name());
            let found: SVector<f64, 4> = adjoint.dx().iter().map(|dx| -cost.Q * dx).sum();
            let error = (found - expected).amax() / expected.amax();
            assert!(error < 1e-9, "{} {seed}: {error:e}", solver.name());
        }
    }
}
