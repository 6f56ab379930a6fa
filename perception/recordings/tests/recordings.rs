//! Recordings: what goes in comes out of either storage, in order, and noise is refused.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Cursor;

use perception::{PointField, Pose2, Stamp, Twist};
use proptest::prelude::*;
use recordings::messages::{
    CameraInfo, Header, ImageMessage, LaserScanMessage, PathMessage, PointCloud2Message, Pose,
    PoseStamped, RegionOfInterest, RosTwist, Time, TransformStamped, Transforms, TwistStamped,
};
use recordings::{BagReader, BagWriter, McapBag, SqliteBag, cdr, definitions};
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Rows of a bag: topic, time and bytes.
type Row = (usize, i64, Vec<u8>);

const TOPICS: [(&str, definitions::Definition); 3] = [
    ("/scan", definitions::LASER_SCAN),
    ("/cmd_vel", definitions::TWIST),
    ("/points", definitions::POINT_CLOUD2),
];

/// A database as rosbag2 lays it out (`sqlite_storage.cpp`, schema version 3 and before).
fn database(rows: &[Row]) -> Vec<u8> {
    let mut connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, \
             serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);\
             CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, \
             timestamp INTEGER NOT NULL, data BLOB NOT NULL);\
             CREATE INDEX timestamp_idx ON messages (timestamp ASC);",
        )
        .unwrap();
    for (index, (name, kind)) in TOPICS.iter().enumerate() {
        connection
            .execute(
                "INSERT INTO topics VALUES (?1, ?2, ?3, 'cdr', '')",
                (10 + index as i64, name, kind.name),
            )
            .unwrap();
    }
    for (topic, time, data) in rows {
        connection
            .execute(
                "INSERT INTO messages (topic_id, timestamp, data) VALUES (?1, ?2, ?3)",
                (10 + *topic as i64, time, data),
            )
            .unwrap();
    }
    connection.serialize(rusqlite::MAIN_DB).unwrap().to_vec()
}

/// The same rows as MCAP.
fn container(rows: &[Row], compression: Option<mcap::Compression>) -> Vec<u8> {
    let mut writer = mcap::WriteOptions::new()
        .compression(compression)
        .create(Cursor::new(Vec::new()))
        .unwrap();
    let mut channels = Vec::new();
    for (name, kind) in TOPICS {
        let text = kind.whole();
        let schema = writer
            .add_schema(kind.name, "ros2msg", text.as_bytes())
            .unwrap();
        channels.push(
            writer
                .add_channel(schema, name, "cdr", &BTreeMap::default())
                .unwrap(),
        );
    }
    for (topic, time, data) in rows {
        let header = mcap::records::MessageHeader {
            channel_id: channels[*topic],
            sequence: 0,
            log_time: *time as u64,
            publish_time: *time as u64,
        };
        writer.write_to_known_channel(&header, data).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().into_inner()
}

/// Topic, which one on it, arrival and bytes of all messages.
fn all(bag: &mut dyn BagReader) -> Vec<(String, usize, Stamp, Vec<u8>)> {
    let mut messages = Vec::new();
    while let Some(raw) = bag.next_message().unwrap() {
        messages.push((raw.topic.name.clone(), raw.index, raw.arrival, raw.bytes));
    }
    messages
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..40).prop_map(|mut bytes| {
        // what begins as CDR does never begins as zstd
        bytes.splice(0..0, [0, 1, 0, 0]);
        bytes
    });
    prop::collection::vec((0_usize..3, 0_i64..1000, bytes), 0..30)
}

proptest! {
    #[test]
    fn both_storages_hold_the_same(rows in rows(), cut in 0_usize..30, compress: bool) {
        let cut = cut.min(rows.len());
        let packed = |row: &Row| {
            let bytes = zstd::encode_all(row.2.as_slice(), 1).unwrap();
            (row.0, row.1, if compress { bytes } else { row.2.clone() })
        };
        let told: Vec<Row> = rows.iter().map(packed).collect();
        let mut expected: Vec<&Row> = rows.iter().collect();
        expected.sort_by_key(|row| row.1);
        let mut sqlite =
            SqliteBag::from_bytes(vec![database(&told[..cut]), database(&told[cut..])]).unwrap();
        let read = all(&mut sqlite);
        prop_assert_eq!(read.len(), rows.len());
        for (read, expected) in read.iter().zip(expected) {
            prop_assert_eq!(&read.0, TOPICS[expected.0].0);
            prop_assert_eq!(read.2, Stamp(expected.1));
            prop_assert_eq!(&read.3, &expected.2);
        }
        for compression in [None, Some(mcap::Compression::Lz4), Some(mcap::Compression::Zstd)] {
            let files = [container(&told[..cut], compression), container(&told[cut..], compression)];
            let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
            let mut mcap = McapBag::from_bytes(&files, |_| true).unwrap();
            prop_assert_eq!(&all(&mut mcap), &read);
            for topic in mcap.topics() {
                let other = sqlite.topics().iter().find(|other| other.name == topic.name);
                prop_assert_eq!(Some(topic), other);
            }
        }
        // from the beginning again, of two topics alone
        sqlite.select(&["/scan", "/points"]);
        let some = all(&mut sqlite);
        let kept = read.iter().filter(|message| message.0 != "/cmd_vel");
        prop_assert!(some.iter().eq(kept));
    }

    #[test]
    fn damaged_databases_do_not_panic(
        rows in rows(), at in 0.0_f64..1.0, value: u8, cut in 0.0_f64..1.0,
    ) {
        let whole = database(&rows);
        let mut damaged = whole.clone();
        damaged[(at * whole.len() as f64) as usize] = value;
        let cut = whole[..(cut * whole.len() as f64) as usize].to_vec();
        for bytes in [damaged, cut] {
            if let Ok(mut bag) = SqliteBag::from_bytes(vec![bytes]) {
                while let Ok(Some(_)) = bag.next_message() {}
            }
        }
    }

    #[test]
    fn noise_is_no_recording(bytes in prop::collection::vec(any::<u8>(), 1..600)) {
        prop_assert!(SqliteBag::from_bytes(vec![bytes.clone()]).is_err());
        prop_assert!(McapBag::from_bytes(&[&bytes], |_| true).is_err());
        let mut behind_magic = b"SQLite format 3\0".to_vec();
        behind_magic.extend(&bytes);
        prop_assert!(SqliteBag::from_bytes(vec![behind_magic]).is_err());
        let mut behind_magic = mcap::MAGIC.to_vec();
        behind_magic.extend(&bytes);
        prop_assert!(McapBag::from_bytes(&[&behind_magic], |_| true).is_err());
    }

    /// No message of any type makes a decoder panic or hoard memory, in either byte order.
    #[test]
    fn noise_is_no_message(
        order in 0_u8..2, bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut message = vec![0, order, 0, 0];
        message.extend(bytes);
        let _ = cdr::decode::<LaserScanMessage>("/x", 0, &message);
        let _ = cdr::decode::<PointCloud2Message>("/x", 0, &message);
        let _ = cdr::decode::<ImageMessage>("/x", 0, &message);
        let _ = cdr::decode::<CameraInfo>("/x", 0, &message);
        let _ = cdr::decode::<Transforms>("/x", 0, &message);
        let _ = cdr::decode::<PathMessage>("/x", 0, &message);
    }

    #[test]
    fn messages_survive_their_bytes(
        data in prop::collection::vec(any::<u8>(), 0..50),
        numbers in prop::collection::vec(any::<f32>(), 0..20),
        d in prop::collection::vec(-1.0_f64..1.0, 0..6),
        k: [f64; 9],
        text in "[a-z_]{0,9}",
        (sec, nanosec) in (any::<i32>(), 0_u32..1_000_000_000),
        size in (any::<u32>(), any::<u32>()),
        flag: bool,
    ) {
        let header = Header { stamp: Time { sec, nanosec }, frame_id: text.clone() };
        let numbers: Vec<f32> = numbers.into_iter().filter(|x| !x.is_nan()).collect();
        let k = k.map(|x| if x.is_nan() { 0.0 } else { x });
        same(&LaserScanMessage {
            header: header.clone(),
            angle_min: -1.0, angle_max: 1.0, angle_increment: 0.1, time_increment: 0.0,
            scan_time: 0.1, range_min: 0.1, range_max: 9.0,
            ranges: numbers.clone(), intensities: numbers,
        });
        same(&PointCloud2Message {
            header: header.clone(),
            height: size.0, width: size.1,
            fields: vec![
                PointField { name: text.clone(), offset: 4, datatype: 7, count: 1 },
                PointField { name: String::new(), offset: 0, datatype: 2, count: 3 },
            ],
            is_bigendian: flag, point_step: size.0, row_step: size.1,
            data: data.clone(), is_dense: !flag,
        });
        same(&ImageMessage {
            header: header.clone(),
            height: size.0, width: size.1, encoding: text.clone(),
            is_bigendian: 1, step: size.1, data,
        });
        same(&CameraInfo {
            header: header.clone(),
            height: size.0, width: size.1, distortion_model: text.clone(),
            d, k, r: k, p: [0.5; 12], binning_x: 1, binning_y: 2,
            roi: RegionOfInterest { x_offset: 1, do_rectify: flag, ..Default::default() },
        });
        let pose = Pose::from(Pose2::new(1.0, 2.0, 0.5));
        same(&PathMessage {
            header: header.clone(),
            poses: vec![PoseStamped { header: header.clone(), pose }; 3],
        });
        same(&Transforms {
            transforms: vec![TransformStamped {
                header, child_frame_id: text, transform: pose,
            }],
        });
    }
}

/// Little-endian as this program writes, big-endian as others may.
fn same<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(message: &T) {
    let little = cdr::encode(message).unwrap();
    assert_eq!(&cdr::decode::<T>("/x", 0, &little).unwrap(), message);
    let mut big = vec![0, 0, 0, 0];
    cdr_encoding::to_writer::<_, byteorder::BigEndian, _>(&mut big, message).unwrap();
    assert_eq!(&cdr::decode::<T>("/x", 0, &big).unwrap(), message);
}

#[test]
fn a_round_trip_is_lossless() {
    let mut sink = Cursor::new(Vec::new());
    let mut writer = BagWriter::begin(&mut sink).unwrap();
    let message = TwistStamped {
        header: Header::default(),
        twist: RosTwist::from(Twist::new(0.5, -1.0)),
    };
    writer
        .topic("/cmd_vel", &definitions::TWIST_STAMPED)
        .unwrap();
    let at = Stamp::from_secs(2.0);
    writer.message("/cmd_vel", at, at, &message).unwrap();
    let early = writer
        .message("/cmd_vel", Stamp(-1), at, &message)
        .unwrap_err();
    assert!(
        early.to_string().contains("expected 0 s or later"),
        "{early}"
    );
    assert!(writer.message("/other", at, at, &message).is_err());
    writer.finish().unwrap();
    let bytes = sink.into_inner();
    let mut bag = McapBag::from_bytes(&[&bytes], |_| true).unwrap();
    let raw = bag.next_message().unwrap().unwrap();
    assert_eq!(raw.arrival, at);
    assert_eq!(raw.decode::<TwistStamped>().unwrap(), message);
    assert!(bag.next_message().unwrap().is_none());
    let topic = &bag.topics()[0];
    assert!(topic.expect(&["geometry_msgs/msg/TwistStamped"]).is_ok());
    let message = topic.expect(&["nav_msgs/msg/Odometry"]).unwrap_err();
    assert_eq!(
        message.to_string(),
        "/cmd_vel: found geometry_msgs/msg/TwistStamped, expected nav_msgs/msg/Odometry"
    );
}

#[test]
fn databases_of_others_are_refused_by_name() {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE t(id)").unwrap();
    let bytes = connection.serialize(rusqlite::MAIN_DB).unwrap().to_vec();
    let message = SqliteBag::from_bytes(vec![bytes]).unwrap_err().to_string();
    assert!(message.contains("table topics"), "{message}");
    // a database that was written with a log beside it
    let mut logged = database(&[(0, 5, vec![0, 1, 0, 0])]);
    logged[18..20].fill(2);
    let mut bag = SqliteBag::from_bytes(vec![logged]).unwrap();
    assert_eq!(bag.next_message().unwrap().unwrap().arrival, Stamp(5));
}
