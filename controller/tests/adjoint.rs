//! Gradients through the optimal control problem, judged by finite differences.
#![allow(clippy::unwrap_used)]
#![allow(non_snake_case)]

use controller::mpc::lq::{Knot, LqSolver, Osqp, OsqpSettings, Riccati, RiccatiSettings};
use controller::mpc::{
    Adjoint, AdjointStatus, Bounds, Curvature, Objective, Ocp, Solution, Sqp, SqpSettings, Unicycle,
};
use controller::{CostParameters, KNOT_LEN, LearnedCost, LearnedTerm, SolveStatus, WithLearned};
use nalgebra::{SMatrix, SVector};
use perception::Pose2;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const HORIZON: usize = 15;
const DT_S: f64 = 0.1;

type State = SVector<f64, 5>;
type Input = SVector<f64, 2>;
type Problem<'a> = Ocp<'a, Unicycle, WithLearned<'a, Effort>, 5, 2>;

fn tight(tolerance: f64) -> SqpSettings {
    SqpSettings {
        tolerance,
        max_iterations: 200,
        max_backtracks: 30,
    }
}

fn riccati() -> Riccati<5, 2> {
    Riccati::new(RiccatiSettings {
        tolerance: 1e-13,
        max_active_set_iterations: 20,
        max_interior_point_iterations: 100,
    })
}

fn osqp(tolerance: f64) -> Osqp<5, 2> {
    Osqp::new(OsqpSettings {
        tolerance,
        max_iterations: 200_000,
        polish: true,
    })
}

/// Little more than what makes the problem have one minimum.
struct Effort;

impl Objective<5, 2> for Effort {
    fn stage(&self, _: usize, x: &State, u: &Input) -> f64 {
        0.05 * x.norm_squared() + 0.02 * u.norm_squared()
    }

    fn terminal(&self, x: &State) -> f64 {
        0.05 * x.norm_squared()
    }

    fn expand_stage(&self, _: usize, x: &State, u: &Input, _: Curvature, knot: &mut Knot<5, 2>) {
        knot.Q = SMatrix::identity() * 0.1;
        knot.S = SMatrix::zeros();
        knot.R = SMatrix::identity() * 0.04;
        knot.q = x * 0.1;
        knot.r = u * 0.04;
    }

    fn expand_terminal(&self, x: &State, _: Curvature, knot: &mut Knot<5, 2>) {
        knot.Q = SMatrix::identity() * 0.1;
        knot.q = x * 0.1;
    }
}

/// One random problem with a learned cost and a linear loss.
struct Case {
    cost: LearnedCost,
    x0: State,
    bounds: Bounds<5, 2>,
    loss_x: Vec<State>,
    loss_u: Vec<Input>,
}

impl Case {
    fn random(seed: u64, input_max: f64, state_max: f64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = move |half: f64| rng.random_range(-half..half);
        let mut parameters = CostParameters::zeros(3);
        parameters.0.fill_with(|| uniform(1.0));
        for knot in parameters.0.chunks_mut(KNOT_LEN) {
            knot[..2].iter_mut().for_each(|entry| *entry *= 2.0);
        }
        let free = State::repeat(f64::INFINITY);
        let mut state = [-free, free];
        state[0].fixed_rows_mut::<2>(3).fill(-state_max);
        state[1].fixed_rows_mut::<2>(3).fill(state_max);
        let input = Input::repeat(input_max);
        let x0 = State::from([uniform(1.0), uniform(1.0), uniform(1.0), 0.31, 0.0]);
        Self {
            cost: LearnedCost {
                parameters,
                odom_from_view: Pose2::new(uniform(1.0), uniform(1.0), uniform(3.0)),
            },
            x0,
            bounds: Bounds::constant(HORIZON, [-input, input], state),
            loss_x: (0..=HORIZON)
                .map(|_| State::from_fn(|_, _| uniform(1.0)))
                .collect(),
            loss_u: (0..HORIZON)
                .map(|_| Input::from_fn(|_, _| uniform(1.0)))
                .collect(),
        }
    }

    fn term(&self) -> LearnedTerm {
        let mut term = LearnedTerm::default();
        term.set(&self.cost, HORIZON, DT_S);
        term
    }

    /// Solves from `guess` and hands the problem and its solution on.
    fn solved<T>(
        &self,
        solver: &mut dyn LqSolver<5, 2>,
        guess: Option<&Solution<5, 2>>,
        then: impl FnOnce(&Problem<'_>, Solution<5, 2>, &mut dyn LqSolver<5, 2>) -> T,
    ) -> T {
        let term = self.term();
        let ocp = Ocp {
            dynamics: &Unicycle { dt_s: DT_S },
            objective: &WithLearned {
                base: Effort,
                learned: Some(&term),
            },
            bounds: &self.bounds,
            x0: self.x0,
        };
        let mut solution = Solution::default();
        solution.resize(HORIZON);
        if let Some(guess) = guess {
            solution.clone_from(guess);
        }
        let tolerance = match solver.name() {
            "osqp" => 1e-7, // as far as a first-order method goes
            _ => 1e-13,
        };
        let mut sqp = Sqp::new(tight(tolerance));
        sqp.solve(&ocp, solver, &mut solution);
        // the step that the tolerance would spare
        for (u, step) in solution.u.iter_mut().zip(&solution.lq.u) {
            *u += step;
        }
        sqp.solve(&ocp, solver, &mut solution);
        then(&ocp, solution, solver)
    }

    /// The loss on the solution, its last Newton step taken.
    fn loss(&self, guess: &Solution<5, 2>) -> Option<f64> {
        self.solved(&mut riccati(), Some(guess), |_, solution, _| {
            let states = self.loss_x.iter().enumerate();
            let inputs = self.loss_u.iter().enumerate();
            let loss = states
                .map(|(k, loss)| loss.dot(&(solution.x[k] + solution.lq.x[k])))
                .sum::<f64>()
                + inputs
                    .map(|(k, loss)| loss.dot(&(solution.u[k] + solution.lq.u[k])))
                    .sum::<f64>();
            (solution.status == SolveStatus::Solved).then_some(loss)
        })
    }

    fn gradient(
        &self,
        solver: &mut dyn LqSolver<5, 2>,
        guess: Option<&Solution<5, 2>>,
    ) -> (AdjointStatus, CostParameters, Solution<5, 2>) {
        self.solved(solver, guess, |ocp, solution, solver| {
            let (status, gradient) = self.differentiate(ocp, &solution, solver);
            (status, gradient, solution)
        })
    }

    fn differentiate(
        &self,
        ocp: &Problem<'_>,
        solution: &Solution<5, 2>,
        solver: &mut dyn LqSolver<5, 2>,
    ) -> (AdjointStatus, CostParameters) {
        let mut adjoint = Adjoint::default();
        let status = adjoint.solve(ocp, solution, solver, &self.loss_x, &self.loss_u);
        let mut gradient = CostParameters::zeros(3);
        if status == AdjointStatus::Solved {
            for (k, dx) in adjoint.dx().iter().enumerate() {
                self.term().add_mixed(k, &solution.x[k], dx, &mut gradient);
            }
        }
        (status, gradient)
    }

    /// Bounds of inputs and of states that hold the solution.
    fn active(solution: &Solution<5, 2>) -> [usize; 2] {
        let count = |mu: &mut dyn Iterator<Item = &f64>| mu.filter(|mu| mu.abs() > 1e-6).count();
        [
            count(&mut solution.lq.mu_u.iter().flatten()),
            count(&mut solution.lq.mu_x.iter().flatten()),
        ]
    }
}

/// Compares with central differences; returns how many bounds of each kind were active.
fn check(case: &mut Case, name: &str) -> [usize; 2] {
    let (status, gradient, solution) = case.gradient(&mut riccati(), None);
    assert_eq!(status, AdjointStatus::Solved, "{name}");
    let scale = gradient.0.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
    for index in 0..gradient.0.len() {
        let mut at = |by: f64| {
            let kept = case.cost.parameters.0[index];
            case.cost.parameters.0[index] = kept + by;
            let loss = case.loss(&solution).unwrap();
            case.cost.parameters.0[index] = kept;
            loss
        };
        // the shorter the step the more rounding, the longer the more curvature; and the interior
        // point gives way by its tolerance
        let error = [1e-3, 3e-4, 1e-4, 3e-5, 1e-5]
            .map(|step| {
                let slope = (at(step) - at(-step)) / (2.0 * step);
                (slope - gradient.0[index]).abs() / (slope.abs() + 1e-2 * scale)
            })
            .into_iter()
            .fold(f64::INFINITY, f64::min);
        assert!(
            error < 1e-4,
            "{name}, parameter {index}: {} is off by {error:e}",
            gradient.0[index]
        );
    }
    Case::active(&solution)
}

#[test]
fn every_gradient_equals_its_central_difference() {
    let mut active = [0; 2];
    for seed in (0..30).step_by(2) {
        assert_eq!(
            check(
                &mut Case::random(seed, f64::INFINITY, f64::INFINITY),
                "free"
            ),
            [0, 0]
        );
        active[0] += check(&mut Case::random(seed, 0.9, f64::INFINITY), "inputs")[0];
        let [_, states] = check(&mut Case::random(seed, 3.0, 0.32), "states");
        let both = check(&mut Case::random(seed, 0.9, 0.32), "both");
        active[0] += both[0];
        active[1] += states + both[1];
    }
    println!("active bounds of inputs and of states: {active:?}");
    assert!(active.iter().all(|&count| count > 30), "{active:?}");
}

#[test]
fn both_backends_give_the_same_adjoint() {
    for seed in (0..12).step_by(2) {
        for (input_max, state_max) in [
            (f64::INFINITY, f64::INFINITY),
            (0.9, f64::INFINITY),
            (0.9, 0.37),
        ] {
            let case = Case::random(seed, input_max, state_max);
            let (status, ours, solution) = case.gradient(&mut riccati(), None);
            assert_eq!(status, AdjointStatus::Solved);
            let agree = |theirs: &CostParameters, tolerance: f64| {
                let scale = ours.0.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
                for (a, b) in ours.0.iter().zip(&theirs.0) {
                    assert!((a - b).abs() < tolerance * scale, "seed {seed}: {a} {b}");
                }
            };
            // the adjoint alone, then its own solution differentiated
            let (status, theirs) = case.solved(&mut riccati(), None, |ocp, solution, _| {
                case.differentiate(ocp, &solution, &mut osqp(1e-10))
            });
            assert_eq!(status, AdjointStatus::Solved, "seed {seed}");
            agree(&theirs, 1e-6);
            let (status, theirs, _) = case.gradient(&mut osqp(1e-6), Some(&solution));
            assert_eq!(status, AdjointStatus::Solved, "seed {seed}");
            agree(&theirs, 1e-3);
        }
    }
}

/// Full throttle reaches the speed limit exactly at a knot: more bounds hold than there are
/// inputs to hold, and the derivative is there all the same.
#[test]
fn a_bound_that_others_imply_does_no_harm() {
    let mut case = Case::random(2, 1.0, 0.5);
    case.x0 = State::zeros();
    case.cost.odom_from_view = Pose2::IDENTITY;
    for knot in case.cost.parameters.0.chunks_mut(KNOT_LEN) {
        knot[..6].copy_from_slice(&[3.0, 0.2, 1.0, 0.0, 0.5, 0.0]);
        knot[6..].fill(0.0);
        knot[6] = 2.0;
        knot[8] = 1.5;
    }
    let [inputs, states] = check(&mut case, "throttle");
    assert!(inputs >= 5 && states >= 5, "{inputs} {states}");
}

#[test]
fn problems_without_a_gradient_are_refused() {
    let case = Case::random(4, 0.9, f64::INFINITY);
    let status = |change: &dyn Fn(&mut Solution<5, 2>), case: &Case| {
        case.solved(&mut riccati(), None, |ocp, mut solution, solver| {
            change(&mut solution);
            Adjoint::default().solve(ocp, &solution, solver, &case.loss_x, &case.loss_u)
        })
    };
    assert_eq!(status(&|_| {}, &case), AdjointStatus::Solved);
    let cut_short = |s: &mut Solution<5, 2>| s.status = SolveStatus::MaxIterations;
    assert_eq!(status(&cut_short, &case), AdjointStatus::NotConverged);
    // an input at its bound without force
    let touching = |s: &mut Solution<5, 2>| {
        s.u[3][0] = 0.9;
        s.lq.u[3][0] = 0.0;
        s.lq.mu_u[3][0] = 0.0;
    };
    assert_eq!(status(&touching, &case), AdjointStatus::Degenerate);
    // a maximum: away from a reference behind the robot that it should like to have at hand
    let saddle = |s: &mut Solution<5, 2>| {
        for x in &mut s.x {
            x[2] += std::f64::consts::PI;
        }
    };
    let mut turned = Case::random(4, f64::INFINITY, f64::INFINITY);
    for knot in turned.cost.parameters.0.chunks_mut(KNOT_LEN) {
        knot.fill(0.0);
        knot[2] = 1.0;
        knot[6 + 5] = 8.0;
        knot[6 + 9] = 8.0;
    }
    turned.cost.odom_from_view = Pose2::IDENTITY;
    assert_eq!(status(&saddle, &turned), AdjointStatus::NotConvex);
    let nonsense = Case {
        loss_x: vec![State::repeat(f64::NAN); HORIZON + 1],
        ..Case::random(4, f64::INFINITY, f64::INFINITY)
    };
    assert_eq!(status(&|_| {}, &nonsense), AdjointStatus::Failed);
}
