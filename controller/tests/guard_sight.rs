//! No robot enters ground that was not seen recently, in any direction, from the first tick on.
#![allow(clippy::unwrap_used)]

mod room;

use controller::{
    Action, GuardSettings, Guarded, Intervention, Limits, Observation, Policy, PolicyError,
    SolveStatus,
};
use perception::{Footprint, Point2, Pose2, Sectors, SightLayer, Snapshot, Stamp, Twist};

use room::{observation, room};

/// Asks for the same command at every tick.
struct Constant(Twist);

impl Policy for Constant {
    fn name(&self) -> &'static str {
        "constant"
    }

    fn reset(&mut self) {}

    fn act(&mut self, _: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        action.command = self.0;
        action.status = SolveStatus::Solved;
        Ok(())
    }
}

const ROUND: Footprint = Footprint::Disc { radius_m: 0.3 };
const LONG: Footprint = Footprint::Rectangle {
    length_m: 0.8,
    width_m: 0.5,
};

/// Drives for `ticks`, with `seen` saying at which time the ground at a point was seen last, and
/// gives the poses and what was decided at the end.
fn drive(
    footprint: &Footprint,
    wanted: Twist,
    ticks: u32,
    seen: impl Fn(Point2, Stamp) -> Option<Stamp>,
) -> (Vec<Pose2>, Action) {
    let settings = GuardSettings::default();
    let mut guard = Guarded::new(Constant(wanted), footprint, Limits::default(), settings).unwrap();
    let mut snapshot = room(9.0, Pose2::IDENTITY, Twist::ZERO);
    let (mut poses, mut action) = (vec![snapshot.odom_from_base], Action::default());
    for tick in 0..ticks {
        let now = Stamp::from_secs(10.0 + 0.05 * f64::from(tick));
        (snapshot.stamp, snapshot.scan_stamp) = (now, Some(now));
        snapshot.sight = layer(now, &seen);
        snapshot.health.sectors = Sectors::all_round(now);
        let observed = Observation {
            now,
            ..observation(&snapshot, Point2::new(2.0, 0.0))
        };
        guard.act(&observed, &mut action).unwrap();
        move_on(&mut snapshot, action.command);
        poses.push(snapshot.odom_from_base);
    }
    (poses, action)
}

fn layer(now: Stamp, seen: &impl Fn(Point2, Stamp) -> Option<Stamp>) -> SightLayer {
    let mut layer = SightLayer::default();
    see(&mut layer, now, seen);
    layer
}

fn see(layer: &mut SightLayer, now: Stamp, seen: &impl Fn(Point2, Stamp) -> Option<Stamp>) {
    for column in -60..60 {
        for row in -60..60 {
            let point = Point2::new(0.1 * f64::from(column) + 0.05, 0.1 * f64::from(row) + 0.05);
            if let Some(stamp) = seen(point, now) {
                layer.see(point, stamp);
            }
        }
    }
}

fn move_on(snapshot: &mut Snapshot, command: Twist) {
    snapshot.odom_from_base = snapshot.odom_from_base * Pose2::exp(command, 0.05);
    snapshot.velocity = command;
}

#[test]
fn a_disc_never_leaves_its_first_outline_for_ground_never_seen() {
    for wanted in [
        Twist::new(-0.3, 0.0),
        Twist::new(-0.05, 0.3),
        Twist::new(1.0, 0.0),
        Twist::new(0.02, 0.0),
    ] {
        let (poses, action) = drive(&ROUND, wanted, 200, |_, _| None);
        let far_m = poses.iter().map(|pose| pose.position().coords.norm());
        let far_m = far_m.fold(0.0, f64::max);
        assert!(far_m <= 0.006, "{wanted:?}: {far_m} m");
        assert_eq!(action.intervention, Some(Intervention::Unseen));
    }
}

#[test]
fn a_rectangle_without_observations_stays_within_its_circumscribed_circle() {
    for wanted in [
        Twist::new(-0.3, 0.0),
        Twist::new(0.5, 0.2),
        Twist::new(0.0, 1.0),
    ] {
        let (poses, _) = drive(&LONG, wanted, 200, |_, _| None);
        let corner = Point2::new(0.4, 0.25);
        // and the jitter of odometry
        let reach_m = corner.coords.norm() + 0.006;
        for pose in &poses {
            for (x, y) in [(0.4, 0.25), (-0.4, 0.25), (-0.4, -0.25), (0.4, -0.25)] {
                let far_m = (*pose * Point2::new(x, y)).coords.norm();
                assert!(far_m <= reach_m, "{wanted:?}: {far_m} m");
            }
        }
        let turned = poses.last().unwrap().yaw.abs();
        assert!(
            wanted.linear != 0.0 || turned > 0.5,
            "it may turn on the spot"
        );
    }
}

#[test]
fn a_robot_stops_before_the_end_of_visible_ground() {
    let (poses, _) = drive(&ROUND, Twist::new(1.0, 0.0), 200, |point, now| {
        (point.x < 2.0 && point.x > -0.5).then_some(now)
    });
    let x = poses.last().unwrap().x;
    assert!(x + 0.3 <= 2.0 && x > 1.2, "{x}");
}

#[test]
fn ground_that_is_no_longer_seen_is_not_driven_on() {
    // the scanner goes blind at 11 s, with the robot at full speed
    let blind = Stamp::from_secs(11.0);
    let (poses, action) = drive(&ROUND, Twist::new(1.0, 0.0), 160, |_, now| {
        Some(now.min(blind))
    });
    let x = poses.last().unwrap().x;
    let (at_blind, rest) = (poses[20].x, action.command.linear);
    // 0.4 s that the ground counts as fresh, 0.2 s of reaction, 1 / (2 0.9) m to stop
    assert!(
        rest == 0.0 && x - at_blind < 0.4 + 0.2 + 0.56 + 0.1,
        "{}",
        x - at_blind
    );
}

#[test]
fn a_robot_may_go_back_over_ground_that_it_has_just_left() {
    let settings = GuardSettings::default();
    let mut snapshot = room(9.0, Pose2::IDENTITY, Twist::ZERO);
    snapshot.sight = SightLayer::default();
    let forward = Twist::new(0.6, 0.0);
    let mut guard = Guarded::new(Switch(forward), &ROUND, Limits::default(), settings).unwrap();
    let mut action = Action::default();
    let mut farthest: f64 = 0.0;
    for tick in 0..120 {
        let now = Stamp::from_secs(10.0 + 0.05 * f64::from(tick));
        (snapshot.stamp, snapshot.scan_stamp) = (now, Some(now));
        let x = snapshot.odom_from_base.x;
        // the scanner looks forward
        see(&mut snapshot.sight, now, &|point, now| {
            (point.x > x && point.x > -0.1).then_some(now)
        });
        let observed = Observation {
            now,
            ..observation(
                &snapshot,
                Point2::new(if tick < 30 { 2.0 } else { -2.0 }, 0.0),
            )
        };
        guard.act(&observed, &mut action).unwrap();
        move_on(&mut snapshot, action.command);
        farthest = farthest.max(snapshot.odom_from_base.x);
    }
    assert!(farthest > 0.5 && snapshot.odom_from_base.x < farthest - 0.3);
    assert!(
        snapshot.odom_from_base.x > -0.01,
        "not beyond where it began"
    );
}

/// Forward while the goal lies ahead, else backward.
struct Switch(Twist);

impl Policy for Switch {
    fn name(&self) -> &'static str {
        "switch"
    }

    fn reset(&mut self) {}

    fn act(&mut self, seen: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        let sign = seen.goal.position.x.signum();
        action.command = Twist::new(sign * self.0.linear, 0.0);
        action.status = SolveStatus::Solved;
        Ok(())
    }
}
