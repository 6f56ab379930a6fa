//! What movers cost, and when the guard lets a plan evade them.
#![allow(clippy::unwrap_used)]

use controller::mpc::Curvature;
use controller::mpc::lq::Knot;
use controller::{
    Action, FootprintDiscs, Goal, GuardSettings, Guarded, Limits, MoverSettings, MoverTerm,
    Observation, Plan, Policy, PolicyError, SolveStatus,
};
use nalgebra::SVector;
use perception::{
    DistanceField, Footprint, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, Snapshot, Stamp,
    Track, Twist, Vector2,
};
use proptest::prelude::*;

const HORIZON: usize = 20;
const DT_S: f64 = 0.1;
const ROBOT: Footprint = Footprint::Disc { radius_m: 0.3 };
const MOVER_M: f64 = 0.3;

type State = SVector<f64, 7>;

fn track(id: u64, position: Point2, velocity: Vector2) -> Track {
    Track {
        id,
        position,
        velocity,
        radius_m: MOVER_M,
        position_sd_m: 0.0,
        velocity_sd_mps: 0.0,
        age_s: 1.0,
        unseen_s: 0.0,
    }
}

fn term(tracks: &[Track], settings: MoverSettings) -> MoverTerm {
    let mut term = MoverTerm::new(settings);
    term.set(tracks, Point2::origin(), 0.1, HORIZON, DT_S);
    term
}

fn discs() -> FootprintDiscs {
    let footprint = Footprint::Rectangle {
        length_m: 0.6,
        width_m: 0.4,
    };
    FootprintDiscs::cover(&footprint, 3)
}

proptest! {
    #[test]
    fn gradient_and_curvature_are_the_derivatives(
        place in prop::array::uniform3(-1.0_f64..1.0),
        mover in prop::array::uniform4(-1.0_f64..1.0),
        other in prop::array::uniform4(-1.0_f64..1.0),
        k in 0..=HORIZON,
    ) {
        let made = |id, [x, y, vx, vy]: [f64; 4]| {
            track(id, Point2::new(x, y), Vector2::new(vx + 0.5 * vx.signum(), vy))
        };
        let term = term(&[made(1, mover), made(2, other)], MoverSettings::default());
        let discs = discs();
        let mut x = State::zeros();
        (0..3).for_each(|axis| x[axis] = place[axis]);
        let expanded = |x: &State| {
            let mut knot = Knot::<7, 2>::default();
            term.expand(k, x, &discs, 0.3, Curvature::Exact, &mut knot);
            knot
        };
        let (knot, step) = (expanded(&x), 1e-6);
        for axis in 0..3 {
            let (mut ahead, mut behind) = (x, x);
            ahead[axis] += step;
            behind[axis] -= step;
            let slope = 0.3 * (term.value(k, &ahead, &discs) - term.value(k, &behind, &discs))
                / (2.0 * step);
            prop_assert!((slope - knot.q[axis]).abs() < 1e-4 * (1.0 + slope.abs()));
            let change = (expanded(&ahead).q - expanded(&behind).q) / (2.0 * step);
            for row in 0..3 {
                // where a clearance sets in the curvature jumps
                let jumps = (expanded(&ahead).Q - expanded(&behind).Q).amax() > 1.0;
                let error = (change[row] - knot.Q[(row, axis)]).abs();
                prop_assert!(jumps || error < 1e-3 * (1.0 + change[row].abs()), "{error}");
            }
        }
    }

    #[test]
    fn nearer_movers_cost_more_and_far_or_slow_ones_nothing(
        (near_m, nearer_m, direction) in (0.9_f64..1.3, 0.05_f64..0.4, -3.1_f64..3.1),
    ) {
        let cost = |away_m: f64, speed: f64| {
            let along = Vector2::new(direction.cos(), direction.sin());
            // at the first knot the mover is at `away_m`
            let at = Point2::from(along * (away_m - 0.1 * speed));
            let term = term(&[track(1, at, along * speed)], MoverSettings::default());
            term.value(0, &State::zeros(), &discs())
        };
        prop_assert!(cost(near_m - nearer_m, 1.0) > cost(near_m, 1.0));
        prop_assert!(cost(near_m, 1.0) > 0.0);
        prop_assert_eq!(cost(2.0, 1.0), 0.0);
        prop_assert_eq!(cost(near_m, 0.1), 0.0);
    }
}

#[test]
fn movers_cost_where_they_will_be() {
    let crossing = track(1, Point2::new(2.0, -1.9), Vector2::new(0.0, 1.0));
    let term = term(&[crossing], MoverSettings::default());
    let mut x = State::zeros();
    x[0] = 2.0;
    let costs: Vec<f64> = (0..=HORIZON).map(|k| term.value(k, &x, &discs())).collect();
    assert_eq!(costs[0], 0.0);
    assert!(costs[18] > costs[10] && costs[18] > 1.0, "{costs:?}");
}

#[test]
fn without_prediction_movers_have_no_cost() {
    let settings = MoverSettings {
        enabled: false,
        ..MoverSettings::default()
    };
    let term = term(&[track(1, Point2::origin(), Vector2::x())], settings);
    assert_eq!(term.value(3, &State::zeros(), &discs()), 0.0);
}

/// Sets out straight ahead with an acceleration, and says so in its plan.
struct SetsOut(f64);

impl SetsOut {
    fn speed_at(&self, time_s: f64) -> f64 {
        (self.0 * time_s).clamp(-1.0, 1.0)
    }

    fn plan(&self) -> Plan {
        let mut states = vec![[0.0; 5]];
        for k in 1..=30 {
            let speed = self.speed_at(k as f64 * DT_S);
            let x = states[k - 1][0] + speed * DT_S;
            states.push([x, 0.0, 0.0, speed, 0.0]);
        }
        Plan {
            dt_s: DT_S,
            states,
            inputs: vec![[self.0, 0.0]; 30],
        }
    }
}

impl Policy for SetsOut {
    fn name(&self) -> &'static str {
        "sets out"
    }

    fn reset(&mut self) {}

    fn act(&mut self, _: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        action.plan = self.plan();
        action.command = Twist::new(self.speed_at(0.15), 0.0);
        action.status = SolveStatus::Solved;
        Ok(())
    }
}

/// Free floor of 20 m about a robot at rest.
fn floor(tracks: Vec<Track>) -> Snapshot {
    let frame = GridFrame {
        origin: Point2::new(-10.0, -10.0),
        resolution_m: 0.25,
        width: 80,
        height: 80,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    (0..frame.len()).for_each(|index| grid.declare_free(index));
    let mut field = DistanceField::new(2.0);
    field.update(&grid);
    let now = Stamp::from_secs(1.0);
    let mut snapshot = Snapshot {
        stamp: now,
        scan_stamp: Some(now),
        odom_from_base: Pose2::IDENTITY,
        grid,
        field,
        tracks,
        ..Snapshot::default()
    };
    snapshot.sight.see_all(now);
    snapshot
}

/// What the guard makes of setting out among movers.
fn told(acceleration: f64, tracks: Vec<Track>) -> Action {
    let settings = GuardSettings::default();
    let mut guard =
        Guarded::new(SetsOut(acceleration), &ROBOT, Limits::default(), settings).unwrap();
    let snapshot = floor(tracks);
    let goal = Goal {
        position: Point2::new(5.0, 0.0),
        yaw: None,
        tolerance_m: 0.3,
        yaw_tolerance_rad: 0.1,
    };
    let observation = Observation::new(snapshot.stamp, &snapshot, goal, &[]);
    let mut action = Action::default();
    guard.act(&observation, &mut action).unwrap();
    action
}

/// When a robot that drives along x comes within the margin of a mover first, s, and how fast it is then,
/// m/s, stepped finely.
fn touched(tracks: &[Track], x_at: impl Fn(f64) -> f64) -> Option<[f64; 2]> {
    let margin_m = GuardSettings::default().passive.margin_m;
    let step_s = 0.002;
    (0..1000).find_map(|step| {
        let time_s = f64::from(step) * step_s;
        let (x, ahead) = (x_at(time_s), x_at(time_s + step_s));
        let is_near = |track: &Track| {
            let off = track.position + track.velocity * time_s - Point2::new(x, 0.0);
            off.norm() <= 0.3 + MOVER_M + margin_m
        };
        let robot_mps = (ahead - x).abs() / step_s;
        tracks.iter().any(is_near).then_some([time_s, robot_mps])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10000))]

    #[test]
    fn an_evading_robot_at_rest_can_stop_before_contact_and_is_touched_no_sooner_than_at_rest(
        acceleration in prop_oneof![-1.0_f64..-0.3, 0.3_f64..1.0],
        movers in prop::collection::vec(
            (0.8_f64..3.0, -3.1_f64..3.1, 0.4_f64..2.0, -0.4_f64..0.4), 1..5),
        drift in -3.1_f64..3.1,
    ) {
        let tracks: Vec<Track> = movers.iter().enumerate().map(|(id, &(away, from, speed, aim))| {
            let at = Vector2::new(from.cos(), from.sin()) * away;
            let toward = from + std::f64::consts::PI + aim;
            track(id as u64, Point2::from(at), Vector2::new(toward.cos(), toward.sin()) * speed)
        }).collect();
        let action = told(acceleration, tracks.clone());
        if action.command.linear == 0.0 {
            return Ok(());
        }
        let guard = GuardSettings::default();
        let plan = SetsOut(acceleration).plan();
        let x_at = |time_s: f64| {
            let knot = ((time_s - guard.latency_s) / DT_S).clamp(0.0, 30.0);
            let k = (knot as usize).min(29);
            let [from, to] = [plan.states[k][0], plan.states[k + 1][0]];
            from + (knot - k as f64) * (to - from)
        };
        let standing = touched(&tracks, |_| 0.0);
        // whom the robot stands before for a second, it has rested before in time
        let Some([stood_s, ..]) = standing.filter(|found| found[0] < 1.0) else {
            return Ok(());
        };
        if let Some([drove_s, robot_mps]) = touched(&tracks, x_at) {
            let stop_s = robot_mps / Limits::default().deceleration_max_mps2;
            // the guard steps 50 ms
            let can_stop = drove_s >= stood_s + stop_s - 0.051;
            prop_assert!(can_stop, "{drove_s} {stood_s} {robot_mps}");
        }
        // movers that drift from their prediction find it clear, or at rest after its command
        let spread_mps = guard.passive.evasion_pass_spread_mps;
        let drifted: Vec<Track> = tracks.iter().map(|track| Track {
            velocity: track.velocity + Vector2::new(drift.cos(), drift.sin()) * spread_mps,
            ..*track
        }).collect();
        let [speed, until_s] = [action.command.linear, guard.latency_s + 0.05];
        let braking = Limits::default().deceleration_max_mps2 * guard.braking_share;
        let rests_s = until_s + speed.abs() / braking;
        let stop_at = |time_s: f64| {
            let slowing_s = (time_s.min(rests_s) - until_s).max(0.0);
            speed * time_s.min(rests_s) - 0.5 * speed.signum() * braking * slowing_s * slowing_s
        };
        let is_clear = touched(&drifted, x_at).is_none();
        let in_time = |found: [f64; 2]| found[0] >= rests_s - 0.051;
        prop_assert!(is_clear || touched(&drifted, stop_at).is_none_or(in_time));
    }
}

#[test]
fn plans_that_evade_a_mover_pass_and_plans_toward_it_do_not() {
    let comes = |y: f64| track(1, Point2::new(0.0, y), Vector2::new(0.0, -y.signum()));
    assert!(told(1.0, vec![comes(2.2)]).command.linear > 0.0);
    let ahead = track(1, Point2::new(1.6, 0.0), Vector2::new(-1.0, 0.0));
    assert!(told(1.0, vec![ahead]).command.linear <= 0.0);
    assert!(told(-1.0, vec![ahead]).command.linear < 0.0);
}
