use super::*;

const LEAD_S: f64 = 10.0;

fn pursuit() -> PurePursuit {
    PurePursuit::new(PursuitSettings::default(), Limits::default()).unwrap()
}

/// A plan along a circular arc from the origin at a constant speed; straight ahead at curvature 0.
fn arc(curvature: f64, speed: f64) -> Plan {
    let turn = curvature * speed;
    Plan {
        dt_s: 0.1,
        states: (0..=30)
            .map(|k| {
                let pose = Pose2::exp(Twist::new(speed, turn), 0.1 * f64::from(k));
                [pose.x, pose.y, pose.yaw, speed, turn]
            })
            .collect(),
        inputs: vec![[0.0; 2]; 30],
    }
}

fn command(plan: &Plan, base: Pose2) -> Twist {
    pursuit().command(plan, base, Twist::ZERO, LEAD_S)
}

#[test]
fn an_arc_through_the_robot_is_driven_with_its_curvature() {
    for speed in [0.5, -0.25] {
        for curvature in [-1.2, -0.3, 0.0, 0.8] {
            let found = command(&arc(curvature, speed), Pose2::IDENTITY);
            assert!((found.linear - speed).abs() < 1e-9, "{found:?}");
            // the point is found between two states, on the chord
            assert!(
                (found.angular - curvature * speed).abs() < 1e-2,
                "{curvature}: {found:?}"
            );
        }
    }
}

#[test]
fn the_command_does_not_depend_on_where_the_world_begins() {
    let plan = arc(0.7, 0.6);
    let here = command(&plan, Pose2::new(0.05, -0.1, 0.2));
    let moved = Pose2::new(3.0, -2.0, 2.5);
    let mut elsewhere = plan;
    for state in &mut elsewhere.states {
        let pose = moved * Pose2::new(state[0], state[1], state[2]);
        (state[0], state[1], state[2]) = (pose.x, pose.y, pose.yaw);
    }
    let there = command(&elsewhere, moved * Pose2::new(0.05, -0.1, 0.2));
    assert!((here.linear - there.linear).abs() < 1e-9);
    assert!((here.angular - there.angular).abs() < 1e-9);
}

#[test]
fn a_tight_bend_is_slow_and_its_curvature_kept() {
    let found = command(&arc(3.0, 0.4), Pose2::IDENTITY);
    assert!(found.linear < 0.3 && found.linear > 0.2, "{found:?}");
    let curvature = found.angular / found.linear;
    assert!((curvature - 3.0).abs() < 0.1, "{found:?}");
}

#[test]
fn a_path_behind_is_turned_to_on_the_spot() {
    let found = command(&arc(0.0, 0.5), Pose2::new(0.0, 0.0, 2.5));
    assert_eq!(found.linear, 0.0);
    assert_eq!(found.angular, -Limits::default().turn_rate_max_radps);
}

#[test]
fn a_path_that_stays_is_turned_along() {
    let plan = Plan {
        dt_s: 0.1,
        states: vec![[0.0, 0.0, 0.0, 0.0, 0.4]; 31],
        inputs: vec![[0.0; 2]; 30],
    };
    assert_eq!(command(&plan, Pose2::IDENTITY), Twist::new(0.0, 0.4));
    let empty = Plan::default();
    assert_eq!(command(&empty, Pose2::IDENTITY), Twist::ZERO);
}

#[test]
fn a_robot_beside_the_path_comes_onto_it_and_stays_within_limits() {
    let limits = Limits::default();
    let pursuit = pursuit();
    let plan = Plan {
        dt_s: 0.1,
        states: (0..=200)
            .map(|k| [0.05 * f64::from(k), 0.0, 0.0, 0.5, 0.0])
            .collect(),
        inputs: vec![[0.0; 2]; 200],
    };
    let (mut base, mut velocity) = (Pose2::new(0.0, 0.2, 0.3), Twist::ZERO);
    for _ in 0..120 {
        // the remaining plan
        let mut left = plan.clone();
        left.states.retain(|state| state[0] >= base.x);
        let next = pursuit.command(&left, base, velocity, 0.05);
        assert_eq!(next, limits.within(next, velocity, 0.05));
        velocity = next;
        base = base * Pose2::exp(velocity, 0.05);
    }
    assert!(base.x > 2.0 && base.y.abs() < 0.02, "{base:?}");
    assert!(base.yaw.abs() < 0.02, "{base:?}");
}
