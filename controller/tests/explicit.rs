//! The explicit policy: a path is regressed, spread as a plan, and followed.
#![allow(clippy::unwrap_used)]

use controller::performer::{
    Backend, Head, Isa, Kernel, PerformerConfig, PerformerCost, PerformerPath, Weights,
};
use controller::{
    Action, ExplicitPolicy, FEATURES, Goal, Limits, MpcSettings, Observation, PathHeadSettings,
    PathModel, PathParameters, Plan, Policy, PolicyError, PurePursuit, PursuitSettings,
    RegressedPath, SolveStatus,
};
use perception::{Point2, Pose2, Snapshot, wrap_angle};

fn config(head: Head) -> PerformerConfig {
    let mut config = PerformerConfig::preset("nano").unwrap();
    config.head = head;
    config
}

/// A bend to the left that gains speed.
fn path(odom_from_view: Pose2) -> RegressedPath {
    let knots = (0..11).flat_map(|knot| {
        let share = f64::from(knot) / 10.0;
        let (sin, cos) = (0.6 * share).sin_cos();
        // a heading that is not of length one counts as the one it points to
        [
            1.5 * share,
            0.4 * share * share,
            0.8 * cos,
            0.8 * sin,
            0.5 * share,
            0.2,
        ]
    });
    RegressedPath {
        parameters: PathParameters(knots.collect()),
        odom_from_view,
    }
}

fn spread(path: &RegressedPath) -> Plan {
    let mut plan = Plan::default();
    path.spread(30, 0.1, &mut plan);
    plan
}

#[test]
fn a_plan_goes_through_all_knots_and_straight_in_between() {
    let path = path(Pose2::IDENTITY);
    let plan = spread(&path);
    assert_eq!((plan.states.len(), plan.inputs.len()), (31, 30));
    for knot in 0..11 {
        let [x, y, yaw, v, omega] = plan.states[3 * knot];
        let z = path.parameters.knot(knot);
        let found = [x, y, 0.8 * yaw.cos(), 0.8 * yaw.sin(), v, omega];
        for (found, wanted) in found.iter().zip(z) {
            assert!((found - wanted).abs() < 1e-12, "{knot}");
        }
    }
    let [before, middle, after] = [3, 4, 6].map(|k| plan.states[k]);
    for entry in [0, 1, 3] {
        let wanted = before[entry] + (after[entry] - before[entry]) / 3.0;
        assert!((middle[entry] - wanted).abs() < 1e-12);
    }
    for (k, input) in plan.inputs.iter().enumerate() {
        let change = plan.states[k + 1][3] - plan.states[k][3];
        assert!((input[0] * 0.1 - change).abs() < 1e-12);
    }
}

#[test]
fn a_turned_view_turns_the_plan() {
    let moved = Pose2::new(2.0, -1.0, 2.8);
    let (here, there) = (spread(&path(Pose2::IDENTITY)), spread(&path(moved)));
    for (here, there) in here.states.iter().zip(&there.states) {
        let pose = moved * Pose2::new(here[0], here[1], here[2]);
        assert!((pose.x - there[0]).hypot(pose.y - there[1]) < 1e-12);
        assert!(wrap_angle(pose.yaw - there[2]).abs() < 1e-12);
        assert_eq!(here[3..], there[3..]);
    }
}

#[test]
fn no_output_is_beyond_its_bound_and_slopes_are_those_of_the_bound() {
    let head = PathHeadSettings::default();
    let raw: Vec<f32> = (0..head.outputs())
        .map(|i| 9.0 * (i as f32 * 0.7).sin())
        .collect();
    let bound = |raw: &[f32]| {
        let mut path = PathParameters::default();
        head.bound(raw, &mut path);
        path
    };
    let path = bound(&raw);
    let mut slopes = vec![1.0; raw.len()];
    head.bound_vjp(&raw, &mut slopes);
    for i in 0..raw.len() {
        assert!(path.0[i].abs() <= head.reference_max[i % FEATURES]);
        let (mut up, mut down) = (raw.clone(), raw.clone());
        up[i] += 0.01;
        down[i] -= 0.01;
        let step = f64::from(up[i]) - f64::from(down[i]);
        let slope = (bound(&up).0[i] - bound(&down).0[i]) / step;
        assert!((slope - slopes[i]).abs() < 1e-4, "{i}: {slope}");
    }
}

#[test]
fn weights_of_one_kind_are_refused_by_the_other() {
    let of = |head| Weights::random(&config(head), 2);
    let backend = Backend {
        kernel: Kernel::Reference,
        isa: Isa::best(),
    };
    assert!(PerformerCost::new(&of(Head::Cost), backend).is_ok());
    assert!(PerformerPath::new(&of(Head::Path), backend).is_ok());
    let error = PerformerCost::new(&of(Head::Path), backend).err().unwrap();
    let said = error.to_string();
    assert!(
        said.starts_with("performer.head is path: expected cost"),
        "{said}"
    );
    let error = PerformerPath::new(&of(Head::Cost), backend).err().unwrap();
    let said = error.to_string();
    assert!(
        said.starts_with("performer.head is cost: expected path"),
        "{said}"
    );
}

/// What was regressed, and nothing seen.
struct Fixed(RegressedPath);

impl PathModel for Fixed {
    fn reset(&mut self) {}

    fn regress(
        &mut self,
        _: &Observation<'_>,
        into: &mut RegressedPath,
    ) -> Result<(), PolicyError> {
        into.clone_from(&self.0);
        Ok(())
    }
}

fn policy<M: PathModel>(model: M) -> ExplicitPolicy<M> {
    let pursuit = PurePursuit::new(PursuitSettings::default(), Limits::default()).unwrap();
    ExplicitPolicy::new(model, pursuit, &MpcSettings::default()).unwrap()
}

fn act(policy: &mut dyn Policy, goal: f64) -> Result<Action, PolicyError> {
    let snapshot = Snapshot::default();
    let observation = Observation::new(
        snapshot.stamp,
        &snapshot,
        Goal {
            position: Point2::new(goal, 0.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    );
    let mut action = Action::default();
    policy.act(&observation, &mut action).map(|()| action)
}

#[test]
fn the_plan_is_the_path_and_the_command_follows_it() {
    let path = path(Pose2::IDENTITY);
    let mut policy = policy(Fixed(path.clone()));
    assert_eq!(policy.name(), "explicit");
    let action = act(&mut policy, 4.0).unwrap();
    assert_eq!(action.plan, spread(&path));
    assert_eq!(action.status, SolveStatus::Solved);
    assert!(action.command.linear > 0.0 && action.command.angular > 0.0);
}

#[test]
fn an_untrained_network_drives_straight_to_the_goal() {
    let weights = Weights::random(&config(Head::Path), 2);
    let mut policy = policy(PerformerPath::new(&weights, Backend::best().unwrap()).unwrap());
    let action = act(&mut policy, 4.0).unwrap();
    let end = action.plan.states[30];
    assert!((end[0] - 1.5).abs() < 0.2 && end[1].abs() < 0.2, "{end:?}");
    assert!(action.command.linear > 0.0);
    let error = act(&mut policy, f64::NAN);
    assert_eq!(error, Err(PolicyError::NotFinite { what: "goal" }));
}
