//! What the guard promises.
#![allow(clippy::unwrap_used)]

mod room;

use controller::{
    Action, GuardSettings, Guarded, Intervention, Limits, Observation, Policy, PolicyError,
    SolveStatus,
};
use perception::{Footprint, Point2, Pose2, Snapshot, Stamp, Surface, Twist};

use room::{observation, room};

/// Says what it is told to say.
struct Parrot(Twist, SolveStatus, bool);

impl Policy for Parrot {
    fn name(&self) -> &'static str {
        "parrot"
    }

    fn reset(&mut self) {}

    fn act(&mut self, _: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        action.command = self.0;
        action.status = self.1;
        if self.2 {
            Err(PolicyError::NotFinite { what: "all" })
        } else {
            Ok(())
        }
    }
}

const ROUND: Footprint = Footprint::Disc { radius_m: 0.3 };

fn guarded(policy: Parrot, snapshot: &Snapshot, now_s: f64) -> Action {
    let (limits, settings) = (Limits::default(), GuardSettings::default());
    let mut guard = Guarded::new(policy, &ROUND, limits, settings).unwrap();
    let mut action = Action::default();
    let observation = Observation {
        now: Stamp::from_secs(now_s),
        ..observation(snapshot, Point2::new(2.0, 0.0))
    };
    guard.act(&observation, &mut action).unwrap();
    action
}

#[test]
fn the_guard_accepts_safe_commands() {
    let snapshot = room(2.5, Pose2::IDENTITY, Twist::new(0.5, 0.0));
    let wanted = Twist::new(0.55, 0.1);
    let action = guarded(Parrot(wanted, SolveStatus::Solved, false), &snapshot, 1.0);
    assert_eq!((action.command, action.intervention), (wanted, None));
}

#[test]
fn the_guard_brakes_on_failure_nonsense_and_old_data() {
    let velocity = Twist::new(0.5, 0.0);
    let snapshot = room(2.5, Pose2::IDENTITY, velocity);
    let fast = Twist::new(1.0, 0.0);
    let nan = Twist::new(f64::NAN, 0.0);
    let (solved, failed, stale) = (
        SolveStatus::Solved,
        Intervention::PolicyFailed,
        Intervention::Stale,
    );
    let cases = [
        (Parrot(fast, solved, true), 1.0, failed),
        (Parrot(nan, solved, false), 1.0, failed),
        (Parrot(fast, SolveStatus::Infeasible, false), 1.0, failed),
        (Parrot(fast, SolveStatus::NotRun, false), 1.0, failed),
        (Parrot(fast, solved, false), 2.0, stale),
    ];
    for (policy, now_s, reason) in cases {
        let action = guarded(policy, &snapshot, now_s);
        assert_eq!(action.intervention, Some(reason));
        assert!(action.command.linear < velocity.linear && action.command.linear >= 0.0);
    }
    let mut unseen = room(2.5, Pose2::IDENTITY, velocity);
    unseen.scan_stamp = None;
    let action = guarded(Parrot(fast, solved, false), &unseen, 1.0);
    assert_eq!(action.intervention, Some(stale));
}

#[test]
fn the_guard_brings_commands_within_limits() {
    let snapshot = room(2.5, Pose2::IDENTITY, Twist::ZERO);
    let wanted = Twist::new(9.0, -9.0);
    let action = guarded(Parrot(wanted, SolveStatus::Solved, false), &snapshot, 1.0);
    assert_eq!(action.intervention, Some(Intervention::Limited));
    assert!(action.command.linear <= Limits::default().speed_max_mps);
    assert!(action.command.angular >= -Limits::default().turn_rate_max_radps);
}

/// Drives a robot that is always told the same, and shows each tick's outcome.
fn drive(
    command: Twist,
    mut snapshot: Snapshot,
    ticks: u32,
    mut after: impl FnMut(u32, &Snapshot),
) {
    let policy = Parrot(command, SolveStatus::Solved, false);
    let (limits, settings) = (Limits::default(), GuardSettings::default());
    let mut guard = Guarded::new(policy, &ROUND, limits, settings).unwrap();
    let mut action = Action::default();
    for tick in 0..ticks {
        let stamp = Stamp::from_secs(1.0 + 0.05 * f64::from(tick));
        snapshot.stamp = stamp;
        snapshot.scan_stamp = Some(stamp);
        snapshot.sight.see_all(stamp);
        let observation = Observation {
            now: stamp,
            ..observation(&snapshot, Point2::new(2.8, 0.0))
        };
        guard.act(&observation, &mut action).unwrap();
        snapshot.odom_from_base = snapshot.odom_from_base * Pose2::exp(action.command, 0.05);
        snapshot.velocity = action.command;
        after(tick, &snapshot);
    }
}

#[test]
fn a_guarded_robot_that_charges_at_a_wall_stops_before_it() {
    let wall = room(2.0, Pose2::IDENTITY, Twist::ZERO);
    let mut to_m: f64 = 0.0;
    drive(Twist::new(1.0, 0.0), wall, 2000, |tick, robot| {
        to_m = to_m.max(robot.odom_from_base.x);
        // the wall's near face lies half a cell before the centre of its cells
        assert!(to_m + 0.3 < 2.0, "touched at tick {tick}");
    });
    assert!(to_m > 1.4, "it came to a stop too early");
}

/// A robot at (−2, 0) between walls along x, so far to its left and 3 cm farther to its right. What
/// is told of surfaces changes by millimetres from cell to cell and from scan to scan.
fn gap(side_m: f64, yaw: f64) -> Snapshot {
    let mut snapshot = room(9.0, Pose2::new(-2.0, 0.0, yaw), Twist::ZERO);
    let frame = *snapshot.grid.frame();
    snapshot.field.update_surfaces(frame, |column, row| {
        let flicker_m = if column % 2 == 0 { 0.001 } else { -0.001 };
        let from_middle = |wall: f64| (wall - frame.centre_of(column, row).y) / 0.025;
        let walls = [side_m + flicker_m, -side_m - 0.03 - flicker_m].map(from_middle);
        let here = walls
            .into_iter()
            .find(|offset| (-1.0..1.0).contains(offset));
        here.map_or(Surface::NONE, |offset| Surface::at([0.0, offset as f32]))
    });
    snapshot
}

#[test]
fn a_guarded_robot_in_a_tight_gap_drives_on_along_it_but_not_into_it() {
    let ahead = || Parrot(Twist::new(0.1, 0.0), SolveStatus::Solved, false);
    let passes = |side_m: f64, yaw: f64| {
        let action = guarded(ahead(), &gap(side_m, yaw), 1.0);
        action.intervention != Some(Intervention::Obstacle)
    };
    // the map may be wrong by 1.5 cm, and a margin of 5 mm is kept beyond that
    for side_m in [0.325, 0.317, 0.313, 0.306] {
        assert!(passes(side_m, 0.0), "{side_m} m to each side");
    }
    assert!(passes(0.313, -0.5), "away from it");
    for yaw in [0.2, 0.5, 1.2] {
        drive(Twist::new(0.1, 0.0), gap(0.313, yaw), 300, |tick, robot| {
            let to_wall_m = 0.312 - robot.odom_from_base.y;
            assert!(to_wall_m > 0.308, "{to_wall_m} m at tick {tick}, {yaw} rad");
        });
    }
}

#[test]
fn a_guarded_robot_that_grazes_a_wall_stops_by_the_margin_before_where_the_map_has_it() {
    for yaw in [0.02, 0.05, 0.09, 0.2, 0.29] {
        let mut aside_m: f64 = 0.0;
        drive(Twist::new(0.3, 0.0), gap(0.4, yaw), 400, |tick, robot| {
            aside_m = aside_m.max(robot.odom_from_base.y);
            let to_wall_m = 0.399 - robot.odom_from_base.y;
            assert!(to_wall_m > 0.304, "{to_wall_m} m at tick {tick}, {yaw} rad");
        });
        assert!(aside_m > 0.05, "{yaw} rad: too early, {aside_m} m");
    }
}
