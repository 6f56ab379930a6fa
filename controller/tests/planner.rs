//! From a loss on a plan among mapped obstacles back to the learned cost.
#![allow(clippy::unwrap_used)]

use controller::mpc::AdjointStatus;
use controller::{
    ControllerSettings, CostParameters, FootprintDiscs, Goal, LearnedCost, LqBackend, Observation,
    PlanCotangent, Planner, SolveStatus, Start,
};
use perception::{
    DistanceField, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, Snapshot, Stamp, Track, Twist,
    Vector2,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const HORIZON: usize = 20;
const RESOLUTION_M: f64 = 0.1;
/// Largest step of an input that a settled plan would still take, m/s² and rad/s².
const SETTLED: f64 = 1e-9;

/// A random learned cost in a room with posts, of which the planner sees the distances alone.
struct Case {
    snapshot: Snapshot,
    goal: Point2,
    cost: LearnedCost,
    cotangent: PlanCotangent,
    start: Vec<[f64; 2]>,
    /// Steps that are taken before the last solve. Near movers Gauss-Newton steps leave a tenth of the
    /// error each.
    newton_steps: usize,
}

impl Case {
    fn random(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = move |half: f64| rng.random_range(-half..half);
        let frame = GridFrame {
            origin: Point2::new(-3.0, -3.0),
            resolution_m: RESOLUTION_M,
            width: 60,
            height: 60,
        };
        let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
        for _ in 0..40 {
            let post = Point2::new(uniform(2.5), uniform(2.5));
            let (column, row) = frame.cell_of(post).unwrap();
            if post.coords.norm() > 0.7 {
                (0..4).for_each(|_| grid.mark(frame.index(column, row)));
            }
        }
        let mut field = DistanceField::new(2.0);
        field.update(&grid);
        let mut parameters = CostParameters::zeros(3);
        parameters.0.fill_with(|| uniform(1.5));
        Self {
            snapshot: Snapshot {
                stamp: Stamp::from_secs(1.0),
                odom_from_base: Pose2::new(uniform(0.2), uniform(0.2), uniform(3.0)),
                velocity: Twist::new(0.4 + uniform(0.3), uniform(0.4)),
                field,
                ..Snapshot::default()
            },
            goal: Point2::new(uniform(2.0), uniform(2.0)),
            cost: LearnedCost {
                parameters,
                odom_from_view: Pose2::new(uniform(0.5), uniform(0.5), uniform(3.0)),
            },
            cotangent: PlanCotangent {
                states: (0..=HORIZON)
                    .map(|_| [0; 5].map(|_| uniform(1.0)))
                    .collect(),
                inputs: (0..HORIZON).map(|_| [0; 2].map(|_| uniform(0.1))).collect(),
            },
            start: vec![[0.0; 2]; HORIZON],
            newton_steps: 0,
        }
    }

    /// The loss on the plan, its last Newton step taken; nothing where there is no plan.
    fn loss(&self, planner: &mut Planner) -> Option<f64> {
        let observation = Observation::new(
            Stamp::from_secs(1.0),
            &self.snapshot,
            Goal {
                position: self.goal,
                yaw: None,
                tolerance_m: 0.3,
                yaw_tolerance_rad: 0.1,
            },
            &[],
        );
        let mut start = self.start.clone();
        for _ in 0..self.newton_steps {
            let solution = planner
                .solve(&observation, Some(&self.cost), Start::Inputs(&start))
                .unwrap();
            let steps = solution.u.iter().zip(&solution.lq.u);
            start = steps
                .map(|(u, step)| [u[0] + step[0], u[1] + step[1]])
                .collect();
        }
        let solution = planner
            .solve(&observation, Some(&self.cost), Start::Inputs(&start))
            .unwrap();
        let steps = solution.lq.u.iter().map(nalgebra::SVector::amax);
        let is_settled = if self.newton_steps == 0 {
            solution.status == SolveStatus::Solved
        } else {
            steps.fold(0.0, f64::max) <= SETTLED
        };
        if !is_settled {
            return None;
        }
        let mut loss = 0.0;
        for (k, cotangent) in self.cotangent.states.iter().enumerate() {
            let x = solution.x[k] + solution.lq.x[k];
            loss += (0..5).map(|i| cotangent[i] * x[i]).sum::<f64>();
        }
        for (k, cotangent) in self.cotangent.inputs.iter().enumerate() {
            let u = solution.u[k] + solution.lq.u[k];
            loss += (0..2).map(|i| cotangent[i] * u[i]).sum::<f64>();
        }
        Some(loss)
    }

    /// Least distances of the plan's discs from the borders between cells and from obstacles, m.
    fn distances_m(&self, planner: &Planner) -> (f64, f64) {
        let c = settings();
        let discs = FootprintDiscs::cover(&c.footprint, c.cost.footprint_discs);
        let off = |value: f64| {
            let shifted = value / RESOLUTION_M - 0.5;
            (shifted - shifted.round()).abs() * RESOLUTION_M
        };
        let (mut off_borders_m, mut gap_m) = (f64::INFINITY, f64::INFINITY);
        for x in planner.solution().x.iter().skip(1) {
            for offset in &discs.offsets_m {
                let centre = Point2::new(x[0] + offset * x[2].cos(), x[1] + offset * x[2].sin());
                off_borders_m = off_borders_m.min(off(centre.x)).min(off(centre.y));
                let distance_m = self.snapshot.field.sample(centre).distance_m;
                gap_m = gap_m.min(distance_m - discs.radius_m - 0.5 * RESOLUTION_M);
            }
        }
        (off_borders_m, gap_m)
    }
}

fn settings() -> ControllerSettings {
    let mut c = ControllerSettings::default();
    c.mpc.horizon = HORIZON;
    c.mpc.sqp.tolerance = 1e-15;
    c.mpc.sqp.max_iterations = 400;
    c.mpc.sqp.max_backtracks = 30;
    c.mpc.riccati.tolerance = 1e-13;
    c.mpc.riccati.max_interior_point_iterations = 100;
    c
}

fn planner() -> Planner {
    let c = settings();
    Planner::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap()
}

/// The case, from its own solution on; nothing where that lies on a kink of the map.
fn settled(mut case: Case, planner: &mut Planner) -> Option<Case> {
    case.loss(planner)?;
    case.start = planner.solution().u.iter().map(|u| [u[0], u[1]]).collect();
    case.loss(planner)?;
    Some(case)
}

#[test]
fn gradients_among_obstacles_equal_their_central_differences() {
    let is_near = |case: &Case, planner: &Planner| {
        let (_, gap_m) = case.distances_m(planner);
        gap_m < settings().cost.comfort_m
    };
    gradients_equal_their_central_differences(|case| case, is_near);
}

#[test]
fn gradients_among_movers_equal_their_central_differences() {
    let meets = |mut case: Case| {
        case.newton_steps = 3;
        let ahead = case.snapshot.odom_from_base * Point2::new(1.5, 0.4);
        case.snapshot.tracks.push(Track {
            id: 1,
            position: ahead,
            velocity: Vector2::new(-0.4, 0.3),
            radius_m: 0.25,
            position_sd_m: 0.05,
            velocity_sd_mps: 0.1,
            age_s: 1.0,
            unseen_s: 0.0,
        });
        case
    };
    let is_near = |case: &Case, planner: &Planner| {
        let track = case.snapshot.tracks[0];
        let gap_m = |(k, x): (usize, &nalgebra::SVector<f64, 7>)| {
            let mover = track.position + track.velocity * (k as f64 * 0.1);
            (Point2::new(x[0], x[1]) - mover).norm()
        };
        let states = planner.solution().x.iter().enumerate();
        states.map(gap_m).fold(f64::INFINITY, f64::min) < 1.2
    };
    gradients_equal_their_central_differences(meets, is_near);
}

/// Checks six cases whose plans are near what they are to be near.
fn gradients_equal_their_central_differences(
    made: impl Fn(Case) -> Case,
    is_near: impl Fn(&Case, &Planner) -> bool,
) {
    let mut planner = planner();
    let mut gradient = CostParameters::default();
    let mut checked = 0;
    'cases: for seed in (0..400).step_by(2) {
        let Some(mut case) = settled(made(Case::random(seed)), &mut planner) else {
            continue;
        };
        let (off_borders_m, _) = case.distances_m(&planner);
        // on a border, or where the solves to compare with hold a bound by next to nothing, there
        // is no difference to judge by
        let lq = &planner.solution().lq;
        let mut forces = lq.mu_u.iter().flatten().chain(lq.mu_x.iter().flatten());
        if checked == 6
            || !is_near(&case, &planner)
            || off_borders_m < 2e-4
            || forces.any(|mu| (1e-9..1e-3).contains(&mu.abs()))
        {
            continue;
        }
        let status = planner.gradient(&case.snapshot.field, &case.cotangent, &mut gradient);
        assert_eq!(status, AdjointStatus::Solved, "{seed}");
        let scale = gradient.0.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
        for index in 0..gradient.0.len() {
            let mut at = |by: f64| {
                let kept = case.cost.parameters.0[index];
                case.cost.parameters.0[index] = kept + by;
                let loss = case.loss(&mut planner).unwrap_or(f64::NAN);
                case.cost.parameters.0[index] = kept;
                loss
            };
            let error = [1e-3, 3e-4, 1e-4, 1e-5]
                .map(|step| {
                    let slope = (at(step) - at(-step)) / (2.0 * step);
                    (slope - gradient.0[index]).abs() / (slope.abs() + 3e-2 * scale)
                })
                .into_iter()
                .fold(f64::INFINITY, f64::min); // which passes over what is no number
            if error.is_infinite() && case.newton_steps > 0 {
                continue 'cases; // no solve to compare with has settled
            }
            assert!(
                error < 1e-4,
                "seed {seed}, parameter {index}: {} is off by {error:e}",
                gradient.0[index]
            );
        }
        checked += 1;
    }
    assert_eq!(checked, 6);
}

#[test]
fn both_backends_carry_a_loss_back() {
    let mut riccati = planner();
    let mut osqp = {
        let mut c = settings();
        c.mpc.backend = LqBackend::Osqp;
        c.mpc.sqp.tolerance = 1e-7;
        c.mpc.osqp.tolerance = 1e-6;
        Planner::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap()
    };
    let mut compared = 0;
    let (mut ours, mut theirs) = (CostParameters::default(), CostParameters::default());
    for seed in (0..12).step_by(2) {
        let Some(case) = settled(Case::random(seed), &mut riccati) else {
            continue;
        };
        let status = riccati.gradient(&case.snapshot.field, &case.cotangent, &mut ours);
        assert_eq!(status, AdjointStatus::Solved, "{seed}");
        if case.loss(&mut osqp).is_none() {
            continue; // a first-order method does not always get there
        }
        compared += 1;
        let status = osqp.gradient(&case.snapshot.field, &case.cotangent, &mut theirs);
        assert_eq!(status, AdjointStatus::Solved, "{seed}");
        let scale = ours.0.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
        for (a, b) in ours.0.iter().zip(&theirs.0) {
            assert!((a - b).abs() < 1e-2 * scale, "seed {seed}: {a} {b}");
        }
    }
    assert!(compared >= 4, "{compared}");
}

#[test]
fn without_a_learned_cost_or_a_plan_there_is_no_gradient() {
    let mut planner = planner();
    let case = settled(Case::random(2), &mut planner).unwrap();
    let mut gradient = CostParameters::default();
    let short = PlanCotangent::default();
    assert_eq!(
        planner.gradient(&case.snapshot.field, &short, &mut gradient),
        AdjointStatus::Failed
    );
    planner.reset();
    assert_eq!(
        planner.gradient(&case.snapshot.field, &case.cotangent, &mut gradient),
        AdjointStatus::Failed
    );
    let mut c = settings();
    c.mpc.sqp.max_iterations = 1;
    let mut hasty = Planner::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap();
    let fresh = Case::random(2);
    assert!(fresh.loss(&mut hasty).is_none());
    assert_eq!(
        hasty.gradient(&fresh.snapshot.field, &case.cotangent, &mut gradient),
        AdjointStatus::NotConverged
    );
    assert_eq!(gradient, CostParameters::zeros(3));
}
