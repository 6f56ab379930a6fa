//! Recordings: a round trip is lossless, a drive gives the same bytes, damage is rejected by name.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::OnceLock;
use std::time::Duration;

use controller::{Agent, ControllerSettings, Goal, Plan};
use mcap::records::MessageHeader;
use perception::{LaserScan, Odometry, Point2, Pose2, SensorEvent, Stamp, Twist};
use proptest::prelude::*;
use recordings::RecordingError;
use sim::{DriveSettings, Expert, RobotModel, Scenario, drive};
use training::{About, Demonstration, DemonstrationError, Entry, ReadSettings, Record, Recorder};

fn written(demonstration: &Demonstration) -> Vec<u8> {
    let mut sink = Cursor::new(Vec::new());
    demonstration.write(&mut sink).unwrap();
    sink.into_inner()
}

fn read(bytes: &[u8]) -> Result<Demonstration, DemonstrationError> {
    Demonstration::read(bytes, &ReadSettings::default())
}

/// A demonstration with one message of each type.
fn small() -> Demonstration {
    let at = |seconds: f64, record: Record| Entry {
        arrival: Stamp::from_secs(seconds),
        stamp: Stamp::from_secs(seconds - 0.01),
        record,
    };
    let odometry = |x: f64| {
        Record::Sensor(SensorEvent::Odometry(Odometry::level(
            Pose2::new(x, -0.5, 2.5),
            Twist::new(0.4, -0.2),
        )))
    };
    let scan = SensorEvent::Scan {
        base_from_lidar: Pose2::new(0.15, 0.0, 0.5),
        scan: LaserScan {
            angle_min: -1.5,
            angle_increment: 0.25,
            time_increment: 0.0,
            range_min: 0.125,
            range_max: 20.0,
            ranges: vec![1.0, f32::INFINITY, f32::NAN, f32::NEG_INFINITY, 2.5],
        },
    };
    Demonstration {
        about: About {
            scenario: "lane".to_owned(),
            seed: u64::MAX,
            robot: "round".to_owned(),
            driver: "expert".to_owned(),
            reached: true,
        },
        entries: vec![
            at(
                1.0,
                Record::Goal(Goal {
                    position: Point2::new(3.0, 4.0),
                    yaw: Some(0.7),
                    tolerance_m: 0.25,
                    yaw_tolerance_rad: 0.1,
                }),
            ),
            at(
                1.0,
                Record::Path(vec![Point2::new(0.1, -0.5), Point2::new(3.0, 4.0)]),
            ),
            at(1.0, odometry(0.0)),
            at(1.5, Record::Sensor(scan)),
            at(1.5, odometry(0.1)),
            at(
                1.5,
                Record::Advice(Plan {
                    dt_s: 0.1,
                    states: vec![[0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0]],
                    inputs: vec![[0.5, -0.5]],
                }),
            ),
            at(1.5, Record::Command(Twist::new(0.3, 0.1))),
        ],
    }
}

/// A drive of the expert through a door.
fn driven() -> &'static Demonstration {
    static DRIVEN: OnceLock<Demonstration> = OnceLock::new();
    DRIVEN.get_or_init(|| {
        let situation = Scenario::named("doorway").unwrap().situation(16).unwrap();
        let robot = RobotModel::round();
        let mut settings = ControllerSettings::default();
        settings.planning.enabled = false;
        let expert = Expert::new(&settings, &robot, &situation).unwrap();
        let mut agent = Agent::new(&settings, Box::new(expert)).unwrap();
        let mut recorder = Recorder::new(0.25);
        let episode = drive(
            &situation,
            &robot,
            &DriveSettings::default(),
            &mut agent,
            16,
            &mut || Duration::ZERO,
            &mut |view| recorder.watch_expert(view),
        )
        .unwrap();
        recorder.finish(&episode, &robot.name, "expert")
    })
}

/// Equality to the precision of the format: single precision in scans, half angles in headings.
fn assert_same(a: &Demonstration, b: &Demonstration) {
    assert_eq!(a.about, b.about);
    assert_eq!(a.entries.len(), b.entries.len());
    for (a, b) in a.entries.iter().zip(&b.entries) {
        assert_eq!((a.arrival, a.stamp), (b.arrival, b.stamp));
        let near = |a: Pose2, b: Pose2| {
            assert_eq!((a.x, a.y), (b.x, b.y));
            assert!(perception::wrap_angle(a.yaw - b.yaw).abs() < 1e-12);
        };
        match (&a.record, &b.record) {
            (Record::Goal(a), Record::Goal(b)) => {
                assert_eq!((a.position, a.tolerance_m), (b.position, b.tolerance_m));
                assert_eq!(a.yaw.is_some(), b.yaw.is_some());
                let yaws = a.yaw.unwrap_or_default() - b.yaw.unwrap_or_default();
                assert!(yaws.abs() < 1e-12);
            }
            (Record::Path(a), Record::Path(b)) => assert_eq!(a, b),
            (Record::Command(a), Record::Command(b)) => assert_eq!(a, b),
            (Record::Advice(a), Record::Advice(b)) => assert_eq!(a, b),
            (
                Record::Sensor(SensorEvent::Odometry(a)),
                Record::Sensor(SensorEvent::Odometry(b)),
            ) => {
                near(a.odom_from_base, b.odom_from_base);
                assert_eq!(a.velocity, b.velocity);
            }
            (
                Record::Sensor(SensorEvent::Scan {
                    base_from_lidar: lidar_a,
                    scan: a,
                }),
                Record::Sensor(SensorEvent::Scan {
                    base_from_lidar: lidar_b,
                    scan: b,
                }),
            ) => {
                near(*lidar_a, *lidar_b);
                assert!((a.angle(700) - b.angle(700)).abs() < 1e-5);
                let bits = |scan: &LaserScan| -> Vec<u32> {
                    scan.ranges.iter().map(|range| range.to_bits()).collect()
                };
                assert_eq!(bits(a), bits(b));
            }
            _ => panic!("another kind of message"),
        }
    }
}

#[test]
fn a_round_trip_is_lossless() {
    for demonstration in [&small(), driven()] {
        let bytes = written(demonstration);
        let back = read(&bytes).unwrap();
        assert_same(demonstration, &back);
        // written again it is the same file
        assert_eq!(written(demonstration), bytes);
        assert_same(&read(&written(&back)).unwrap(), demonstration);
    }
}

#[test]
fn files_have_ros2_schemas_and_compressed_chunks() {
    let bytes = written(driven());
    let summary = mcap::Summary::read(&bytes).unwrap().unwrap();
    let topics: Vec<&str> = summary
        .channels
        .values()
        .map(|channel| channel.topic.as_str())
        .collect();
    assert_eq!(topics.len(), 6, "{topics:?}");
    for channel in summary.channels.values() {
        assert_eq!(channel.message_encoding, "cdr");
        let schema = channel.schema.as_ref().unwrap();
        assert_eq!(schema.encoding, "ros2msg");
        assert!(schema.name.contains("/msg/"));
    }
    assert!(!summary.chunk_indexes.is_empty());
    assert!(summary.chunk_indexes.iter().all(|c| c.compression == "lz4"));
}

#[test]
fn every_truncation_is_refused_with_its_place() {
    let bytes = written(&small());
    for length in 0..bytes.len() {
        match read(&bytes[..length]) {
            Err(DemonstrationError::Recording(RecordingError::Container { byte, .. }))
                if byte <= length => {}
            Err(DemonstrationError::Recording(RecordingError::Damaged(damage)))
                if damage.byte == Some(length as u64) => {}
            other => panic!("{length} of {} bytes: {other:?}", bytes.len()),
        }
    }
}

proptest! {
    #[test]
    fn flipped_bits_are_noticed(at in 0.0_f64..1.0, bit in 0_u8..8) {
        static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
        let bytes = BYTES.get_or_init(|| written(&small()));
        let place = (at * bytes.len() as f64) as usize;
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << bit;
        // a checksum covers all relevant bytes: a successful read is correct
        if let Ok(read) = read(&damaged) {
            assert_same(&read, &small());
        }
    }

    #[test]
    fn noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read(&bytes).is_err());
        let mut behind_magic = mcap::MAGIC.to_vec();
        behind_magic.extend(bytes);
        prop_assert!(read(&behind_magic).is_err());
    }

    /// Valid containers with damaged messages cause no panic, and the error names the topic.
    #[test]
    fn damaged_messages_are_refused_by_name(
        topic in 0_usize..7,
        at in 0.0_f64..1.0,
        value in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let (bytes, topic) = repacked(topic, |message| {
            let place = (at * message.len() as f64) as usize;
            if cut {
                message.truncate(place);
            } else if place < message.len() {
                message[place] = value;
            }
        });
        // a renamed frame is missed by its users: the scan, the goal, the path
        if let Err(error) = read(&bytes) {
            let error = error.to_string();
            let missed = ["/scan", "/goal_pose", "/plan"];
            let named = missed.iter().any(|other| error.contains(other));
            prop_assert!(error.contains(topic) || named, "{error}");
        }
    }
}

/// The small demonstration with the first message of a topic damaged.
fn repacked(topic: usize, spoil: impl FnOnce(&mut Vec<u8>)) -> (Vec<u8>, &'static str) {
    let topics = [
        "/tf_static",
        "/scan",
        "/odom",
        "/cmd_vel",
        "/goal_pose",
        "/expert/plan",
        "/plan",
    ];
    let topic = topics[topic];
    let bytes = written(&small());
    let mut writer = mcap::Writer::new(Cursor::new(Vec::new())).unwrap();
    let mut spoil = Some(spoil);
    for message in mcap::MessageStream::new(&bytes).unwrap() {
        let mut message = message.unwrap();
        if message.channel.topic == topic
            && let Some(spoil) = spoil.take()
        {
            spoil(message.data.to_mut());
        }
        writer.write(&message).unwrap();
    }
    writer.finish().unwrap();
    (writer.into_inner().into_inner(), topic)
}

/// The small demonstration with a message of another type on one topic.
fn with_message(topic: &str, kind: &str, encoding: &str, data: &[u8]) -> Vec<u8> {
    let bytes = written(&small());
    let mut writer = mcap::Writer::new(Cursor::new(Vec::new())).unwrap();
    for message in mcap::MessageStream::new(&bytes).unwrap() {
        let message = message.unwrap();
        if message.channel.topic != topic {
            writer.write(&message).unwrap();
        }
    }
    add_message(&mut writer, topic, kind, encoding, data);
    writer.finish().unwrap();
    writer.into_inner().into_inner()
}

fn add_message(
    writer: &mut mcap::Writer<Cursor<Vec<u8>>>,
    topic: &str,
    kind: &str,
    encoding: &str,
    data: &[u8],
) {
    let schema = writer.add_schema(kind, "ros2msg", b"").unwrap();
    let channel = writer
        .add_channel(schema, topic, encoding, &BTreeMap::new())
        .unwrap();
    let header = MessageHeader {
        channel_id: channel,
        sequence: 0,
        log_time: 2_000_000_000,
        publish_time: 0,
    };
    writer.write_to_known_channel(&header, data).unwrap();
}

#[test]
fn errors_name_missing_topics_and_wrong_types() {
    let refusal = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert_eq!(
        refusal(&with_message("/scan", "sensor_msgs/msg/Image", "cdr", &[])),
        "/scan: found sensor_msgs/msg/Image, expected sensor_msgs/msg/LaserScan"
    );
    assert_eq!(
        refusal(&with_message("/odom", "nav_msgs/msg/Odometry", "json", &[])),
        "/odom: found encoding \"json\", expected encoding \"cdr\""
    );
    let mut headless = small();
    headless
        .entries
        .retain(|entry| !matches!(entry.record, Record::Sensor(SensorEvent::Odometry(_))));
    assert_eq!(
        refusal(&written(&headless)),
        "no message on /odom: expected nav_msgs/msg/Odometry"
    );
    let elsewhere = ReadSettings {
        scan: "/front/scan".to_owned(),
        ..ReadSettings::default()
    };
    let error = Demonstration::read(&written(&small()), &elsewhere).unwrap_err();
    assert!(error.to_string().contains("no message on /front/scan"));
    let mut early = small();
    early.entries[2].stamp = Stamp(-1);
    let error = early.write(&mut Cursor::new(Vec::new())).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot write entry 2: its time is")
    );
}

/// A recording of a robot without this program: no metadata, commands without a stamp, no goal and
/// no mounting.
#[test]
fn plain_recordings_are_understood_in_hindsight() {
    let mut twist = vec![0, 1, 0, 0];
    for value in [0.25_f64, 0.0, 0.0, 0.0, 0.0, -0.5] {
        twist.extend(value.to_le_bytes());
    }
    let bytes = written(&small());
    let mut writer = mcap::Writer::new(Cursor::new(Vec::new())).unwrap();
    for message in mcap::MessageStream::new(&bytes).unwrap() {
        let message = message.unwrap();
        if ["/scan", "/odom"].contains(&message.channel.topic.as_str()) {
            writer.write(&message).unwrap();
        }
    }
    add_message(
        &mut writer,
        "/cmd_vel",
        "geometry_msgs/msg/Twist",
        "cdr",
        &twist,
    );
    writer.finish().unwrap();
    let bytes = writer.into_inner().into_inner();
    let error = read(&bytes).unwrap_err().to_string();
    assert_eq!(
        error,
        "/scan, message 0: no transform from frame \"laser\" to \"base_link\": frame \"base_link\" is \
         unknown; known are none"
    );
    let settings = ReadSettings {
        base_from_lidar: Some(Pose2::new(0.15, 0.0, 0.5)),
        ..ReadSettings::default()
    };
    let demonstration = Demonstration::read(&bytes, &settings).unwrap();
    assert!(demonstration.about.reached);
    let (stamp, command) = demonstration.commands().next().unwrap();
    // the time of the latest odometry
    assert_eq!(stamp, Stamp::from_secs(1.49));
    assert_eq!(command, Twist::new(0.25, -0.5));
    let Record::Goal(goal) = demonstration.entries[0].record else {
        panic!("no goal");
    };
    assert_eq!(goal.position, Point2::new(0.1, -0.5));
}
