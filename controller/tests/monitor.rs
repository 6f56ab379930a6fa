//! What the last monitor promises.
#![allow(clippy::unwrap_used)]

use controller::{
    Limits, Monitor, MonitorCause, MonitorSettings, Travel, ZoneAction, ZoneSettings, ZoneShape,
};
use perception::{Footprint, LaserScan, Pose2, Stamp, Twist};
use proptest::prelude::*;

const DISC: Footprint = Footprint::Disc { radius_m: 0.3 };
const BOX: Footprint = Footprint::Rectangle {
    length_m: 0.508,
    width_m: 0.43,
};

/// A scan of a scanner in the middle of the robot, with this range in each direction.
fn scan(range_m: impl Fn(f64) -> f64) -> LaserScan {
    let beams = 960;
    let (angle_min, angle_increment) = (-std::f64::consts::PI, std::f64::consts::TAU / 960.0);
    LaserScan {
        angle_min,
        angle_increment,
        time_increment: 0.0,
        range_min: 0.05,
        range_max: 20.0,
        ranges: (0..beams)
            .map(|beam| range_m(angle_min + angle_increment * f64::from(beam)) as f32)
            .collect(),
    }
}

/// A wall ahead, whose nearest point is so far, m.
fn wall_ahead(distance_m: f64) -> LaserScan {
    scan(|angle| {
        let cos = angle.cos();
        if cos > 0.05 {
            distance_m / cos
        } else {
            f64::INFINITY
        }
    })
}

/// Two walls along x, so far to each side, m, seen with noise that alternates from beam to beam.
fn corridor(left_m: f64, right_m: f64, noise_m: f64) -> LaserScan {
    let mut scan = scan(|angle| {
        let sin = angle.sin();
        if sin.abs() < 0.02 {
            f64::INFINITY
        } else {
            (if sin > 0.0 { left_m } else { right_m }) / sin.abs()
        }
    });
    for (beam, range) in scan.ranges.iter_mut().enumerate() {
        *range += noise_m as f32 * if beam % 2 == 0 { 1.0 } else { -1.0 };
    }
    scan
}

fn monitor(settings: &MonitorSettings, footprint: &Footprint) -> Monitor {
    Monitor::new(settings, footprint, &Limits::default()).unwrap()
}

fn with(action: ZoneAction, shape: ZoneShape) -> MonitorSettings {
    MonitorSettings {
        zones: vec![ZoneSettings {
            name: "zone".to_owned(),
            enabled: true,
            shape,
            travel: Travel::Any,
            min_points: 4,
            action,
        }],
        ..MonitorSettings::default()
    }
}

/// What becomes of a command right after a scan.
fn after(monitor: &mut Monitor, scan: &LaserScan, command: Twist) -> Twist {
    monitor.reset();
    monitor.observe(Stamp(0), Pose2::IDENTITY, scan);
    monitor.limit(Stamp(0), command, command)
}

proptest! {
    #[test]
    fn a_command_is_scaled_and_stays_on_its_arc(
        ranges in prop::collection::vec(prop_oneof![
            0.0_f64..3.0, Just(f64::NAN), Just(f64::INFINITY), Just(-1.0)
        ], 1..400),
        (v, omega) in (-2.0_f64..2.0, -3.0_f64..3.0),
        (measured_v, measured_omega) in prop_oneof![
            (-3.0_f64..3.0, -5.0_f64..5.0), Just((f64::NAN, 0.0)), Just((1e300, f64::INFINITY))
        ],
        age_s in 0.0_f64..1.0,
    ) {
        let mut monitor = monitor(&MonitorSettings::default(), &BOX);
        let mut seen = scan(|_| 1.0);
        seen.ranges = ranges.iter().map(|&range| range as f32).collect();
        monitor.observe(Stamp(0), Pose2::new(0.2, 0.0, 0.1), &seen);
        let command = Twist::new(v, omega);
        let measured = Twist::new(measured_v, measured_omega);
        let sent = monitor.limit(Stamp::from_secs(age_s), command, measured);
        let share = monitor.finding().map_or(1.0, |finding| finding.share);
        prop_assert!((0.0..=1.0).contains(&share), "{share}");
        prop_assert!((sent.linear - share * v).abs() < 1e-12);
        prop_assert!((sent.angular - share * omega).abs() < 1e-12);
    }

    #[test]
    fn one_more_point_never_makes_the_robot_faster(
        ranges in prop::collection::vec(0.25_f64..2.0, 60..200),
        hidden in 0_usize..60,
        (v, omega) in (-1.0_f64..1.0, -1.5_f64..1.5),
    ) {
        let mut monitor = monitor(&MonitorSettings::default(), &DISC);
        let mut seen = scan(|_| 1.0);
        seen.angle_increment = 0.02;
        seen.ranges = ranges.iter().map(|&range| range as f32).collect();
        let all = after(&mut monitor, &seen, Twist::new(v, omega));
        seen.ranges[hidden] = f32::INFINITY;
        let fewer = after(&mut monitor, &seen, Twist::new(v, omega));
        prop_assert!(all.linear.abs() <= fewer.linear.abs() + 1e-9);
    }

    #[test]
    fn a_robot_that_charges_at_a_wall_is_stopped_before_it(
        from_m in 0.9_f64..3.0,
        speed in 0.1_f64..1.0,
        is_disc in any::<bool>(),
    ) {
        let footprint = if is_disc { DISC } else { BOX };
        let mut monitor = monitor(&MonitorSettings::default(), &footprint);
        let front_m = if is_disc { 0.3 } else { 0.254 };
        let (mut x, mut v, period_s) = (0.0, speed, 0.05);
        for tick in 0..700 {
            let now = Stamp::from_secs(f64::from(tick) * period_s);
            monitor.observe(now, Pose2::IDENTITY, &wall_ahead(from_m - x));
            let sent = monitor.limit(now, Twist::new(speed, 0.0), Twist::new(v, 0.0));
            // the base brakes no harder than its limit, whatever it is told
            v = sent.linear.max(v - Limits::default().deceleration_max_mps2 * period_s);
            x += v * period_s;
            prop_assert!(x + front_m < from_m, "{x} {v} before {from_m}");
        }
        prop_assert!(x + front_m > from_m - 0.15, "stopped {} m early", from_m - x - front_m);
    }

    #[test]
    fn the_monitor_has_no_effect_in_gaps_ten_centimetres_wider_than_the_robot(
        aside_m in -0.03_f64..0.03,
        yaw_rate in -0.1_f64..0.1,
        speed in 0.05_f64..0.5,
        is_disc in any::<bool>(),
    ) {
        let (footprint, half_m) = if is_disc { (DISC, 0.3) } else { (BOX, 0.215) };
        let mut monitor = monitor(&MonitorSettings::default(), &footprint);
        let walls = corridor(half_m + 0.05 - aside_m, half_m + 0.05 + aside_m, 0.01);
        let command = Twist::new(speed, yaw_rate);
        prop_assert_eq!(after(&mut monitor, &walls, command), command);
    }
}

#[test]
fn a_robot_two_centimetres_beside_a_wall_may_drive_along_it_turn_and_back_out() {
    for footprint in [DISC, BOX] {
        let half_m = footprint.inscribed_radius_m();
        let mut monitor = monitor(&MonitorSettings::default(), &footprint);
        let beside = corridor(half_m + 0.02, 3.0, 0.0);
        for command in [Twist::new(0.5, 0.0), Twist::new(-0.3, 0.0)] {
            assert_eq!(after(&mut monitor, &beside, command), command);
        }
    }
    // a wall half a centimetre ahead: only the way there is closed
    let mut monitor = monitor(&MonitorSettings::default(), &DISC);
    let ahead = wall_ahead(0.305);
    assert_eq!(
        after(&mut monitor, &ahead, Twist::new(0.2, 0.0)),
        Twist::ZERO
    );
    assert_eq!(
        monitor.finding().unwrap().cause,
        MonitorCause::Zone(0),
        "the stop zone"
    );
    for command in [Twist::new(-0.2, 0.3), Twist::new(0.0, 1.0)] {
        assert_eq!(after(&mut monitor, &ahead, command), command);
    }
}

#[test]
fn fewer_points_than_the_threshold_are_noise() {
    let mut monitor = monitor(&MonitorSettings::default(), &DISC);
    let mut seen = scan(|_| f64::INFINITY);
    for beam in 480..483 {
        seen.ranges[beam] = 0.35;
    }
    let command = Twist::new(0.8, 0.0);
    assert_eq!(after(&mut monitor, &seen, command), command);
    seen.ranges[483] = 0.35;
    assert!(after(&mut monitor, &seen, command).linear < 0.5);
}

#[test]
fn slowdown_and_limit_scale_the_command_while_their_zone_is_occupied() {
    let ahead = ZoneShape::Polygon {
        points: vec![[0.3, 0.3], [1.0, 0.3], [1.0, -0.3], [0.3, -0.3]],
    };
    let command = Twist::new(0.8, 0.4);
    let slowdown = with(ZoneAction::Slowdown { factor: 0.5 }, ahead.clone());
    let mut slowed = monitor(&slowdown, &DISC);
    assert_eq!(
        after(&mut slowed, &wall_ahead(0.9), command),
        Twist::new(0.4, 0.2)
    );
    assert_eq!(after(&mut slowed, &wall_ahead(1.1), command), command);
    let limit = ZoneAction::Limit {
        speed_max_mps: 0.4,
        turn_rate_max_radps: 0.1,
    };
    let mut limited = monitor(&with(limit, ahead), &DISC);
    // the turning rate is the tighter: a quarter of both
    assert_eq!(
        after(&mut limited, &wall_ahead(0.9), command),
        Twist::new(0.2, 0.1)
    );
    let slow = Twist::new(0.1, 0.05);
    assert_eq!(after(&mut limited, &wall_ahead(0.9), slow), slow);
}

#[test]
fn a_zone_concerns_its_direction_of_travel_alone_and_may_be_left_out() {
    let circle = ZoneShape::Circle { radius_m: 0.6 };
    let mut settings = with(ZoneAction::Stop, circle);
    settings.zones[0].travel = Travel::Forward;
    let wall = wall_ahead(0.5);
    let (forward, backward) = (Twist::new(0.3, 0.0), Twist::new(-0.3, 0.0));
    let mut ahead = monitor(&settings, &DISC);
    assert_eq!(after(&mut ahead, &wall, forward), Twist::ZERO);
    assert_eq!(after(&mut ahead, &wall, backward), backward);
    settings.zones[0].enabled = false;
    assert_eq!(
        after(&mut monitor(&settings, &DISC), &wall, forward),
        forward
    );
    settings.zones[0].enabled = true;
    settings.enabled = false;
    assert_eq!(
        after(&mut monitor(&settings, &DISC), &wall, forward),
        forward
    );
}

#[test]
fn silent_scanners_and_invalid_scans_stop_the_robot() {
    let mut monitor = monitor(&MonitorSettings::default(), &DISC);
    let command = Twist::new(0.5, 0.0);
    let at = Stamp::from_secs;
    assert_eq!(monitor.limit(at(0.0), command, command), Twist::ZERO);
    let free = scan(|_| f64::INFINITY);
    let front = Pose2::new(0.2, 0.0, 0.0);
    let rear = Pose2::new(-0.2, 0.0, 3.0);
    monitor.observe(at(0.0), front, &free);
    monitor.observe(at(0.0), rear, &free);
    assert_eq!(monitor.limit(at(1.9), command, command), command);
    // a scan of NaN is none, and one scanner does not speak for the other
    monitor.observe(at(1.5), front, &free);
    monitor.observe(at(1.5), rear, &scan(|_| f64::NAN));
    assert_eq!(monitor.limit(at(2.1), command, command), Twist::ZERO);
    let silent = monitor.finding().unwrap().cause;
    assert_eq!(silent, MonitorCause::Silent { age_s: 2.1 });
    monitor.observe(at(2.1), rear, &free);
    assert_eq!(monitor.limit(at(2.1), command, command), command);
    // a zero command needs no scan
    assert_eq!(monitor.limit(at(9.0), Twist::ZERO, command), Twist::ZERO);
    assert_eq!(monitor.finding(), None);
}

#[test]
fn a_mounting_that_was_wrong_for_a_while_does_not_count_as_a_scanner_that_fell_silent() {
    let mut monitor = monitor(&MonitorSettings::default(), &DISC);
    let command = Twist::new(0.5, 0.0);
    let free = scan(|_| f64::INFINITY);
    let (right, wrong) = (Pose2::IDENTITY, Pose2::new(0.0, 0.0, 0.2));
    for tick in 0..160 {
        let now = Stamp::from_secs(0.05 * f64::from(tick));
        let is_wrong = (60..100).contains(&tick);
        monitor.observe(now, if is_wrong { wrong } else { right }, &free);
        assert_eq!(monitor.limit(now, command, command), command, "{tick}");
    }
}

#[test]
fn points_come_nearer_while_the_robot_drives_on_an_old_scan() {
    let mut monitor = monitor(&MonitorSettings::default(), &DISC);
    let command = Twist::new(0.6, 0.0);
    monitor.observe(Stamp(0), Pose2::IDENTITY, &wall_ahead(0.6));
    let share = |monitor: &mut Monitor, age_s| {
        monitor.limit(Stamp::from_secs(age_s), command, command);
        monitor.finding().map_or(1.0, |finding| finding.share)
    };
    let fresh = share(&mut monitor, 0.0);
    let old = share(&mut monitor, 0.3);
    assert!(fresh == 1.0 && old < 0.8, "{fresh} {old}");
}

#[test]
fn invalid_zones_are_rejected_with_their_flaw() {
    let refused = |action, shape| {
        Monitor::new(&with(action, shape), &DISC, &Limits::default())
            .unwrap_err()
            .to_string()
    };
    let circle = |radius_m| ZoneShape::Circle { radius_m };
    assert_eq!(
        refused(ZoneAction::Stop, circle(-1.0)),
        "monitor.zones.shape.radius_m is -1: expected above 0, at most 20 m"
    );
    let line = vec![[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]];
    assert!(refused(ZoneAction::Stop, ZoneShape::Polygon { points: line }).contains("an area"));
    let slowdown = ZoneAction::Slowdown { factor: 1.5 };
    assert!(refused(slowdown, circle(1.0)).contains("0 to 1"));
    let never = ZoneAction::Approach {
        time_before_collision_s: f64::NAN,
    };
    assert!(refused(never, circle(1.0)).contains("0.01 to 10 s"));
    let inverted = ZoneShape::Footprint {
        padding_m: -0.3,
        ahead_m: 0.0,
    };
    assert!(refused(ZoneAction::Stop, inverted).contains("inscribed radius"));
    let mut twice = with(ZoneAction::Stop, circle(1.0));
    twice.zones.push(twice.zones[0].clone());
    let error = Monitor::new(&twice, &DISC, &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("no other zone"));
}

#[test]
fn a_scan_out_of_order_has_no_effect_and_a_clock_set_back_does() {
    let mut monitor = monitor(&MonitorSettings::default(), &DISC);
    let command = Twist::new(0.5, 0.0);
    let at = Stamp::from_secs;
    monitor.observe(at(100.0), Pose2::IDENTITY, &wall_ahead(0.305));
    monitor.observe(at(99.9), Pose2::IDENTITY, &wall_ahead(5.0));
    assert_eq!(monitor.limit(at(100.0), command, Twist::ZERO), Twist::ZERO);
    monitor.observe(at(50.0), Pose2::IDENTITY, &wall_ahead(5.0));
    assert_eq!(monitor.limit(at(50.0), command, Twist::ZERO), command);
}
