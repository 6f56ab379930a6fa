//! Solvers of the linear-quadratic problem, judged by their KKT residual on random problems.

use controller::mpc::lq::{
    KktResidual, LqProblem, LqSolution, LqSolver, LqStatus, Osqp, OsqpSettings, Riccati,
    RiccatiSettings,
};
use nalgebra::{SMatrix, SVector};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const NX: usize = 5;
const NU: usize = 2;

/// Which bounds a random problem has.
#[derive(Clone, Copy)]
enum Bounds {
    None,
    Inputs,
    InputsAndStates,
}

/// Random stable-ish dynamics and convex cost; bounds tight enough that many are active. State
/// bounds hold for the rollout of zero input, so the problem is feasible by construction.
fn random_problem(seed: u64, horizon: usize, bounds: Bounds) -> LqProblem<NX, NU> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = move |half: f64| rng.random_range(-half..half);
    let mut problem = LqProblem::new(horizon);
    problem.x0 = SVector::from_fn(|_, _| uniform(1.0));
    for knot in &mut problem.knots {
        knot.A = SMatrix::identity() + SMatrix::from_fn(|_, _| uniform(0.1));
        knot.B = SMatrix::from_fn(|_, _| uniform(0.5));
        knot.c = SVector::from_fn(|_, _| uniform(0.05));
        let root: SMatrix<f64, 7, 7> = SMatrix::from_fn(|_, _| uniform(1.0));
        let hessian = root * root.transpose() + SMatrix::identity() * 0.1;
        knot.Q = hessian.fixed_view::<NX, NX>(0, 0).into();
        knot.S = hessian.fixed_view::<NU, NX>(NX, 0).into();
        knot.R = hessian.fixed_view::<NU, NU>(NX, NX).into();
        knot.q = SVector::from_fn(|_, _| uniform(3.0));
        knot.r = SVector::from_fn(|_, _| uniform(3.0));
        if !matches!(bounds, Bounds::None) {
            knot.u_lo = SVector::from_fn(|_, _| -0.5 + uniform(0.2));
            knot.u_hi = SVector::from_fn(|_, _| 0.5 + uniform(0.2));
        }
    }
    if matches!(bounds, Bounds::InputsAndStates) {
        let mut x = problem.x0;
        for k in 0..horizon {
            x = problem.knots[k].A * x + problem.knots[k].c;
            let knot = &mut problem.knots[k + 1];
            for i in 3..NX {
                knot.x_lo[i] = x[i] - 0.3 - uniform(0.1);
                knot.x_hi[i] = x[i] + 0.3 + uniform(0.1);
            }
        }
    }
    problem
}

fn solve(solver: &mut dyn LqSolver<NX, NU>, problem: &LqProblem<NX, NU>) -> LqSolution<NX, NU> {
    let mut solution = LqSolution::default();
    assert_eq!(
        solver.solve(problem, &mut solution),
        LqStatus::Solved,
        "{}",
        solver.name()
    );
    solution
}

#[test]
fn riccati_satisfies_the_kkt_conditions() {
    let mut riccati = Riccati::new(RiccatiSettings::default());
    for seed in 0..200 {
        for (bounds, tolerance) in [
            (Bounds::None, 1e-9),
            (Bounds::Inputs, 1e-7),
            (Bounds::InputsAndStates, 1e-6),
        ] {
            let problem = random_problem(seed, 1 + seed as usize % 40, bounds);
            let solution = solve(&mut riccati, &problem);
            let residual = KktResidual::of(&problem, &solution);
            assert!(residual.worst() < tolerance, "seed {seed}: {residual:?}");
        }
    }
}

#[test]
fn osqp_satisfies_the_kkt_conditions() {
    for seed in 0..40 {
        for bounds in [Bounds::None, Bounds::Inputs, Bounds::InputsAndStates] {
            let problem = random_problem(seed, 1 + seed as usize % 30, bounds);
            let mut osqp = Osqp::new(OsqpSettings::default());
            let solution = solve(&mut osqp, &problem);
            let residual = KktResidual::of(&problem, &solution);
            assert!(residual.worst() < 1e-4, "seed {seed}: {residual:?}");
        }
    }
}

#[test]
fn the_backends_agree() {
    let mut riccati = Riccati::new(RiccatiSettings::default());
    let mut osqp = Osqp::new(OsqpSettings::default());
    for seed in 0..40 {
        let problem = random_problem(seed, 20, Bounds::InputsAndStates);
        let (ours, theirs) = (solve(&mut riccati, &problem), solve(&mut osqp, &problem));
        for (a, b) in ours.u.iter().zip(&theirs.u) {
            assert!((a - b).amax() < 1e-4, "seed {seed}: {a} {b}");
        }
    }
}

/// With the right guess of the active bounds one sweep is enough.
#[test]
fn a_warm_start_settles_at_once() {
    let mut riccati = Riccati::new(RiccatiSettings::default());
    for seed in 0..50 {
        let problem = random_problem(seed, 30, Bounds::Inputs);
        let mut solution = solve(&mut riccati, &problem);
        let cold = solution.clone();
        assert_eq!(riccati.solve(&problem, &mut solution), LqStatus::Solved);
        for (a, b) in solution.u.iter().zip(&cold.u) {
            assert!((a - b).amax() < 1e-7);
        }
        assert!(solution.iterations <= cold.iterations);
    }
}

/// One step, one input that matters: min (x + u)^2 + u^2 from x = 1 gives u = -1/2.
#[test]
fn the_scalar_problem_has_its_textbook_answer() {
    let mut problem = LqProblem::<1, 1>::new(1);
    problem.x0[0] = 1.0;
    problem.knots[0].B[(0, 0)] = 1.0;
    problem.knots[0].R[(0, 0)] = 2.0;
    problem.knots[1].Q[(0, 0)] = 2.0;
    for solver in [
        &mut Riccati::new(RiccatiSettings::default()) as &mut dyn LqSolver<1, 1>,
        &mut Osqp::new(OsqpSettings::default()),
    ] {
        let mut solution = LqSolution::default();
        assert_eq!(solver.solve(&problem, &mut solution), LqStatus::Solved);
        assert!((solution.u[0][0] + 0.5).abs() < 1e-6);
        problem.knots[0].u_lo[0] = -0.25;
        assert_eq!(solver.solve(&problem, &mut solution), LqStatus::Solved);
        assert!((solution.u[0][0] + 0.25).abs() < 1e-6);
        // gradient there: 2 (1 - 1/4) - 2/4 = 1, so the lower bound's multiplier is -1
        assert!((solution.mu_u[0][0] + 1.0).abs() < 1e-4);
        problem.knots[0].u_lo[0] = f64::NEG_INFINITY;
    }
}

#[test]
fn non_convex_and_infeasible_problems_are_distinguished() {
    for solver in [
        &mut Riccati::new(RiccatiSettings::default()) as &mut dyn LqSolver<NX, NU>,
        &mut Osqp::new(OsqpSettings::default()),
    ] {
        let mut concave = random_problem(1, 10, Bounds::Inputs);
        concave.knots[4].R = SMatrix::identity() * -100.0;
        assert_eq!(
            solver.solve(&concave, &mut LqSolution::default()),
            LqStatus::NotConvex
        );
        for (lo, hi) in [
            (f64::NAN, 1.0),
            (0.0, f64::NAN),
            (f64::INFINITY, f64::INFINITY),
        ] {
            let mut nothing = random_problem(2, 10, Bounds::InputsAndStates);
            nothing.knots[3].x_lo[1] = lo;
            nothing.knots[3].x_hi[1] = hi;
            assert_eq!(
                solver.solve(&nothing, &mut LqSolution::default()),
                LqStatus::Infeasible
            );
        }
        let mut crossed = random_problem(2, 10, Bounds::Inputs);
        crossed.knots[3].u_lo[0] = 1.0;
        crossed.knots[3].u_hi[0] = -1.0;
        assert_eq!(
            solver.solve(&crossed, &mut LqSolution::default()),
            LqStatus::Infeasible
        );
    }
}
