//! `map`, `replay` and the node accept and refuse the same messages for the same reasons.

use std::collections::BTreeMap;

use perception::Stamp;
use proptest::prelude::*;
use recordings::messages::{Header, LaserScanMessage, OdometryMessage, Pose};
use runtime::Driver;
use runtime::RobotConfig;
use runtime::node::{FaultClass, Pilot, RawInput, Source};
use serde_json::Value;

use super::drive::{BEGIN_S, Drive, Ended, Place, Row, SCANS};
use super::messages;

/// What may be wrong with a message.
#[derive(Debug, Clone)]
enum Flaw {
    /// It was recorded that much later, s.
    Recorded(f64),
    /// It is stamped that much later, s.
    Stamped(f64),
    /// It is stamped 0.
    Unstamped,
    /// It has another frame.
    Frame(&'static str),
    /// Odometry is of another frame.
    Child(&'static str),
    /// A number of it is this: of a scan by its place, of a pose its x.
    Number(usize, f64),
    /// A scan of so many readings.
    Readings(usize),
    /// A scan that takes so long from reading to reading, s.
    Sweep(f32),
    /// A quaternion of another length.
    Rotation(f64),
    /// It is not there.
    Dropped,
    /// It is there twice.
    Twice,
}

fn flaw() -> impl Strategy<Value = Flaw> {
    let frames = || {
        prop::sample::select(vec![
            "",
            "/odom",
            "odom",
            "laser",
            "base_link",
            "nowhere",
            "wheel",
        ])
    };
    let odd = prop::sample::select(vec![0.0, -1.0, 1e-3, 1e7, 1e300, f64::NAN, f64::INFINITY]);
    prop_oneof![
        (-2.0_f64..2.0).prop_map(Flaw::Recorded),
        (-4.0_f64..4.0).prop_map(Flaw::Stamped),
        (-0.2_f64..0.2).prop_map(Flaw::Stamped),
        Just(Flaw::Unstamped),
        frames().prop_map(Flaw::Frame),
        frames().prop_map(Flaw::Child),
        (0_usize..6, odd).prop_map(|(place, value)| Flaw::Number(place, value)),
        prop::sample::select(vec![0, 1, 20_001]).prop_map(Flaw::Readings),
        (0.0_f32..0.01).prop_map(Flaw::Sweep),
        (0.0_f64..2.0).prop_map(Flaw::Rotation),
        Just(Flaw::Dropped),
        Just(Flaw::Twice),
    ]
}

/// Which messages have which flaws: transforms that are fixed, that move, odometry, scans.
fn flaws() -> impl Strategy<Value = Vec<(usize, usize, Flaw)>> {
    let kinds = prop_oneof![1 => Just(0_usize), 3 => Just(1), 6 => Just(2), 6 => Just(3)];
    prop::collection::vec((kinds, 0..2 * SCANS, flaw()), 0..16)
}

fn restamp(header: &mut Header, flaw: &Flaw) {
    match flaw {
        Flaw::Stamped(later_s) => {
            let stamp = Stamp::from(header.stamp);
            header.stamp = Stamp::from_secs(stamp.as_secs() + later_s).into();
        }
        Flaw::Unstamped => header.stamp = Stamp(0).into(),
        Flaw::Frame(frame) => (*frame).clone_into(&mut header.frame_id),
        _ => {}
    }
}

fn bend(pose: &mut Pose, flaw: &Flaw) {
    match flaw {
        Flaw::Number(_, value) => pose.position.x = *value,
        Flaw::Rotation(length) => pose.orientation.w *= length,
        _ => {}
    }
}

fn spoil_scan(scan: &mut LaserScanMessage, flaw: &Flaw) {
    restamp(&mut scan.header, flaw);
    match flaw {
        Flaw::Number(place, value) => {
            let value = *value as f32;
            match place {
                0 => scan.angle_min = value,
                1 => scan.angle_increment = value,
                2 => scan.time_increment = value,
                3 => scan.range_min = value,
                4 => scan.range_max = value,
                _ => scan.ranges.fill(value),
            }
        }
        Flaw::Readings(count) => scan.ranges.resize(*count, 1.0),
        Flaw::Sweep(step_s) => scan.time_increment = *step_s,
        _ => {}
    }
}

fn spoil_odometry(odometry: &mut OdometryMessage, flaw: &Flaw) {
    restamp(&mut odometry.header, flaw);
    bend(&mut odometry.pose, flaw);
    if let Flaw::Child(frame) = flaw {
        (*frame).clone_into(&mut odometry.child_frame_id);
    }
}

/// Has something happen to the message of a list.
fn spoil<T: Clone>(
    list: &mut Vec<(f64, T)>,
    place: usize,
    flaw: &Flaw,
    how: impl Fn(&mut T, &Flaw),
) {
    if list.is_empty() {
        return;
    }
    let place = place % list.len();
    match flaw {
        Flaw::Recorded(later_s) => list[place].0 += later_s,
        Flaw::Dropped => drop(list.remove(place)),
        Flaw::Twice => list.insert(place, list[place].clone()),
        _ => how(&mut list[place].1, flaw),
    }
}

fn spoilt(flaws: &[(usize, usize, Flaw)]) -> Drive {
    let mut drive = Drive::new();
    for step in 0..SCANS {
        let at_s = BEGIN_S + 0.1 * step as f64;
        let link = messages::link(at_s, "base_link", "wheel", drive.base_from_lidar);
        drive.moving.push((at_s, link));
    }
    for (kind, place, flaw) in flaws {
        match kind {
            0 | 1 => {
                let how = |message: &mut recordings::messages::Transforms, flaw: &Flaw| {
                    for link in &mut message.transforms {
                        restamp(&mut link.header, flaw);
                        bend(&mut link.transform, flaw);
                        if let Flaw::Child(frame) = flaw {
                            (*frame).clone_into(&mut link.child_frame_id);
                        }
                    }
                };
                if *kind == 0 {
                    how(&mut drive.fixed, flaw);
                } else {
                    spoil(&mut drive.moving, *place, flaw, how);
                }
            }
            2 => spoil(&mut drive.odometry, *place, flaw, spoil_odometry),
            _ => spoil(&mut drive.scans, *place, flaw, spoil_scan),
        }
    }
    drive
}

/// Messages that the node refuses, by reason, told in the order of recording.
fn refused_by_node(rows: &[Row]) -> BTreeMap<&'static str, u64> {
    let config = RobotConfig::load("round", None, &[]).unwrap();
    let mut pilot = Pilot::new(&config, &Driver::Regular).unwrap();
    let source = |topic: &str| match topic {
        "/tf_static" => Source::FixedTransforms,
        "/tf" => Source::Transforms,
        "/odom" => Source::Odometry,
        _ => Source::Scan,
    };
    // fixed transforms are latched
    for fixed in [true, false] {
        for (topic, arrival, bytes) in rows {
            let raw = RawInput {
                source: source(topic),
                arrival: *arrival,
                bytes: bytes.clone(),
            };
            if (raw.source == Source::FixedTransforms) == fixed {
                let _ = pilot.take(topic, &raw, *arrival); // counted
            }
        }
    }
    pilot.give_up();
    let faults = pilot.faults();
    FaultClass::ALL
        .map(|class| (class.name(), faults.of(class)))
        .into()
}

/// The notes about messages that were left out.
fn left_out(figures: &Value) -> Vec<&str> {
    let notes = figures["notes"].as_array().unwrap().iter();
    let notes = notes.filter_map(Value::as_str);
    notes.filter(|note| note.contains(" left out (")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 60, ..ProptestConfig::default() })]
    #[test]
    fn map_replay_and_node_refuse_the_same_messages_for_the_same_reasons(
        flaws in flaws(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..200), 0..4),
    ) {
        let drive = spoilt(&flaws);
        let mut rows = drive.rows();
        for (row, length) in cuts {
            let place = row.index(rows.len());
            rows[place].2.truncate(length);
        }
        let by_node = refused_by_node(&rows);
        let place = Place::new();
        let path = place.put("bag.mcap", &drive.recorded(rows));
        let (map, replay) = (Ended::map(&path, &[]), Ended::replay(&path, &[]));
        prop_assert_eq!(map.status, replay.status, "{:?} {:?}", map, replay);
        if map.status != 0 {
            prop_assert_eq!(map.status, 3, "{:?}", map);
            return Ok(());
        }
        let [map, replay] = [&map.figures, &replay.figures];
        prop_assert_eq!(&map["refused_messages"], &serde_json::json!(by_node));
        for field in ["refused_messages", "accepted_messages"] {
            prop_assert_eq!(&map[field], &replay[field]);
        }
        prop_assert_eq!(left_out(map), left_out(replay));
        // what is accepted is used
        prop_assert_eq!(&map["scans"], &map["accepted_messages"]["/scan"]);
    }
}

#[test]
fn a_scan_before_odometry_and_one_after_it_are_refused_for_their_time() {
    let place = Place::new();
    let mut drive = Drive::new();
    let (first, last) = (drive.scans[0].0, drive.scans[SCANS - 1].0);
    drive
        .odometry
        .retain(|(at_s, _)| (first + 0.35..last - 0.35).contains(at_s));
    let path = place.put("bag.mcap", &drive.bytes());
    let [map, replay] = [Ended::map(&path, &[]), Ended::replay(&path, &[])];
    let [map, replay] = [map.good(), replay.good()];
    // 0.1 s apart: 0 to 0.3 s before, and behind what is carried on for 0.1 s
    let refused = map["refused_messages"]["time"].as_u64().unwrap();
    assert!((6..=8).contains(&refused), "{map}");
    assert_eq!(map["left_out"], refused);
    assert_eq!(map["refused_messages"], replay["refused_messages"]);
    assert_eq!(map["accepted_messages"], replay["accepted_messages"]);
}

#[test]
fn a_robot_whose_clock_runs_ahead_of_the_recorder_is_read_by_its_own() {
    let place = Place::new();
    let drive = Drive::new();
    let mut rows = drive.rows();
    for (_, at, _) in &mut rows {
        *at = Stamp(at.0 - 3_000_000_000);
    }
    let path = place.put("bag.mcap", &drive.recorded(rows));
    for ended in [Ended::map(&path, &[]), Ended::replay(&path, &[])] {
        assert_eq!(ended.good()["accepted_messages"]["/scan"], SCANS);
    }
}

#[test]
fn mountings_that_were_recorded_late_hold_from_the_beginning() {
    let place = Place::new();
    let drive = Drive::new();
    let mut rows = drive.rows();
    for (topic, at, _) in &mut rows {
        if topic == "/tf_static" {
            *at = Stamp::from_secs(BEGIN_S + 2.0);
        }
    }
    rows.sort_by_key(|(_, at, _)| *at);
    let path = place.put("bag.mcap", &drive.recorded(rows));
    for ended in [Ended::map(&path, &[]), Ended::replay(&path, &[])] {
        assert_eq!(ended.good()["accepted_messages"]["/scan"], SCANS);
    }
}
