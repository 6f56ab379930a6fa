//! The guard promises that the robot is at rest before anybody can touch it.
#![allow(clippy::unwrap_used)]

use controller::{
    Action, Goal, GuardSettings, Guarded, Intervention, Limits, Observation, Policy, PolicyError,
    SolveStatus,
};
use perception::{
    DistanceField, Footprint, GridFrame, LogOdds, OccupancyGrid, Point2, Polygon, Pose2, Snapshot,
    Stamp, Track, Twist, Vector2,
};
use proptest::prelude::*;

const PERIOD_S: f64 = 0.05;
const PERSON_M: f64 = 0.25;
const ROUND: Footprint = Footprint::Disc { radius_m: 0.3 };
const LONG: Footprint = Footprint::Rectangle {
    length_m: 0.8,
    width_m: 0.5,
};

/// Says what the goal spells: speed and turning rate.
struct Parrot;

impl Policy for Parrot {
    fn name(&self) -> &'static str {
        "parrot"
    }

    fn reset(&mut self) {}

    fn act(&mut self, seen: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        action.command = Twist::new(seen.goal.position.x, seen.goal.position.y);
        action.status = SolveStatus::Solved;
        Ok(())
    }
}

/// Free floor of 30 m.
fn floor() -> Snapshot {
    let frame = GridFrame {
        origin: Point2::new(-15.0, -15.0),
        resolution_m: 0.25,
        width: 120,
        height: 120,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    (0..frame.len()).for_each(|index| grid.declare_free(index));
    let mut field = DistanceField::new(2.0);
    field.update(&grid);
    Snapshot {
        grid,
        field,
        ..Snapshot::default()
    }
}

fn person(position: Point2, velocity: Vector2) -> Track {
    Track {
        id: 1,
        position,
        velocity,
        radius_m: PERSON_M,
        position_sd_m: 0.0,
        velocity_sd_mps: 0.0,
        age_s: 1.0,
        unseen_s: 0.0,
    }
}

fn guard(footprint: &Footprint) -> Guarded<Parrot> {
    let settings = GuardSettings::default();
    Guarded::new(Parrot, footprint, Limits::default(), settings).unwrap()
}

/// What becomes of a command at `t_s`.
fn told(guard: &mut Guarded<Parrot>, snapshot: &mut Snapshot, t_s: f64, wanted: Twist) -> Action {
    let now = Stamp::from_secs(t_s);
    (snapshot.stamp, snapshot.scan_stamp) = (now, Some(now));
    snapshot.sight.see_all(now);
    let mut action = Action::default();
    let observation = Observation::new(
        now,
        snapshot,
        Goal {
            position: Point2::new(wanted.linear, wanted.angular),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    );
    guard.act(&observation, &mut action).unwrap();
    action
}

/// Distance of a point from the robot's outline, m; negative inside.
fn gap(footprint: &Footprint, base: Pose2, point: Point2) -> f64 {
    footprint.signed_distance_m(base.inverse() * point)
}

/// A disc, a rectangle, and a base frame over the rear axle with a fork on the left.
fn outline() -> impl Strategy<Value = Footprint> {
    let fork = [
        [-0.15, -0.25],
        [0.3, -0.25],
        [0.3, 0.1],
        [0.7, 0.1],
        [0.7, 0.25],
        [-0.15, 0.25],
    ];
    let vertices = Polygon::new(&fork).unwrap();
    prop_oneof![
        Just(ROUND),
        Just(LONG),
        Just(Footprint::Polygon { vertices })
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_robot_is_at_rest_before_a_mover_touches_it(
        footprint in outline(),
        wishes in prop::collection::vec((-0.3_f64..1.0, -1.5_f64..1.5), 20),
        people in prop::collection::vec(
            (1.2_f64..7.0, 0.0..std::f64::consts::TAU, 0.36_f64..1.8, -0.5_f64..0.5), 1..4),
    ) {
        let limits = Limits::default();
        let mut guard = guard(&footprint);
        let mut snapshot = floor();
        let mut moved_s = f64::NEG_INFINITY;
        let mut velocity = Twist::ZERO;
        // each, faster than `speed_min_mps`, walks roughly to where the robot starts
        let mut walkers: Vec<_> = people.iter().map(|&(away_m, angle, speed, aside)| {
            let from = Point2::new(away_m * angle.cos(), away_m * angle.sin());
            let way = angle + std::f64::consts::PI + aside;
            (from, Vector2::new(way.cos(), way.sin()) * speed)
        }).collect();
        for tick in 0..200_usize {
            let t_s = PERIOD_S * tick as f64;
            snapshot.tracks = walkers.iter().map(|&(at, v)| person(at, v)).collect();
            let (linear, angular) = wishes[tick / 10];
            snapshot.velocity = velocity;
            let action = told(&mut guard, &mut snapshot, t_s, Twist::new(linear, angular));
            // brakes that are as good as the guard believes
            let step = 0.9 * limits.deceleration_max_mps2 * PERIOD_S;
            let slowest = (velocity.linear.abs() - step).max(0.0) * velocity.linear.signum();
            let is_braking = action.command.linear.abs() < slowest.abs();
            velocity = if is_braking {
                let share = slowest / velocity.linear;
                Twist::new(slowest, velocity.angular * share)
            } else {
                action.command
            };
            for part in 1..=5 {
                let base = snapshot.odom_from_base * Pose2::exp(velocity, 0.01);
                snapshot.odom_from_base = base;
                let now_s = t_s + 0.01 * f64::from(part);
                if velocity.linear.abs() >= 0.05 {
                    moved_s = now_s;
                }
                for (at, v) in &mut walkers {
                    *at += *v * 0.01;
                    if gap(&footprint, base, *at) <= PERSON_M {
                        prop_assert!(now_s - moved_s >= 0.5, "touched {} s after moving", now_s - moved_s);
                        return Ok(());
                    }
                }
            }
        }
    }

    #[test]
    fn a_command_is_never_made_faster(
        (v, omega) in (-0.3_f64..1.0, -1.5_f64..1.5),
        (x, y) in (-4.0_f64..4.0, -4.0_f64..4.0),
        (vx, vy) in (-1.5_f64..1.5, -1.5_f64..1.5),
    ) {
        let mut snapshot = floor();
        snapshot.velocity = Twist::new(v, omega);
        snapshot.tracks = vec![person(Point2::new(x, y), Vector2::new(vx, vy))];
        let action = told(&mut guard(&ROUND), &mut snapshot, 1.0, Twist::new(v, omega));
        prop_assert!(action.command.linear.abs() <= v.abs() + 1e-9);
        prop_assert!(action.command.angular.abs() <= omega.abs() + 1e-9);
        let step_mps = Limits::default().deceleration_max_mps2 * PERIOD_S;
        prop_assert!((action.command.linear - v).abs() <= step_mps + 1e-9, "within the limits");
    }
}

#[test]
fn receding_and_passing_movers_do_not_stop_the_robot() {
    for (at, velocity) in [
        (Point2::new(1.2, 0.0), Vector2::new(1.3, 0.0)),
        (Point2::new(3.0, 1.1), Vector2::new(-1.3, 0.0)),
        (Point2::new(-1.5, 0.2), Vector2::new(-1.0, 0.0)),
    ] {
        let mut snapshot = floor();
        let wanted = Twist::new(0.8, 0.0);
        snapshot.velocity = wanted;
        snapshot.tracks = vec![person(at, velocity)];
        let action = told(&mut guard(&ROUND), &mut snapshot, 1.0, wanted);
        assert_eq!(
            (action.command, action.intervention),
            (wanted, None),
            "{at}"
        );
    }
}

#[test]
fn an_approaching_mover_stops_the_robot_and_a_disc_may_still_turn() {
    let mut snapshot = floor();
    snapshot.velocity = Twist::new(0.8, 0.0);
    snapshot.tracks = vec![person(Point2::new(1.3, 0.0), Vector2::new(-1.3, 0.0))];
    let mut guard = guard(&ROUND);
    for tick in 0..12 {
        let wanted = Twist::new(0.8, 0.4);
        let action = told(
            &mut guard,
            &mut snapshot,
            1.0 + PERIOD_S * f64::from(tick),
            wanted,
        );
        assert_eq!(action.intervention, Some(Intervention::Person));
        assert!(action.command.linear < snapshot.velocity.linear || tick > 10);
        snapshot.velocity = action.command;
    }
    assert_eq!(snapshot.velocity.linear, 0.0);
    let action = told(&mut guard, &mut snapshot, 1.65, Twist::new(0.8, 0.4));
    assert!(action.command.angular > 0.1, "{:?}", action.command);
}

#[test]
fn an_evading_robot_is_not_stopped() {
    // one comes along the robot's left side; to the right is room
    let wanted = Twist::new(0.6, -0.8);
    let command = |evasion_s: f64| {
        let mut settings = GuardSettings::default();
        settings.passive.evasion_s = evasion_s;
        let mut guard = Guarded::new(Parrot, &ROUND, Limits::default(), settings).unwrap();
        let mut snapshot = floor();
        snapshot.velocity = wanted;
        snapshot.tracks = vec![person(Point2::new(1.9, 0.65), Vector2::new(-1.3, 0.0))];
        told(&mut guard, &mut snapshot, 1.0, wanted).command
    };
    assert_eq!(command(2.0), wanted);
    assert!(command(0.0).linear < wanted.linear);
}

#[test]
fn a_robot_at_rest_starts_only_with_a_margin() {
    // from behind, a little to the left; ahead and to the right is room
    let wanted = Twist::new(0.3, -1.5);
    let command = |evasion_gap_m: f64| {
        let mut settings = GuardSettings::default();
        settings.passive.evasion_gap_m = evasion_gap_m;
        let mut guard = Guarded::new(Parrot, &ROUND, Limits::default(), settings).unwrap();
        let mut snapshot = floor();
        told(&mut guard, &mut snapshot, 0.0, Twist::ZERO);
        snapshot.tracks = vec![person(Point2::new(-1.2, 0.62), Vector2::new(1.2, 0.0))];
        told(&mut guard, &mut snapshot, PERIOD_S, wanted).command
    };
    assert!(command(0.0).linear > 0.0);
    assert_eq!(command(0.25).linear, 0.0);
}

#[test]
fn a_robot_that_has_just_woken_waits_for_a_suspect_to_be_known() {
    let wanted = Twist::new(0.5, 0.3);
    for (near_m, t_s, drives) in [(1.0, 0.2, false), (1.0, 0.6, true), (2.5, 0.2, true)] {
        let mut guard = guard(&ROUND);
        let mut snapshot = floor();
        told(&mut guard, &mut snapshot, 0.0, Twist::ZERO);
        snapshot.suspects = vec![Point2::new(0.0, near_m)];
        let action = told(&mut guard, &mut snapshot, t_s, wanted);
        assert_eq!(action.command.linear > 0.0, drives, "{near_m} m, {t_s} s");
        assert!(action.command.angular > 0.0);
        let person = Some(Intervention::Person);
        assert_eq!(action.intervention == person, !drives);
    }
}

#[test]
fn time_without_data_is_no_time_to_look_around() {
    let mut guard = guard(&ROUND);
    let mut snapshot = floor();
    let mut action = Action::default();
    let blind = Observation::new(
        Stamp::from_secs(0.0),
        &snapshot,
        Goal {
            position: Point2::new(0.5, 0.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    );
    guard.act(&blind, &mut action).unwrap();
    assert_eq!(action.intervention, Some(Intervention::Stale));
    snapshot.suspects = vec![Point2::new(1.0, 1.0)];
    let action = told(&mut guard, &mut snapshot, 2.0, Twist::new(0.5, 0.0));
    assert_eq!(action.command.linear, 0.0);
}

#[test]
fn stationary_tracks_do_not_restrict_commands() {
    let mut snapshot = floor();
    let wanted = Twist::new(0.5, 0.0);
    snapshot.velocity = wanted;
    snapshot.tracks = vec![person(Point2::new(1.0, 0.0), Vector2::new(-0.1, 0.0))];
    let action = told(&mut guard(&ROUND), &mut snapshot, 1.0, wanted);
    assert_eq!(action.intervention, None);
}
