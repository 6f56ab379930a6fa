//! What the learned cost promises: true derivatives, regular MPC at zero, plans at any size.
#![allow(clippy::unwrap_used)]
#![allow(non_snake_case)]

use controller::mpc::lq::Knot;
use controller::mpc::{Curvature, Objective};
use controller::{
    Action, BaseObjective, ControllerSettings, CostHeadSettings, CostModel, CostParameters,
    CostSettings, FootprintDiscs, Goal, KNOT_LEN, LearnedCost, LearnedTerm, MoverTerm, MpcPolicy,
    Observation, Planner, Policy as _, PolicyError, RegularMpc, SolveStatus, Start,
};
use nalgebra::{SMatrix, SVector};
use perception::{
    DistanceField, Footprint, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, Snapshot, Stamp,
    Twist,
};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

type State = SVector<f64, 7>;

/// A room of 6 by 6 m about the origin with a few posts.
fn field() -> (OccupancyGrid, DistanceField) {
    let frame = GridFrame {
        origin: Point2::new(-3.0, -3.0),
        resolution_m: 0.05,
        width: 120,
        height: 120,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    for index in 0..frame.len() {
        grid.declare_free(index);
    }
    for (x, y) in [
        (1.0, 0.3),
        (0.2, -1.1),
        (-0.7, 0.9),
        (1.8, -0.8),
        (0.4, 1.6),
    ] {
        let (column, row) = frame.cell_of(Point2::new(x, y)).unwrap();
        for _ in 0..4 {
            grid.mark(frame.index(column, row));
        }
    }
    let mut field = DistanceField::new(2.0);
    field.update(&grid);
    (grid, field)
}

fn snapshot(pose: Pose2, velocity: Twist) -> Snapshot {
    let (grid, field) = field();
    Snapshot {
        stamp: Stamp::from_secs(1.0),
        scan_stamp: Some(Stamp::from_secs(1.0)),
        odom_from_base: pose,
        velocity,
        grid,
        field,
        ..Snapshot::default()
    }
}

fn observation(snapshot: &Snapshot, now_s: f64) -> Observation<'_> {
    Observation::new(
        Stamp::from_secs(now_s),
        snapshot,
        Goal {
            position: Point2::new(1.5, 1.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    )
}

fn random_cost(seed: u64, knots: usize) -> LearnedCost {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut parameters = CostParameters::zeros(knots);
    parameters.0.fill_with(|| rng.random_range(-1.0..1.0));
    LearnedCost {
        parameters,
        odom_from_view: Pose2::new(
            rng.random_range(-1.0..1.0),
            rng.random_range(-1.0..1.0),
            rng.random_range(-3.0..3.0),
        ),
    }
}

fn term(cost: &LearnedCost) -> LearnedTerm {
    let mut term = LearnedTerm::default();
    term.set(cost, 10, 0.1);
    term
}

fn expanded(term: &LearnedTerm, k: usize, x: &State, curvature: Curvature) -> Knot<7, 2> {
    let mut knot = Knot::default();
    term.expand(k, x, curvature, &mut knot);
    knot
}

proptest! {
    #[test]
    fn the_learned_term_equals_its_formula(
        seed in 0_u64..1000, x in prop::array::uniform7(-2.0_f64..2.0),
    ) {
        let cost = random_cost(seed, 3);
        // step 4 of 10 lies four fifths of the way from the first knot to the second
        let value = term(&cost).value(4, &State::from(x));
        let p = &cost.parameters;
        let mix = |a: &[f64], b: &[f64], i: usize| 0.2 * a[i] + 0.8 * b[i];
        let base = cost.odom_from_view.inverse() * Pose2::new(x[0], x[1], x[2]);
        let z = [base.x, base.y, base.yaw.cos(), base.yaw.sin(), x[3], x[4]];
        let mut expected = 0.0;
        for j in 0..6 {
            let column: f64 = (j..6)
                .map(|i| {
                    mix(p.factor(0), p.factor(1), i * (i + 1) / 2 + j)
                        * (z[i] - mix(p.reference(0), p.reference(1), i))
                })
                .sum();
            expected += 0.05 * column * column;
        }
        prop_assert!((value - expected).abs() < 1e-9 * (1.0 + expected));
    }

    #[test]
    fn the_learned_terms_expansion_is_its_derivative(
        seed in 0_u64..1000, x in prop::array::uniform7(-2.0_f64..2.0), k in 0_usize..=10,
    ) {
        let cost = random_cost(seed, 1 + seed as usize % 5);
        let (term, x) = (term(&cost), State::from(x));
        let knot = expanded(&term, k, &x, Curvature::Exact);
        let step = 1e-5;
        for i in 0..7 {
            let (mut ahead, mut behind) = (x, x);
            ahead[i] += step;
            behind[i] -= step;
            let slope = (term.value(k, &ahead) - term.value(k, &behind)) / (2.0 * step);
            prop_assert!((slope - knot.q[i]).abs() < 1e-6 * (1.0 + slope.abs()));
            let row = (expanded(&term, k, &ahead, Curvature::Exact).q
                - expanded(&term, k, &behind, Curvature::Exact).q) / (2.0 * step);
            prop_assert!((row - knot.Q.column(i)).amax() < 1e-6 * (1.0 + row.amax()));
        }
        let convex = expanded(&term, k, &x, Curvature::Convex).Q;
        prop_assert!(convex.symmetric_eigenvalues().min() > -1e-9);
    }

    #[test]
    fn the_mixed_derivative_is_that_of_the_gradient(
        seed in 0_u64..1000, x in prop::array::uniform7(-2.0_f64..2.0),
        dx in prop::array::uniform7(-1.0_f64..1.0), k in 0_usize..=10,
    ) {
        let cost = random_cost(seed, 1 + seed as usize % 5);
        let (x, dx) = (State::from(x), State::from(dx));
        let mut mixed = CostParameters::zeros(cost.parameters.knots());
        term(&cost).add_mixed(k, &x, &dx, &mut mixed);
        let slope_at = |index: usize, by: f64| {
            let mut cost = cost.clone();
            cost.parameters.0[index] += by;
            expanded(&term(&cost), k, &x, Curvature::Convex).q.dot(&dx)
        };
        for index in 0..mixed.0.len() {
            let slope = (slope_at(index, 1e-5) - slope_at(index, -1e-5)) / 2e-5;
            prop_assert!((slope - mixed.0[index]).abs() < 1e-7 * (1.0 + slope.abs()), "{index}");
        }
    }

    /// Within a cell of the field and away from where a clearance sets in.
    #[test]
    fn the_base_costs_exact_curvature_is_its_second_derivative(
        x in prop::array::uniform7(-1.2_f64..1.2),
        u in prop::array::uniform2(-1.0_f64..1.0),
    ) {
        let (_, field) = field();
        let settings = CostSettings::default();
        let footprint = Footprint::Rectangle { length_m: 0.5, width_m: 0.4 };
        let discs = FootprintDiscs::cover(&footprint, 3);
        let objective = BaseObjective {
            settings: &settings,
            discs: &discs,
            field: &field,
            slack_m: 0.025,
            reference: &[Point2::new(0.5, 1.0); 2],
            movers: &MoverTerm::default(),
            end_yaw: Some((0.3, 0.7)),
            dt_s: 0.1,
            deceleration_mps2: 1.0,
        };
        let (x, u, step) = (State::from(x), SVector::from(u), 1e-6);
        let gradient = |x: &State| {
            let mut knot = Knot::<7, 2>::default();
            objective.expand_stage(0, x, &u, Curvature::Exact, &mut knot);
            let stage = knot.q;
            objective.expand_terminal(x, Curvature::Exact, &mut knot);
            [stage, knot.q]
        };
        let smooth = |x: &State| discs.offsets_m.iter().all(|offset| {
            let centre = Point2::new(x[0] + offset * x[2].cos(), x[1] + offset * x[2].sin());
            let brake = settings.stopping_share / 2.0 * x[3] * x[3];
            let gap = discs.radius_m + 0.025 + brake - field.sample(centre).distance_m;
            let scaled = centre * 20.0;
            let off = |value: f64| (value - 0.5 - (value - 0.5).round()).abs();
            off(scaled.x) > 1e-3 && off(scaled.y) > 1e-3
                && (gap + settings.comfort_m).abs() > 1e-3 && (gap + settings.safety_m).abs() > 1e-3
        });
        prop_assume!(smooth(&x) && x[3].abs() > 1e-3);
        let mut knot = Knot::<7, 2>::default();
        objective.expand_stage(0, &x, &u, Curvature::Exact, &mut knot);
        let stage = knot.Q;
        objective.expand_terminal(&x, Curvature::Exact, &mut knot);
        for i in 0..7 {
            let (mut ahead, mut behind) = (x, x);
            ahead[i] += step;
            behind[i] -= step;
            let (ahead, behind) = (gradient(&ahead), gradient(&behind));
            for (index, Q) in [stage, knot.Q].iter().enumerate() {
                let column = (ahead[index] - behind[index]) / (2.0 * step);
                let scale = 1e-5 * (1.0 + column.amax());
                prop_assert!((column - Q.column(i)).amax() < scale, "{i}: {column} {Q}");
            }
        }
        objective.expand_stage(0, &x, &u, Curvature::Convex, &mut knot);
        let mut joint = SMatrix::<f64, 9, 9>::zeros();
        joint.fixed_view_mut::<7, 7>(0, 0).copy_from(&knot.Q);
        joint.fixed_view_mut::<2, 7>(7, 0).copy_from(&knot.S);
        joint.fixed_view_mut::<7, 2>(0, 7).copy_from(&knot.S.transpose());
        joint.fixed_view_mut::<2, 2>(7, 7).copy_from(&knot.R);
        prop_assert!(joint.symmetric_eigenvalues().min() > -1e-9);
    }
}

/// Answers what it was made with.
struct Fixed(Result<LearnedCost, PolicyError>);

impl CostModel for Fixed {
    fn name(&self) -> &'static str {
        "fixed"
    }

    fn reset(&mut self) {}

    fn learned(
        &mut self,
        _: &Observation<'_>,
        into: &mut LearnedCost,
    ) -> Result<bool, PolicyError> {
        into.clone_from(self.0.as_ref().map_err(|error| *error)?);
        Ok(true)
    }
}

fn planner() -> Planner {
    let c = ControllerSettings::default();
    Planner::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap()
}

#[test]
fn zero_parameters_are_regular_mpc_to_the_last_bit() {
    let c = ControllerSettings::default();
    let mut regular = RegularMpc::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap();
    let zero = LearnedCost {
        parameters: CostParameters::zeros(4),
        odom_from_view: Pose2::new(0.3, -0.2, 0.7),
    };
    // references alone weigh nothing
    let mut weightless = random_cost(2, 4);
    for entries in weightless.parameters.0.chunks_mut(KNOT_LEN) {
        entries[6..].fill(0.0);
    }
    let mut learned = [zero, weightless].map(|cost| MpcPolicy::with(planner(), Fixed(Ok(cost))));
    let mut pose = Pose2::new(-1.5, -0.5, 0.4);
    for tick in 0..20 {
        let snapshot = snapshot(pose, Twist::new(0.3, 0.1));
        let observation = observation(&snapshot, 1.0 + 0.1 * f64::from(tick));
        let mut expected = Action::default();
        regular.act(&observation, &mut expected).unwrap();
        for policy in &mut learned {
            let mut action = Action::default();
            policy.act(&observation, &mut action).unwrap();
            assert_eq!(action, expected);
        }
        pose = pose * Pose2::exp(expected.command, 0.1);
    }
}

#[test]
fn the_plan_follows_the_learned_reference() {
    let snapshot = snapshot(Pose2::new(-1.5, -0.5, 0.0), Twist::ZERO);
    let observation = observation(&snapshot, 1.0);
    let mut cost = LearnedCost {
        parameters: CostParameters::zeros(2),
        odom_from_view: snapshot.odom_from_base,
    };
    for knot in cost.parameters.0.chunks_mut(KNOT_LEN) {
        knot[..2].copy_from_slice(&[0.8, -1.2]);
        knot[6] = 4.0;
        knot[8] = 4.0;
    }
    let mut planner = planner();
    let solution = planner
        .solve(&observation, Some(&cost), Start::Policy)
        .unwrap();
    let end = Point2::new(solution.x[30][0], solution.x[30][1]);
    let wanted = cost.odom_from_view * Point2::new(0.8, -1.2);
    assert!((end - wanted).norm() < 0.3, "{end}");
    let steady = planner
        .solve(&observation, Some(&cost), Start::Inputs(&[[0.0; 2]; 30]))
        .unwrap();
    let end = Point2::new(steady.x[30][0], steady.x[30][1]);
    assert!((end - wanted).norm() < 0.3, "{end}");
}

#[test]
fn outputs_of_any_size_still_make_a_plan() {
    let snapshot = snapshot(Pose2::new(-1.5, -0.5, 0.4), Twist::new(0.4, 0.1));
    let head = CostHeadSettings::default();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for round in 0..20 {
        let raw: Vec<f32> = (0..head.outputs())
            .map(|_| match round {
                0 => 1e30,
                1 => -1e30,
                _ => 1e30 * f32::from(rng.random_range(-1_i8..=1)),
            })
            .collect();
        let mut cost = LearnedCost::default();
        head.bound(&raw, &mut cost.parameters);
        cost.odom_from_view = snapshot.odom_from_base;
        let mut policy = MpcPolicy::with(planner(), Fixed(Ok(cost)));
        let mut action = Action::default();
        for tick in 0..5 {
            let observation = observation(&snapshot, 1.0 + 0.1 * f64::from(tick));
            policy.act(&observation, &mut action).unwrap();
            assert!(
                matches!(
                    action.status,
                    SolveStatus::Solved | SolveStatus::MaxIterations
                ),
                "round {round}: {:?}",
                action.status
            );
            assert!(action.command.is_finite());
            let mut numbers = action.plan.states.iter().flatten();
            assert!(numbers.all(|value| value.is_finite()));
        }
    }
}

#[test]
fn invalid_cost_parameters_are_rejected() {
    let snapshot = snapshot(Pose2::IDENTITY, Twist::ZERO);
    let observation = observation(&snapshot, 1.0);
    let refused = |answer: Result<LearnedCost, PolicyError>| {
        MpcPolicy::with(planner(), Fixed(answer))
            .act(&observation, &mut Action::default())
            .unwrap_err()
            .to_string()
    };
    let failed = PolicyError::NotFinite { what: "the view" };
    assert_eq!(refused(Err(failed)), "the view is not finite");
    let mut cost = random_cost(2, 2);
    cost.parameters.0[5] = f64::NAN;
    assert_eq!(refused(Ok(cost.clone())), "the learned cost is not finite");
    cost.parameters.0.pop();
    assert_eq!(
        refused(Ok(cost)),
        "the learned cost has 53 numbers: expected 27"
    );
    let error = planner()
        .solve(&observation, None, Start::Inputs(&[[0.0; 2]; 3]))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the inputs to start from has 3 numbers: expected 30"
    );
}
