//! A learned cost that holds the robot is left out for a while, save where people are waited for.
#![allow(clippy::unwrap_used)]

use controller::{
    Action, ControllerSettings, CostModel, CostParameters, Goal, KNOT_LEN, LearnedCost, MpcPolicy,
    Observation, Planner, Policy as _, PolicyError, Stall, StallSettings, Turn,
};
use perception::{
    DistanceField, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, Snapshot, Stamp, Track, Twist,
    Vector2,
};

const TICK_S: f64 = 0.05;

/// Draws the robot strongly to where it is.
struct Anchor;

impl CostModel for Anchor {
    fn name(&self) -> &'static str {
        "anchor"
    }

    fn reset(&mut self) {}

    fn learned(
        &mut self,
        observation: &Observation<'_>,
        into: &mut LearnedCost,
    ) -> Result<bool, PolicyError> {
        into.parameters = CostParameters::zeros(1);
        into.odom_from_view = observation.snapshot.odom_from_base;
        let knot = &mut into.parameters.0[..KNOT_LEN];
        knot[6] = 30.0;
        knot[8] = 30.0;
        Ok(true)
    }
}

/// Draws the robot strongly round a circle beside its path.
struct Roundabout;

impl CostModel for Roundabout {
    fn name(&self) -> &'static str {
        "roundabout"
    }

    fn reset(&mut self) {}

    fn learned(
        &mut self,
        observation: &Observation<'_>,
        into: &mut LearnedCost,
    ) -> Result<bool, PolicyError> {
        let angle = 0.5 * observation.now.as_secs();
        Anchor.learned(observation, into)?;
        into.odom_from_view = Pose2::new(0.8 * angle.sin(), 0.8 * angle.cos() - 0.8, 0.0);
        Ok(true)
    }
}

/// A room of 10 by 10 m about the origin with a post behind the goal: in the open the learned cost fades.
fn room() -> Snapshot {
    room_with(&[Point2::new(4.65, 0.05)])
}

fn room_with(posts: &[Point2]) -> Snapshot {
    let frame = GridFrame {
        origin: Point2::new(-5.0, -5.0),
        resolution_m: 0.1,
        width: 100,
        height: 100,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    for index in 0..frame.len() {
        grid.declare_free(index);
    }
    for post in posts {
        let (column, row) = frame.cell_of(*post).unwrap();
        grid.mark(frame.index(column, row));
        grid.mark(frame.index(column, row));
        grid.mark(frame.index(column, row));
    }
    let mut field = DistanceField::new(3.0);
    field.update(&grid);
    Snapshot {
        grid,
        field,
        ..Snapshot::default()
    }
}

fn passer_by(speed_mps: f64) -> Track {
    Track {
        id: 1,
        position: Point2::new(0.0, 2.0),
        velocity: Vector2::new(speed_mps, 0.0),
        radius_m: 0.3,
        position_sd_m: 0.02,
        velocity_sd_mps: 0.05,
        age_s: 2.0,
        unseen_s: 0.0,
    }
}

fn observation(snapshot: &Snapshot, now: Stamp) -> Observation<'_> {
    Observation::new(
        now,
        snapshot,
        Goal {
            position: Point2::new(4.0, 0.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    )
}

/// How far the robot gets in `seconds`, m, on its way to a goal 4 m away.
fn travelled(settings: StallSettings, tracks: &[Track], seconds: f64) -> f64 {
    travelled_in(room(), settings, tracks, seconds)
}

fn travelled_in(
    snapshot: Snapshot,
    settings: StallSettings,
    tracks: &[Track],
    seconds: f64,
) -> f64 {
    travelled_by(Anchor, snapshot, settings, tracks, seconds)
}

fn travelled_by(
    model: impl CostModel,
    mut snapshot: Snapshot,
    settings: StallSettings,
    tracks: &[Track],
    seconds: f64,
) -> f64 {
    let mut c = ControllerSettings::default();
    c.mpc.stall = settings;
    let planner = Planner::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap();
    let mut policy = MpcPolicy::with(planner, model);
    let mut action = Action::default();
    snapshot.tracks.extend_from_slice(tracks);
    for tick in 0..(seconds / TICK_S) as usize {
        let now = Stamp::from_secs(TICK_S * tick as f64);
        snapshot.stamp = now;
        snapshot.scan_stamp = Some(now);
        let path = [snapshot.odom_from_base.position(), Point2::new(4.0, 0.0)];
        let seen = Observation {
            path: &path,
            ..observation(&snapshot, now)
        };
        policy.act(&seen, &mut action).unwrap();
        snapshot.velocity = action.command;
        snapshot.odom_from_base = snapshot.odom_from_base
            * Pose2::exp(
                Twist::new(action.command.linear, action.command.angular),
                TICK_S,
            );
    }
    snapshot.odom_from_base.x
}

#[test]
fn a_stuck_robot_frees_itself() {
    let usual = StallSettings::default();
    assert!(travelled(usual, &[], usual.after_s - 0.1) < usual.within_m);
    let away = travelled(usual, &[], usual.after_s + 3.0);
    assert!(away > 0.5, "{away}");
    let never = StallSettings {
        enabled: false,
        ..usual
    };
    assert!(travelled(never, &[], 20.0) < usual.within_m);
}

#[test]
fn a_robot_without_progress_along_its_path_frees_itself() {
    let get = |settings, seconds| travelled_by(Roundabout, room(), settings, &[], seconds);
    let usual = StallSettings::default();
    let away = get(usual, 60.0);
    assert!(away > 3.0, "{away}");
    let never = StallSettings {
        stray_s: 3600.0,
        ..usual
    };
    let astray = get(never, 60.0);
    assert!(astray < 2.0, "{astray}");
}

#[test]
fn the_learned_cost_fades_where_the_path_is_open() {
    let never = StallSettings {
        enabled: false,
        ..StallSettings::default()
    };
    let get = |posts: &[Point2]| travelled_in(room_with(posts), never, &[], 5.0);
    let open = get(&[]);
    assert!(open > 3.5, "{open}");
    // obstacles far from the path change nothing, those near it do
    assert!((get(&[Point2::new(2.0, 3.5)]) - open).abs() < 0.05);
    assert!(get(&[Point2::new(2.0, 1.2)]) < never.within_m);
}

#[test]
fn time_without_a_look_does_not_count() {
    let settings = StallSettings::default();
    let snapshot = room();
    let look = |stall: &mut Stall, at_s: f64| {
        stall
            .look(&observation(&snapshot, Stamp::from_secs(at_s)))
            .0
    };
    let until = |stall: &mut Stall, [from_s, to_s]: [f64; 2]| {
        let ticks = ((to_s - from_s) / TICK_S).round() as usize;
        (0..=ticks)
            .map(|tick| look(stall, from_s + TICK_S * tick as f64))
            .last()
    };
    let mut held = Stall::new(settings);
    let short_s = settings.after_s - 2.0 * TICK_S;
    assert_eq!(until(&mut held, [0.0, short_s]), Some(Turn::Learned));
    // nothing is seen for a while
    let again_s = short_s + 5.0;
    assert_eq!(
        until(&mut held, [again_s, again_s + short_s]),
        Some(Turn::Learned)
    );
    let stalled = until(&mut held, [again_s + short_s, again_s + 2.0 * short_s]);
    assert_eq!(stalled, Some(Turn::Without));
    // nor is the turn over because of it
    assert_eq!(look(&mut held, again_s + 30.0), Turn::Without);
}

#[test]
fn the_learned_cost_returns_once_the_robot_is_free() {
    // a turn without it takes the robot little further than away_m, and the next stall is far
    let usual = StallSettings::default();
    let end = travelled(usual, &[], 2.0 * usual.after_s);
    assert!(end > usual.away_m && end < usual.away_m + 1.0, "{end}");
}

#[test]
fn a_robot_stuck_in_both_directions_backs_up_further_each_time() {
    let usual = StallSettings::default();
    let mut stall = Stall::new(usual);
    let mut snapshot = room();
    let (mut x, mut backs) = (-4.0, Vec::new());
    for tick in 0..(90.0 / TICK_S) as usize {
        let now = Stamp::from_secs(TICK_S * tick as f64);
        snapshot.odom_from_base = Pose2::new(x, 0.0, 0.0);
        let (turn, is_new) = stall.look(&observation(&snapshot, now));
        // a wall at the origin, with the goal behind it
        let step = 0.5 * TICK_S;
        x = match turn {
            Turn::Learned | Turn::Without => (x + step).min(0.0),
            Turn::Back(point) => x + (point.x - x).clamp(-step, step),
        };
        if let (Turn::Back(point), true) = (turn, is_new) {
            backs.push(-point.x);
        }
    }
    assert!(backs.len() >= 3, "{backs:?}");
    for (number, back) in (1..).zip(&backs) {
        // no further than where it came from
        let expected = (usual.back_m * f64::from(number)).min(4.0);
        assert!((back - expected).abs() < 0.21, "{backs:?}");
    }
}

#[test]
fn the_robot_waits_for_moving_pedestrians() {
    let usual = StallSettings::default();
    assert!(travelled(usual, &[passer_by(1.0)], 10.0) < usual.within_m);
    assert!(travelled(usual, &[passer_by(0.0)], 10.0) > 0.5);
}

#[test]
fn settings_out_of_bounds_are_rejected() {
    let refused = |settings: StallSettings| settings.validate().unwrap_err().to_string();
    let usual = StallSettings::default();
    let after_s = 0.0;
    let found = refused(StallSettings { after_s, ..usual });
    assert!(found.starts_with("mpc.stall.after_s is 0"), "{found}");
    let within_m = -1.0;
    let found = refused(StallSettings { within_m, ..usual });
    assert!(found.starts_with("mpc.stall.within_m is -1"), "{found}");
}
