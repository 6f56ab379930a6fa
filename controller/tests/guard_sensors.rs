//! Without data that can be believed the robot brakes to rest, and says why.
#![allow(clippy::unwrap_used)]

mod room;

use controller::{
    Action, Finding, GuardSettings, Guarded, Intervention, Limits, Observation, Policy,
    PolicyError, SolveStatus,
};
use perception::{
    Footprint, OdometryFault, Point2, Pose2, SensorFault, SensorKind, SensorState, Snapshot, Stamp,
    Twist,
};

use room::{observation, room};

/// Drives on, whatever it sees.
struct Blind;

impl Policy for Blind {
    fn name(&self) -> &'static str {
        "blind"
    }

    fn reset(&mut self) {}

    fn act(&mut self, _: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        action.command = Twist::new(0.5, 0.0);
        action.status = SolveStatus::Solved;
        Ok(())
    }
}

const NOW_S: f64 = 1.0;
const INVALID: SensorFault = SensorFault::Invalid {
    share: 0.0,
    expected: 0.2,
};

fn state(arrived_s: f64, accepted_s: f64, fault: Option<SensorFault>) -> SensorState {
    SensorState {
        arrived: Some(Stamp::from_secs(arrived_s)),
        accepted: Some(Stamp::from_secs(accepted_s)),
        period_s: 0.05,
        fault,
    }
}

fn act(snapshot: &Snapshot) -> Action {
    let footprint = Footprint::Disc { radius_m: 0.3 };
    let settings = GuardSettings::default();
    let mut guard = Guarded::new(Blind, &footprint, Limits::default(), settings).unwrap();
    let mut action = Action::default();
    let seen = observation(snapshot, Point2::new(2.0, 0.0));
    guard.act(&seen, &mut action).unwrap();
    action
}

fn driving() -> Snapshot {
    let mut snapshot = room(2.9, Pose2::IDENTITY, Twist::new(0.5, 0.0));
    snapshot.health.scan = state(NOW_S, NOW_S, None);
    snapshot
}

#[test]
fn a_robot_with_plausible_sensors_drives() {
    let action = act(&driving());
    assert_eq!((action.command.linear, action.intervention), (0.5, None));
}

#[test]
fn a_silent_lidar_beside_a_live_camera_stops_the_robot() {
    let mut snapshot = driving();
    snapshot.health.depth = state(NOW_S, NOW_S, None);
    snapshot.health.scan = state(0.3, 0.3, None);
    let action = act(&snapshot);
    assert!(action.command.linear < 0.5);
    assert_eq!(action.intervention, Some(Intervention::Stale));
    let Some(Finding::Silent { kind, .. }) = action.finding else {
        panic!("{:?}", action.finding);
    };
    assert_eq!(kind, SensorKind::Scan);
}

#[test]
fn invalid_scans_stop_the_robot_with_their_reason() {
    for accepted_s in [0.85, 0.2] {
        let mut snapshot = driving();
        snapshot.health.scan = state(NOW_S, accepted_s, Some(INVALID));
        let action = act(&snapshot);
        assert!(action.command.linear < 0.5);
        assert_eq!(action.intervention, Some(Intervention::Sensor));
        assert!(action.finding.unwrap().to_string().starts_with("scan: 0 %"));
    }
}

#[test]
fn one_bad_scan_is_waited_out() {
    let mut snapshot = driving();
    snapshot.health.scan = state(NOW_S, NOW_S - 0.05, Some(INVALID));
    assert_eq!(act(&snapshot).intervention, None);
}

#[test]
fn a_camera_close_to_a_wall_does_not_stop_a_robot_with_other_sensors() {
    let mut snapshot = driving();
    snapshot.health.depth = state(NOW_S, 0.2, Some(INVALID));
    assert_eq!(act(&snapshot).intervention, None);
}

#[test]
fn a_robot_without_any_data_reports_the_blind_sensor() {
    let mut snapshot = driving();
    snapshot.scan_stamp = None;
    snapshot.health.scan = SensorState {
        arrived: Some(Stamp::from_secs(NOW_S)),
        fault: Some(SensorFault::NeverReturned),
        ..SensorState::default()
    };
    let action = act(&snapshot);
    assert!(matches!(
        action.finding,
        Some(Finding::NoSight { fault: Some(_) })
    ));
    assert_eq!(action.intervention, Some(Intervention::Sensor));
}

#[test]
fn a_jump_of_the_odometry_stops_the_robot_for_half_a_second() {
    for (found_s, stops) in [(NOW_S, true), (0.6, true), (0.4, false)] {
        let mut snapshot = driving();
        let fault = OdometryFault::Jump {
            moved_m: 1.0,
            turned_rad: 0.0,
            elapsed_s: 0.02,
        };
        snapshot.health.odometry = Some((Stamp::from_secs(found_s), fault));
        let reason = act(&snapshot).intervention;
        assert_eq!(reason == Some(Intervention::Odometry), stops, "{found_s}");
    }
}
