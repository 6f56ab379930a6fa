//! A drive before a doorway, as messages that a test may spoil, and the program that reads it.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use launch::SimulatedRobot;
use perception::{Pose2, Stamp, Twist};
use recordings::definitions::{Definition, LASER_SCAN, ODOMETRY, TF_MESSAGE};
use recordings::messages::{LaserScanMessage, OdometryMessage, Transforms};
use recordings::{BagWriter, cdr};
use serde_json::Value;
use tempfile::TempDir;

use super::messages;

/// Scans of the drive, 0.1 s apart.
pub const SCANS: usize = 30;
/// Time of the first message, s.
pub const BEGIN_S: f64 = 1000.0;

/// Topic, time of recording, and bytes of a message.
pub type Row = (String, Stamp, Vec<u8>);

/// A drive of three seconds straight ahead.
#[derive(Clone)]
pub struct Drive {
    pub fixed: Transforms,
    pub moving: Vec<(f64, Transforms)>,
    pub odometry: Vec<(f64, OdometryMessage)>,
    pub scans: Vec<(f64, LaserScanMessage)>,
    /// Namespace of all topics.
    pub space: &'static str,
    pub base_from_lidar: Pose2,
}

impl Drive {
    pub fn new() -> Self {
        let mut robot = SimulatedRobot::before_doorway("round", 12).unwrap();
        let base_from_lidar = robot.base_from_lidar();
        let mut this = Self {
            fixed: messages::link(BEGIN_S, "base_link", "laser", base_from_lidar),
            moving: Vec::new(),
            odometry: Vec::new(),
            scans: Vec::new(),
            space: "",
            base_from_lidar,
        };
        for step in 0..2 * SCANS {
            robot.advance(Twist::new(0.2, 0.0), 0.05);
            let now_s = BEGIN_S + robot.time_s();
            this.odometry
                .push((now_s, messages::odometry(&robot, now_s)));
            if step % 2 == 0 {
                this.scans.push((now_s, messages::scan(&mut robot, now_s)));
            }
        }
        this
    }

    /// All messages in the order of recording: topic, time and bytes.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut push = |topic: &str, at_s: f64, bytes: Vec<u8>| {
            rows.push((
                format!("{}/{topic}", self.space),
                Stamp::from_secs(at_s),
                bytes,
            ));
        };
        push("tf_static", BEGIN_S, cdr::encode(&self.fixed).unwrap());
        for (at_s, message) in &self.moving {
            push("tf", *at_s, cdr::encode(message).unwrap());
        }
        for (at_s, message) in &self.odometry {
            push("odom", *at_s, cdr::encode(message).unwrap());
        }
        for (at_s, message) in &self.scans {
            push("scan", *at_s, cdr::encode(message).unwrap());
        }
        rows.sort_by_key(|(_, at, _)| *at);
        rows
    }

    /// The recording as an MCAP file.
    pub fn bytes(&self) -> Vec<u8> {
        self.recorded(self.rows())
    }

    /// These messages as an MCAP file.
    pub fn recorded(&self, rows: Vec<Row>) -> Vec<u8> {
        self.recorded_with(&[], rows)
    }

    /// These messages, also of other topics, as an MCAP file.
    pub fn recorded_with(&self, others: &[(&str, Definition)], mut rows: Vec<Row>) -> Vec<u8> {
        rows.sort_by_key(|(_, at, _)| *at);
        let mut sink = Cursor::new(Vec::new());
        let mut writer = BagWriter::begin(&mut sink).unwrap();
        for (topic, kind) in [
            ("tf_static", TF_MESSAGE),
            ("tf", TF_MESSAGE),
            ("odom", ODOMETRY),
            ("scan", LASER_SCAN),
        ] {
            writer
                .topic(&format!("{}/{topic}", self.space), &kind)
                .unwrap();
        }
        for (topic, kind) in others {
            writer.topic(topic, kind).unwrap();
        }
        for (topic, at, bytes) in rows {
            writer.bytes(&topic, at, at, &bytes).unwrap();
        }
        writer.finish().unwrap();
        sink.into_inner()
    }
}

/// A directory of inputs.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// What came of a command.
#[derive(Debug)]
pub struct Ended {
    pub status: i32,
    /// What it said to people.
    pub said: String,
    /// Its figures.
    pub figures: Value,
}

impl Ended {
    fn of(arguments: &[&str], input: &Path) -> Self {
        let output = Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
            .arg(arguments[0])
            .arg(input)
            .args(&arguments[1..])
            .args(["--json", "-"])
            .output()
            .unwrap();
        Self {
            status: output.status.code().unwrap(),
            said: String::from_utf8(output.stderr).unwrap(),
            figures: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        }
    }

    /// The map of an input.
    pub fn map(input: &Path, options: &[&str]) -> Self {
        let out = tempfile::tempdir().unwrap();
        let mut arguments = vec!["map", "--out", out.path().to_str().unwrap()];
        arguments.extend(options);
        Self::of(&arguments, input)
    }

    /// The replay of an input.
    pub fn replay(input: &Path, options: &[&str]) -> Self {
        Self::of(&[&["replay"], options].concat(), input)
    }

    /// Figures of a command that ended well.
    pub fn good(&self) -> &Value {
        assert_eq!(self.status, 0, "{}", self.said);
        &self.figures
    }

    /// Asserts that the command refused its input and said these words.
    pub fn refused(&self, words: &[&str]) {
        assert_eq!(self.status, 3, "{}", self.said);
        for word in words {
            assert!(self.said.contains(word), "{word:?} in {}", self.said);
        }
    }
}

/// What tells one map from another.
pub fn outline(figures: &Value) -> Vec<Value> {
    ["scans", "size_m", "occupied_cells", "free_cells"]
        .map(|field| figures[field].clone())
        .to_vec()
}
