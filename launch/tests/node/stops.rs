//! Emergency stop, protective field, and speed limits that expire.

use controller::StopDemand;
use perception::{Stamp, Twist};
use recordings::messages::Header;
use runtime::node::messages::{Bool, Empty, SpeedLimit};
use runtime::node::{End, FaultClass, Hold, Source, StopState, Taken};

use super::pilot::Loop;

const PRESSED: Bool = Bool { data: true };
const RELEASED: Bool = Bool { data: false };

/// A robot that drives toward a doorway.
fn driving(adjust: impl FnOnce(&mut runtime::node::NodeSettings)) -> Loop {
    let mut drive = Loop::new(adjust);
    go(&mut drive);
    drive
}

fn go(drive: &mut Loop) {
    let path = drive.path("odom");
    drive.put(Source::Plan, &path).unwrap();
    drive.until(10.0, |tick| {
        tick.command.is_some_and(|command| command.linear > 0.4)
    });
}

#[test]
fn an_emergency_stop_is_zero_at_once_and_no_reset_sets_the_robot_in_motion() {
    let mut drive = driving(|_| ());
    drive.put(Source::EmergencyStop, &PRESSED).unwrap();
    let tick = drive.step();
    assert_eq!(tick.command, Some(Twist::ZERO));
    assert_eq!(tick.end, Some(End::EmergencyStop));
    let device = StopDemand::EmergencyStop;
    assert_eq!(tick.hold, Some(Hold::Stop { device }));
    // zero commands go on while it is held, and another goal ends at once
    let path = drive.path("odom");
    assert_eq!(drive.put(Source::Plan, &path), Ok(Taken::Started));
    let tick = drive.step();
    assert_eq!(
        (tick.command, tick.end),
        (Some(Twist::ZERO), Some(End::EmergencyStop))
    );
    // a reset is refused while it is pressed
    assert_eq!(
        drive.put(Source::StopReset, &Empty::default()),
        Err(FaultClass::Value)
    );
    drive.put(Source::EmergencyStop, &RELEASED).unwrap();
    drive.pilot.reset();
    assert_eq!(drive.step().command, Some(Twist::ZERO));
    drive.put(Source::StopReset, &Empty::default()).unwrap();
    for _ in 0..10 {
        assert_eq!(drive.step().command, None);
    }
    go(&mut drive);
}

#[test]
fn a_protective_field_holds_the_robot_and_the_drive_goes_on_when_it_is_free() {
    let mut drive = driving(|_| ());
    drive.put(Source::ProtectiveField, &PRESSED).unwrap();
    for _ in 0..10 {
        let tick = drive.step();
        assert_eq!(tick.command, Some(Twist::ZERO));
        let said = tick.hold.unwrap().to_string();
        assert_eq!(said, "the protective field demands a stop");
    }
    drive.put(Source::ProtectiveField, &RELEASED).unwrap();
    drive.until(60.0, |tick| tick.end == Some(End::Reached));
}

#[test]
fn a_monitored_stop_device_that_falls_silent_stops_the_robot() {
    let mut drive = Loop::new(|settings| settings.emergency_stop_timeout_s = 0.2);
    drive.put(Source::EmergencyStop, &RELEASED).unwrap();
    let path = drive.path("odom");
    drive.put(Source::Plan, &path).unwrap();
    for _ in 0..30 {
        drive.put(Source::EmergencyStop, &RELEASED).unwrap();
        assert_eq!(drive.step().end, None);
    }
    assert!(drive.command.linear > 0.4);
    let silent_s = drive.until(1.0, |tick| tick.end == Some(End::EmergencyStop));
    assert!((silent_s - 0.25).abs() < 0.06, "{silent_s}");
    assert_eq!(drive.command, Twist::ZERO);
    let now = Stamp::from_secs(drive.now_s());
    let device = StopDemand::EmergencyStop;
    assert_eq!(drive.pilot.stop_state(device, now), StopState::Silent);
}

#[test]
fn a_speed_limit_that_is_not_renewed_expires() {
    let limit = SpeedLimit {
        header: Header::default(),
        percentage: false,
        speed_limit: 0.2,
    };
    let mut drive = driving(|settings| settings.speed_limit_timeout_s = 1.0);
    drive.put(Source::SpeedLimit, &limit).unwrap();
    drive.until(0.8, |tick| tick.command.unwrap().linear <= 0.2 + 1e-9);
    drive.put(Source::SpeedLimit, &limit).unwrap();
    let renewed_s = drive.now_s();
    drive.until(3.0, |tick| tick.command.unwrap().linear > 0.21);
    assert!(drive.now_s() - renewed_s >= 1.0);
}
