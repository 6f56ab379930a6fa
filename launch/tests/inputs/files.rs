//! Files of recordings by whatever name, with whatever metadata; logs; files of other kinds.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use perception::Stamp;
use recordings::BagWriter;
use recordings::definitions::{Definition, LASER_SCAN};

use super::drive::{Drive, Ended, Place, SCANS};

fn metadata(version: u32, storage: &str, files: &[&str]) -> String {
    let files: Vec<String> = files.iter().map(|file| format!("    - {file}\n")).collect();
    let files = files.concat();
    format!(
        "rosbag2_bagfile_information:\n  version: {version}\n  storage_identifier: \"{storage}\"\n  \
         relative_file_paths:\n{files}"
    )
}

#[test]
fn files_are_found_whatever_metadata_call_them() {
    let bytes = Drive::new().bytes();
    for text in [
        metadata(9, "mcap", &["bag_0.mcap"]),
        metadata(3, "mcap", &["bag/bag_0.mcap"]),
        metadata(2, "mcap", &["old_name/bag_0.mcap"]),
        metadata(3, "mcap", &["/home/robot/bags/bag/bag_0.mcap"]),
        metadata(4, "mcap", &["bag/bag_0.mcap.zstd"]),
        metadata(5, "", &["bag_0.mcap"]),
        metadata(5, "mcap", &["other_0.mcap"]),
        metadata(5, "mcap", &["bag_0.mcap", "bag_1.mcap"]),
        String::new(),
        "\0\0\0\0".to_owned(),
    ] {
        let place = Place::new();
        place.put("bag/bag_0.mcap", &bytes);
        let file = place.put("bag/metadata.yaml", text.as_bytes());
        for path in [place.path("bag"), file] {
            let ended = Ended::map(&path, &[]);
            assert_eq!(ended.good()["scans"], SCANS, "{text}: {ended:?}");
        }
    }
    let place = Place::new();
    place.put("bag/notes.txt", b"a text");
    place.put(
        "bag/metadata.yaml",
        metadata(5, "mcap", &["bag_0.mcap"]).as_bytes(),
    );
    Ended::map(&place.path("bag"), &[]).refused(&["bag_0.mcap", "there are notes.txt"]);
}

#[test]
fn content_decides_and_not_the_name() {
    let place = Place::new();
    let bytes = Drive::new().bytes();
    for name in ["BAG.MCAP", "recording", "recording.log", "bag.db3"] {
        let path = place.put(name, &bytes);
        assert_eq!(Ended::map(&path, &[]).good()["scans"], SCANS, "{name}");
        assert_eq!(Ended::replay(&path, &[]).good()["ticks"], SCANS, "{name}");
    }
    place.put("directory/without_an_ending", &bytes);
    let path = place.path("directory");
    assert_eq!(Ended::map(&path, &[]).good()["scans"], SCANS);
}

#[test]
fn recordings_of_ros_1_are_refused_with_the_converter() {
    let place = Place::new();
    for name in ["old.bag", "old", "old.mcap"] {
        let path = place.put(name, b"#ROSBAG V2.0\nE\0\0\0");
        Ended::map(&path, &[]).refused(&["a bag of ROS 1", "rosbags-convert"]);
        Ended::replay(&path, &[]).refused(&["a bag of ROS 1", "rosbags-convert"]);
    }
    let mut sink = Cursor::new(Vec::new());
    let mut writer = BagWriter::begin(&mut sink).unwrap();
    let ros1 = Definition {
        name: "sensor_msgs/LaserScan",
        ..LASER_SCAN
    };
    writer.topic("/scan", &ros1).unwrap();
    writer
        .bytes("/scan", Stamp(1), Stamp(1), &[0, 1, 0, 0])
        .unwrap();
    writer.finish().unwrap();
    let path = place.put("ros1.mcap", &sink.into_inner());
    Ended::map(&path, &[]).refused(&["messages of ROS 1", "rosbags-convert"]);
    Ended::replay(&path, &[]).refused(&["messages of ROS 1", "rosbags-convert"]);
}

#[test]
fn an_input_of_which_nothing_is_used_is_an_error() {
    let place = Place::new();
    for (name, text) in [
        ("empty.log", ""),
        ("notes.txt", "hello\n"),
        ("odometry.log", "ODOM 0 0 0 0 0 0 1 host 1\n"),
    ] {
        let path = place.put(name, text.as_bytes());
        Ended::map(&path, &[]).refused(&["FLASER, ROBOTLASER1 or RAWLASER1"]);
        Ended::replay(&path, &[]).refused(&["FLASER, ROBOTLASER1 or RAWLASER1"]);
    }
    let wide: Vec<u8> = "FLASER 2 1 1\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes) in [
        ("wide.log", wide),
        ("image.log", b"\x89PNG\r\n\x1a\n\x00\x01".to_vec()),
    ] {
        let path = place.put(name, &bytes);
        for ended in [Ended::map(&path, &[]), Ended::replay(&path, &[])] {
            ended.refused(&["not text", "FLASER, ROBOTLASER1 or RAWLASER1"]);
            let is_control = |letter: char| letter.is_control() && letter != '\n';
            assert!(!ended.said.contains(is_control), "{:?}", ended.said);
        }
    }
    std::fs::create_dir(place.path("nothing")).unwrap();
    Ended::map(&place.path("nothing"), &[]).refused(&["expected metadata.yaml, .db3 or .mcap"]);
    Ended::replay(&place.path("nothing"), &[]).refused(&["expected metadata.yaml, .db3 or .mcap"]);
}

/// Scans of a room of 6 x 4 m from places along its middle, in a kind of line.
fn log(kind: &str) -> String {
    let mut text = "# a log\nPARAM robot_frontlaser_offset 0 host 0\n".to_owned();
    for step in 0..20 {
        let (x, t) = (0.1 * f64::from(step), 0.2 * f64::from(step));
        let ranges: Vec<String> = (0..181)
            .map(|beam| {
                let (sin, cos) = (f64::from(beam) - 90.0).to_radians().sin_cos();
                let wall = 2.0 / sin.abs().max(1e-9);
                let end = (6.0 - x) / cos.max(1e-9);
                format!(" {:.3}", wall.min(end))
            })
            .collect();
        let ranges = ranges.concat();
        text += &format!("ODOM {x} 0 0 0.5 0 0 {t} host {t}\n");
        let head = "0 -1.570796327 3.141592654 0.01745329252 81.9 0.01 0";
        text += &match kind {
            "FLASER" => format!("FLASER 181{ranges} {x} 0 0 {x} 0 0 {t} host {t}\n"),
            "ROBOTLASER1" => format!(
                "ROBOTLASER1 {head} 181{ranges} 0 {x} 0 0 {x} 0 0 0.5 0 0.5 0.5 0.5 {t} host {t}\n"
            ),
            _ => format!("RAWLASER1 {head} 181{ranges} 0 {t} host {t}\n"),
        };
    }
    text
}

#[test]
fn lines_of_all_kinds_make_the_same_map_packed_or_not() {
    let place = Place::new();
    let cells = |ended: &Ended| ended.good()["occupied_cells"].as_f64().unwrap();
    let usual = cells(&Ended::map(
        &place.put("a.log", log("FLASER").as_bytes()),
        &[],
    ));
    for kind in ["FLASER", "ROBOTLASER1", "RAWLASER1"] {
        let text = log(kind);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        for (name, bytes) in [
            ("a.log", text.as_bytes()),
            ("b.log.gz", &packed),
            ("without", &packed),
            ("c.clf", text.replace('\n', "\r\n").as_bytes()),
        ] {
            let path = place.put(name, bytes);
            let ended = Ended::map(&path, &[]);
            assert_eq!(ended.good()["scans"], 20, "{kind} {name}");
            assert!((cells(&ended) / usual - 1.0).abs() < 0.02, "{kind} {name}");
            assert_eq!(
                Ended::replay(&path, &[]).good()["ticks"],
                20,
                "{kind} {name}"
            );
        }
        let cut = &text.as_bytes()[..text.len() - 300];
        let ended = Ended::map(&place.put("cut.log", cut), &[]);
        assert_eq!(ended.good()["scans"], 19, "{kind}");
        assert!(
            ended.said.contains("1 lines of scans were left out"),
            "{ended:?}"
        );
        let torn = &packed[..packed.len() - 40];
        let ended = Ended::map(&place.put("torn.log.gz", torn), &[]);
        assert!(ended.good()["scans"].as_u64() >= Some(15), "{kind}");
        assert!(ended.said.contains("cannot be read"), "{ended:?}");
    }
}
