//! What the cost, the limits and regular MPC promise.
#![allow(clippy::unwrap_used)]

mod room;

use controller::mpc::lq::Knot;
use controller::mpc::{Curvature, Objective as _};
use controller::{
    Action, BaseObjective, ControllerSettings, CostSettings, FootprintDiscs, Limits, LqBackend,
    MoverTerm, Policy, RegularMpc,
};
use nalgebra::SVector;
use perception::{Footprint, Point2, Pose2, Twist};
use proptest::prelude::*;

use room::{observation, room};

proptest! {
    #[test]
    fn the_expansion_is_the_derivative_of_the_cost(
        x in prop::array::uniform7(-1.2_f64..1.2),
        u in prop::array::uniform2(-1.0_f64..1.0),
    ) {
        let snapshot = room(1.0, Pose2::IDENTITY, Twist::ZERO);
        let settings = CostSettings::default();
        let footprint = Footprint::Rectangle { length_m: 0.5, width_m: 0.4 };
        let discs = FootprintDiscs::cover(&footprint, 3);
        let reference = [Point2::new(0.5, 1.0), Point2::new(0.8, 1.1)];
        let objective = BaseObjective {
            settings: &settings,
            discs: &discs,
            field: &snapshot.field,
            slack_m: 0.025,
            reference: &reference,
            movers: &MoverTerm::default(),
            end_yaw: Some((0.3, 0.7)),
            dt_s: 0.1,
            deceleration_mps2: 1.0,
        };
        let (x, u) = (SVector::from(x), SVector::from(u));
        let step = 1e-7;
        let mut knot = Knot::<7, 2>::default();
        objective.expand_stage(0, &x, &u, Curvature::Exact, &mut knot);
        let terminal = {
            let mut knot = Knot::<7, 2>::default();
            objective.expand_terminal(&x, Curvature::Exact, &mut knot);
            knot.q
        };
        for i in 0..7 {
            let mut ahead = x;
            let mut behind = x;
            ahead[i] += step;
            behind[i] -= step;
            let slope = (objective.stage(0, &ahead, &u) - objective.stage(0, &behind, &u))
                / (2.0 * step);
            let tolerance = 1e-3 * (1.0 + slope.abs());
            prop_assert!((slope - knot.q[i]).abs() < tolerance, "{i}: {slope} {}", knot.q[i]);
            let slope = (objective.terminal(&ahead) - objective.terminal(&behind)) / (2.0 * step);
            let tolerance = 1e-3 * (1.0 + slope.abs());
            prop_assert!((slope - terminal[i]).abs() < tolerance, "{i}: {slope} {}", terminal[i]);
        }
        for i in 0..2 {
            let mut ahead = u;
            let mut behind = u;
            ahead[i] += step;
            behind[i] -= step;
            let slope = (objective.stage(0, &x, &ahead) - objective.stage(0, &x, &behind))
                / (2.0 * step);
            prop_assert!((slope - knot.r[i]).abs() < 1e-5 * (1.0 + slope.abs()));
        }
    }

    #[test]
    fn commands_within_limits_are_within_limits(
        (v, omega) in (-5.0_f64..5.0, -5.0_f64..5.0),
        (last_v, last_omega) in (-0.3_f64..1.0, -1.5_f64..1.5),
        elapsed in 0.0_f64..0.2,
    ) {
        let limits = Limits::default();
        let (last, wanted) = (Twist::new(last_v, last_omega), Twist::new(v, omega));
        let next = limits.within(wanted, last, elapsed);
        let hard = limits.deceleration_max_mps2.max(limits.acceleration_max_mps2);
        prop_assert!(next.linear <= limits.speed_max_mps + 1e-12);
        prop_assert!(next.linear >= -limits.reverse_speed_max_mps - 1e-12);
        prop_assert!(next.angular.abs() <= limits.turn_rate_max_radps + 1e-12);
        prop_assert!((next.linear - last.linear).abs() <= hard * elapsed + 1e-12);
        let turn = limits.turn_acceleration_max_radps2 * elapsed;
        prop_assert!((next.angular - last.angular).abs() <= turn + 1e-12);
        // braking never speeds up, and what is allowed already stays as it is
        let braked = limits.brake(last, elapsed);
        prop_assert!(braked.linear.abs() <= last.linear.abs() + 1e-12);
        prop_assert_eq!(limits.within(next, last, elapsed), next);
    }
}

fn regular(backend: LqBackend) -> RegularMpc {
    let mut settings = ControllerSettings::default();
    settings.mpc.backend = backend;
    RegularMpc::new(
        &settings.footprint,
        settings.limits,
        settings.cost,
        settings.pace,
        settings.mpc,
    )
    .unwrap()
}

#[test]
fn the_plan_keeps_its_limits_and_ends_nearer_to_the_goal() {
    let goal = Point2::new(1.0, 1.0);
    let snapshot = room(2.0, Pose2::new(-1.0, 0.0, 0.5), Twist::new(0.2, 0.1));
    let limits = Limits::default();
    let mut action = Action::default();
    regular(LqBackend::Riccati)
        .act(&observation(&snapshot, goal), &mut action)
        .unwrap();
    for state in &action.plan.states {
        assert!(state[3] <= limits.speed_max_mps + 1e-6);
        assert!(state[4].abs() <= limits.turn_rate_max_radps + 1e-6);
    }
    for input in &action.plan.inputs {
        assert!(input[0] <= limits.acceleration_max_mps2 + 1e-9);
        assert!(input[1].abs() <= limits.turn_acceleration_max_radps2 + 1e-9);
    }
    let end = action.plan.states.last().unwrap();
    assert!((Point2::new(end[0], end[1]) - goal).norm() < 0.5);
}

#[test]
fn both_backends_plan_the_same() {
    let snapshot = room(2.0, Pose2::new(-1.0, 0.0, 0.5), Twist::new(0.2, 0.1));
    let plan = |backend| {
        let mut action = Action::default();
        let mut settings = ControllerSettings::default();
        settings.mpc.backend = backend;
        settings.mpc.sqp.tolerance = 1e-9;
        settings.mpc.sqp.max_iterations = 60;
        RegularMpc::new(
            &settings.footprint,
            settings.limits,
            settings.cost,
            settings.pace,
            settings.mpc,
        )
        .unwrap()
        .act(&observation(&snapshot, Point2::new(1.0, 1.0)), &mut action)
        .unwrap();
        action.plan.states
    };
    for (ours, theirs) in plan(LqBackend::Riccati).iter().zip(plan(LqBackend::Osqp)) {
        assert!((ours[0] - theirs[0]).abs() < 1e-2 && (ours[1] - theirs[1]).abs() < 1e-2);
    }
}

#[test]
fn after_a_reset_the_same_is_answered_again() {
    let snapshot = room(2.0, Pose2::new(-1.0, 0.0, 0.5), Twist::new(0.2, 0.1));
    let observation = observation(&snapshot, Point2::new(1.0, 1.0));
    let mut policy = regular(LqBackend::Riccati);
    let (mut first, mut second, mut again) =
        (Action::default(), Action::default(), Action::default());
    policy.act(&observation, &mut first).unwrap();
    policy.act(&observation, &mut second).unwrap();
    policy.reset();
    policy.act(&observation, &mut again).unwrap();
    assert_eq!(first, again);
}

#[test]
fn a_goal_that_is_not_finite_is_refused() {
    let snapshot = room(2.0, Pose2::IDENTITY, Twist::ZERO);
    let nowhere = Point2::new(f64::NAN, 0.0);
    let error = regular(LqBackend::Riccati)
        .act(&observation(&snapshot, nowhere), &mut Action::default())
        .unwrap_err();
    assert_eq!(error.to_string(), "the goal is not finite");
}
