//! The guard keeps outlines of any shape clear of obstacles and of ground never seen.
#![allow(clippy::unwrap_used)]

mod room;

use controller::{
    Action, GuardSettings, Guarded, Limits, Observation, Policy, PolicyError, SolveStatus,
};
use perception::{Footprint, Point2, Polygon, Pose2, SightLayer, Snapshot, Stamp, Surface, Twist};
use proptest::prelude::*;

use room::{observation, room};

const PERIOD_S: f64 = 0.05;

/// Commands what the goal says: speed and turning rate.
struct Wild;

impl Policy for Wild {
    fn name(&self) -> &'static str {
        "wild"
    }

    fn reset(&mut self) {}

    fn act(&mut self, seen: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        action.command = Twist::new(seen.goal.position.x, seen.goal.position.y);
        action.status = SolveStatus::Solved;
        Ok(())
    }
}

fn guard(footprint: &Footprint) -> Guarded<Wild> {
    let settings = GuardSettings::default();
    Guarded::new(Wild, footprint, Limits::default(), settings).unwrap()
}

fn polygon(vertices: &[[f64; 2]]) -> Footprint {
    let vertices = Polygon::new(vertices).unwrap();
    Footprint::Polygon { vertices }
}

/// Vertices at rising angles about the origin, convex or concave.
fn star() -> impl Strategy<Value = Footprint> {
    prop::collection::vec((0.0_f64..0.8, 0.12_f64..0.6), 4..10).prop_filter_map("refused", |arms| {
        let count = arms.len() as f64;
        let vertex = |(index, &(turn, radius_m)): (usize, &(f64, f64))| {
            let angle = std::f64::consts::TAU * (index as f64 + turn) / count;
            [radius_m * angle.cos(), radius_m * angle.sin()]
        };
        let vertices: Vec<[f64; 2]> = arms.iter().enumerate().map(vertex).collect();
        let vertices = Polygon::new(&vertices).ok()?;
        Some(Footprint::Polygon { vertices })
    })
}

/// A body with two forks ahead of it, its base frame anywhere in the body.
fn fork_lift() -> impl Strategy<Value = Footprint> {
    let sizes = (0.05_f64..0.4, 0.05_f64..0.2, 0.08_f64..0.3, 0.08_f64..0.3);
    (sizes, 0.1_f64..0.5).prop_map(|((back, front, left, right), forks)| {
        let tip = front + forks;
        polygon(&[
            [-back, -right],
            [tip, -right],
            [tip, -0.5 * right],
            [front, -0.5 * right],
            [front, 0.5 * left],
            [tip, 0.5 * left],
            [tip, left],
            [-back, left],
        ])
    })
}

/// A free room of 6 by 6 m whose surfaces are points.
fn cluttered(posts: &[Point2]) -> Snapshot {
    let mut snapshot = room(9.0, Pose2::IDENTITY, Twist::ZERO);
    let frame = *snapshot.grid.frame();
    snapshot.field.update_surfaces(frame, |column, row| {
        let centre = frame.centre_of(column, row);
        let offset = |post: &Point2| (post - centre) * (2.0 / frame.resolution_m);
        let here = posts
            .iter()
            .map(offset)
            .find(|offset| offset.x.abs() <= 1.0 && offset.y.abs() <= 1.0);
        here.map_or(Surface::NONE, |offset| {
            Surface::at([offset.x as f32, offset.y as f32])
        })
    });
    snapshot
}

/// Asks for one command for 8 s and looks at the robot every 10 ms.
fn drive(
    guard: &mut Guarded<Wild>,
    mut snapshot: Snapshot,
    (linear, angular): (f64, f64),
    mut look: impl FnMut(Pose2, &Action),
) {
    let mut action = Action::default();
    for tick in 0..160 {
        let now = Stamp::from_secs(1.0 + PERIOD_S * f64::from(tick));
        (snapshot.stamp, snapshot.scan_stamp) = (now, Some(now));
        snapshot.sight.see_all(now);
        let seen = Observation {
            now,
            ..observation(&snapshot, Point2::new(linear, angular))
        };
        guard.act(&seen, &mut action).unwrap();
        snapshot.velocity = action.command;
        for _ in 0..5 {
            snapshot.odom_from_base = snapshot.odom_from_base * Pose2::exp(action.command, 0.01);
            look(snapshot.odom_from_base, &action);
        }
    }
}

fn wild_command() -> impl Strategy<Value = (f64, f64)> {
    (-1.5_f64..1.5, -3.0_f64..3.0)
}

/// Posts in cells of their own.
fn posts() -> impl Strategy<Value = Vec<Point2>> {
    let post = (-1.8_f64..1.8, -1.8_f64..1.8).prop_map(|(x, y)| Point2::new(x, y));
    prop::collection::vec(post, 4..30).prop_map(|mut posts| {
        let cell = |post: &Point2| post.coords.map(|at| (at / 0.05).floor() as i64);
        posts.sort_by_key(|post| (cell(post).x, cell(post).y));
        posts.dedup_by_key(|post| cell(post));
        posts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn random_commands_cause_no_contact_for_any_outline(
        footprint in prop_oneof![star(), fork_lift()], posts in posts(), command in wild_command(),
    ) {
        // the robot starts clear of everything, by more than the map may be wrong
        let is_clear = |post: &Point2| footprint.signed_distance_m(*post) > 0.03;
        let posts: Vec<Point2> = posts.into_iter().filter(is_clear).collect();
        let mut nearest_m = f64::INFINITY;
        drive(&mut guard(&footprint), cluttered(&posts), command, |pose, _| {
            let gaps = posts.iter().map(|post| footprint.signed_distance_m(pose.inverse() * *post));
            nearest_m = gaps.fold(nearest_m, f64::min);
        });
        prop_assert!(nearest_m > 0.0, "{nearest_m} m");
    }

    #[test]
    fn a_rectangle_written_as_a_polygon_is_guarded_alike(
        posts in posts(), command in wild_command(),
    ) {
        let rectangle = Footprint::Rectangle { length_m: 0.5, width_m: 0.4 };
        let corners: Vec<[f64; 2]> = rectangle.corners().iter().map(|p| [p.x, p.y]).collect();
        let commands_of = |footprint: &Footprint| {
            let mut given = Vec::new();
            drive(&mut guard(footprint), cluttered(&posts), command, |_, action| {
                given.push((action.command, action.intervention));
            });
            given
        };
        prop_assert_eq!(commands_of(&polygon(&corners)), commands_of(&rectangle));
    }
}

/// Drives slowly where nothing was ever seen.
fn blind(footprint: &Footprint, command: Twist) -> Pose2 {
    let mut guard = guard(footprint);
    let mut snapshot = room(9.0, Pose2::IDENTITY, Twist::ZERO);
    snapshot.sight = SightLayer::default();
    let mut action = Action::default();
    for tick in 0..200 {
        let now = Stamp::from_secs(10.0 + PERIOD_S * f64::from(tick));
        (snapshot.stamp, snapshot.scan_stamp) = (now, Some(now));
        let seen = Observation {
            now,
            ..observation(&snapshot, Point2::new(command.linear, command.angular))
        };
        guard.act(&seen, &mut action).unwrap();
        snapshot.odom_from_base = snapshot.odom_from_base * Pose2::exp(action.command, PERIOD_S);
        snapshot.velocity = action.command;
    }
    snapshot.odom_from_base
}

#[test]
fn a_base_over_the_rear_axle_turns_to_see_but_does_not_reverse_blindly() {
    // behind it the circumscribed circle leaves 0.45 m, ahead of it 0.05 m
    let rear_axle = polygon(&[[0.6, 0.25], [0.6, -0.25], [-0.2, -0.25], [-0.2, 0.25]]);
    for speed in [-0.3, -0.1, -0.05, -0.02] {
        let x = blind(&rear_axle, Twist::new(speed, 0.0)).x;
        assert!(x >= -0.06, "{speed} m/s: {x} m");
    }
    let turned = blind(&rear_axle, Twist::new(0.0, 0.1)).yaw.abs();
    assert!(turned > 0.5, "{turned} rad");
}
