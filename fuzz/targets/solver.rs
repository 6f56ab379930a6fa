//! Linear-quadratic problems of any numbers: the solver ends, and its status is honest.
//!
//! The first byte is the horizon, the second the kind of numbers; then every number of the problem
//! is two bytes, and zeros follow the last.
#![no_main]

use controller::mpc::lq::{
    KktResidual, LqProblem, LqSolution, LqSolver as _, LqStatus, Riccati, RiccatiSettings,
};
use libfuzzer_sys::fuzz_target;
use nalgebra::{SMatrix, SVector};

const NX: usize = 3;
const NU: usize = 2;
const HORIZON_MAX: u8 = 20;

/// Numbers of two bytes each, small ones dense and a few of any size.
struct Numbers<'a> {
    bytes: &'a [u8],
    has_extremes: bool,
}

impl Numbers<'_> {
    fn next(&mut self) -> f64 {
        let Some((pair, rest)) = self.bytes.split_first_chunk::<2>() else {
            return 0.0;
        };
        self.bytes = rest;
        let value = i16::from_le_bytes(*pair);
        match value {
            i16::MAX if self.has_extremes => f64::INFINITY,
            i16::MIN if self.has_extremes => f64::NAN,
            32_000.. if self.has_extremes => 10_f64.powi(i32::from(value - 32_000)),
            _ => f64::from(value) / 4096.0,
        }
    }
}

fn problem(horizon: usize, numbers: &mut Numbers<'_>) -> LqProblem<NX, NU> {
    let mut problem = LqProblem::new(horizon);
    problem.x0 = SVector::from_fn(|_, _| numbers.next());
    for knot in &mut problem.knots {
        knot.A = SMatrix::from_fn(|_, _| numbers.next());
        knot.B = SMatrix::from_fn(|_, _| numbers.next());
        knot.c = SVector::from_fn(|_, _| numbers.next());
        let half = SMatrix::<f64, NX, NX>::from_fn(|_, _| numbers.next());
        knot.Q = half + half.transpose();
        knot.S = SMatrix::from_fn(|_, _| numbers.next());
        let half = SMatrix::<f64, NU, NU>::from_fn(|_, _| numbers.next());
        knot.R = half + half.transpose();
        knot.q = SVector::from_fn(|_, _| numbers.next());
        knot.r = SVector::from_fn(|_, _| numbers.next());
        knot.u_lo = SVector::from_fn(|_, _| -1.0 + numbers.next());
        knot.u_hi = SVector::from_fn(|_, _| 1.0 + numbers.next());
        if numbers.next() > 0.0 {
            knot.x_lo[0] = -2.0 + numbers.next();
            knot.x_hi[0] = 2.0 + numbers.next();
        }
    }
    problem
}

fuzz_target!(|bytes: &[u8]| {
    let [horizon, kind, bytes @ ..] = bytes else {
        return;
    };
    let mut numbers = Numbers {
        bytes,
        has_extremes: kind & 1 == 1,
    };
    let problem = problem(usize::from(1 + horizon % HORIZON_MAX), &mut numbers);
    let settings = RiccatiSettings::default();
    let mut solver = Riccati::new(settings);
    let mut solution = LqSolution::default();
    // the second solve starts from the first one's solution, whatever that was
    for _ in 0..2 {
        let status = solver.solve(&problem, &mut solution);
        let most = settings.max_active_set_iterations + settings.max_interior_point_iterations;
        assert!(solution.iterations <= most + 1);
        if status != LqStatus::Solved {
            continue;
        }
        for (u, knot) in solution.u.iter().zip(&problem.knots) {
            for input in 0..NU {
                let slack = 1e-6 * (1.0 + u[input].abs());
                assert!(u[input].is_finite());
                assert!(u[input] >= knot.u_lo[input] - slack);
                assert!(u[input] <= knot.u_hi[input] + slack);
            }
        }
        assert!(solution.x.iter().flatten().all(|value| value.is_finite()));
        assert!(!KktResidual::of(&problem, &solution).worst().is_nan());
    }
});
