//! Recordings that are cut short or damaged, in `map` and `replay`: read up to there, with a note
//! that says how far, and nothing is written beside them.
#![allow(clippy::unwrap_used)]

#[path = "node/messages.rs"]
mod messages;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use launch::SimulatedRobot;
use perception::{Stamp, Twist};
use recordings::definitions::{Definition, LASER_SCAN, ODOMETRY, TF_MESSAGE};
use recordings::{BagReader, BagWriter, cdr};
use runtime::recording::open_recording;
use rusqlite::Connection;
use tempfile::TempDir;

/// Messages between flushes.
const CHUNK: usize = 20;

/// A message: topic, time, bytes.
type Row = (&'static str, Stamp, Vec<u8>);

const TOPICS: [(&str, Definition); 3] = [
    ("/tf_static", TF_MESSAGE),
    ("/odom", ODOMETRY),
    ("/scan", LASER_SCAN),
];

/// Three seconds straight ahead, with 41 scans at 13 Hz and odometry twice as often.
fn drive() -> Vec<Row> {
    let mut robot = SimulatedRobot::before_doorway("round", 12).unwrap();
    let lidar = messages::link(1000.0, "base_link", "laser", robot.base_from_lidar());
    let begin = Stamp::from_secs(1000.0);
    let mut rows = vec![("/tf_static", begin, cdr::encode(&lidar).unwrap())];
    for step in 0..82 {
        robot.advance(Twist::new(0.2, 0.0), 0.04);
        let now_s = 1000.0 + robot.time_s();
        let now = Stamp::from_secs(now_s);
        let odometry = messages::odometry(&robot, now_s);
        rows.push(("/odom", now, cdr::encode(&odometry).unwrap()));
        if step % 2 == 0 {
            let scan = messages::scan(&mut robot, now_s);
            rows.push(("/scan", now, cdr::encode(&scan).unwrap()));
        }
    }
    rows
}

fn container(rows: &[Row]) -> Vec<u8> {
    let mut sink = Cursor::new(Vec::new());
    let mut writer = BagWriter::begin(&mut sink).unwrap();
    for (name, kind) in &TOPICS {
        writer.topic(name, kind).unwrap();
    }
    for (index, (topic, at, bytes)) in rows.iter().enumerate() {
        writer.bytes(topic, *at, *at, bytes).unwrap();
        if index % CHUNK == CHUNK - 1 {
            writer.flush().unwrap();
        }
    }
    writer.finish().unwrap();
    sink.into_inner()
}

/// A database that is still open, in this journal mode.
fn database(path: &Path, rows: &[Row], journal: &str) -> Connection {
    let connection = Connection::open(path).unwrap();
    let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let set = format!("PRAGMA journal_mode = {journal}");
    assert_eq!(connection.query_row(&set, [], mode).unwrap(), journal);
    connection
        .execute_batch(
            "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, \
             serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);\
             CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, \
             timestamp INTEGER NOT NULL, data BLOB NOT NULL);",
        )
        .unwrap();
    for (index, (name, kind)) in TOPICS.iter().enumerate() {
        let insert = "INSERT INTO topics VALUES (?1, ?2, ?3, 'cdr', '')";
        connection
            .execute(insert, (index as i64, name, kind.name))
            .unwrap();
    }
    for (topic, at, bytes) in rows {
        let id = TOPICS.iter().position(|(name, _)| name == topic).unwrap();
        let insert = "INSERT INTO messages (topic_id, timestamp, data) VALUES (?1, ?2, ?3)";
        connection
            .execute(insert, (id as i64, at.0, bytes))
            .unwrap();
    }
    connection
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn program(arguments: &[&str], recording: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_performer-mpc"))
        .arg(arguments[0])
        .arg(recording)
        .args(&arguments[1..])
        .output()
        .unwrap()
}

/// What `map` says of a recording that it can make a map of.
fn mapped(place: &Place, recording: &Path) -> String {
    let out = place.path("map");
    let output = program(&["map", "--out", out.to_str().unwrap()], recording);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{}: {said}", recording.display());
    said
}

/// What `map` says of a recording that it cannot make a map of.
fn refused(place: &Place, recording: &Path) -> String {
    let out = place.path("map");
    let output = program(&["map", "--out", out.to_str().unwrap()], recording);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Messages of a recording, and what there is to say of it.
fn read(path: &Path) -> (usize, Vec<String>) {
    let mut recording = open_recording(path, |_| true).unwrap();
    let mut count = 0;
    while recording.next_message().unwrap().is_some() {
        count += 1;
    }
    (count, recording.notes())
}

#[test]
fn a_container_that_is_cut_short_becomes_the_map_of_what_is_whole() {
    let place = Place::new();
    let rows = drive();
    let whole = container(&rows);
    for (name, cut) in [
        ("no_last_byte.mcap", whole.len() - 1),
        ("no_footer.mcap", whole.len() - 40),
        ("in_a_chunk.mcap", whole.len() / 2),
        ("killed.mcap.active", whole.len() / 2),
    ] {
        let path = place.put(name, &whole[..cut]);
        let said = mapped(&place, &path);
        let note = format!("{name}: damaged at byte {cut} of {cut}");
        assert!(said.contains(&note), "{said}");
        assert!(said.contains("mcap recover"), "{said}");
        let (count, notes) = read(&path);
        assert!(
            notes[0].contains(&format!("{count} messages up to 100")),
            "{notes:?}"
        );
        assert!(count == rows.len() || cut == whole.len() / 2 && count > CHUNK);
    }
}

#[test]
fn a_container_with_a_wrong_byte_is_read_up_to_its_chunk() {
    let place = Place::new();
    let mut bytes = container(&drive());
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    let said = mapped(&place, &place.put("wrong.mcap", &bytes));
    assert!(said.contains("wrong.mcap: damaged at byte"), "{said}");
    let (count, _) = read(&place.path("wrong.mcap"));
    assert_eq!(count % CHUNK, 0, "part of a damaged chunk was read");
}

#[test]
fn files_without_a_message_are_named_and_said_to_be_empty() {
    let place = Place::new();
    let said = refused(&place, &place.put("blank.mcap", &[]));
    assert!(
        said.contains("blank.mcap: empty: its recorder ended"),
        "{said}"
    );
    let begin = container(&[])[..20].to_vec();
    let said = refused(&place, &place.put("begun.mcap", &begin));
    assert!(
        said.contains("begun.mcap: not a whole MCAP file: at byte 20 of 20"),
        "{said}"
    );
    // a header, and no more
    let header = container(&[])[..50].to_vec();
    let said = refused(&place, &place.put("header.mcap", &header));
    assert!(
        said.contains("header.mcap: damaged at byte 50 of 50"),
        "{said}"
    );
    assert!(said.contains("no message could be read"), "{said}");
}

#[test]
fn of_several_files_those_that_can_be_read_are() {
    let place = Place::new();
    let rows = drive();
    let (one, other) = rows.split_at(rows.len() / 2);
    let other = container(other);
    place.put("bag/a_0.mcap", &container(one));
    place.put("bag/a_1.mcap", &other[..other.len() - 10]);
    place.put("bag/a_2.mcap", &[]);
    let said = mapped(&place, &place.path("bag"));
    assert!(said.contains("bag/a_1.mcap: damaged at byte"), "{said}");
    assert!(
        said.contains("bag/a_2.mcap: damaged at byte 0 of 0: the file is empty"),
        "{said}"
    );
    assert_eq!(read(&place.path("bag")).0, rows.len());
}

#[test]
fn a_database_that_is_cut_short_becomes_the_map_of_what_is_whole() {
    let place = Place::new();
    let rows = drive();
    let path = place.path("whole.db3");
    drop(database(&path, &rows, "delete"));
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(read(&path), (rows.len(), Vec::new()));
    let cut = 3 * whole.len() / 4;
    let path = place.put("cut.db3", &whole[..cut]);
    let said = mapped(&place, &path);
    let note = format!("cut.db3: damaged at byte {cut} of {}", whole.len());
    assert!(said.contains(&note), "{said}");
    assert!(said.contains(".recover"), "{said}");
    let (count, notes) = read(&path);
    assert!(count > rows.len() / 2 && count < rows.len(), "{count}");
    assert!(notes[0].contains(&format!("{count} messages")), "{notes:?}");
}

#[test]
fn the_log_of_a_recorder_that_was_killed_is_read_and_left_as_it_is() {
    let place = Place::new();
    let rows = drive();
    let open = database(&place.path("live.db3"), &rows, "wal");
    // copies of the files, taken before the recorder could close them
    for end in ["", "-wal"] {
        let bytes = std::fs::read(place.path(&format!("live.db3{end}"))).unwrap();
        place.put(&format!("bag/killed.db3{end}"), &bytes);
    }
    drop(open);
    let files = || -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(place.path("bag")).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
            .into_iter()
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect()
    };
    let before = files();
    assert_eq!(before.len(), 2);
    assert_eq!(read(&place.path("bag")), (rows.len(), Vec::new()));
    mapped(&place, &place.path("bag"));
    assert!(before == files(), "the recording was written to");
}

#[test]
fn replay_goes_up_to_the_damage_and_says_so() {
    let place = Place::new();
    let whole = container(&drive());
    let path = place.put("cut.mcap", &whole[..whole.len() / 2]);
    let output = program(&["replay", "--json", "-"], &path);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("note: ") && said.contains("cut.mcap: damaged"),
        "{said}"
    );
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(found["ticks"].as_u64() > Some(5), "{found}");
    assert!(found["notes"][0].as_str().unwrap().contains("damaged"));
}
