//! Recordings made to do harm: they are refused by name, in bounded time and memory.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use perception::Stamp;
use recordings::messages::{Header, RosTwist, TwistStamped};
use recordings::{BagReader as _, BagWriter, McapBag, SqliteBag, definitions};
use rusqlite::{Connection, MAIN_DB};

/// A database of these statements.
fn database(statements: &str) -> Vec<u8> {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(statements).unwrap();
    connection.serialize(MAIN_DB).unwrap().to_vec()
}

fn refusal(statements: &str) -> String {
    SqliteBag::from_bytes(vec![database(statements)])
        .unwrap_err()
        .to_string()
}

const TOPICS: &str = "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT, type TEXT, \
     serialization_format TEXT); INSERT INTO topics VALUES(1, '/a', 'b', 'cdr');";

/// A small recording with topics, messages and metadata.
fn recording() -> Vec<u8> {
    let mut sink = Cursor::new(Vec::new());
    let mut writer = BagWriter::begin(&mut sink).unwrap();
    let message = TwistStamped {
        header: Header::default(),
        twist: RosTwist::default(),
    };
    let kind = &definitions::TWIST_STAMPED;
    writer.topic("/cmd_vel", kind).unwrap();
    for second in 0..4 {
        let at = Stamp::from_secs(f64::from(second));
        writer.message("/cmd_vel", at, at, &message).unwrap();
    }
    writer.finish().unwrap();
    sink.into_inner()
}

#[test]
fn a_view_that_never_ends_is_refused() {
    let endless = "CREATE VIEW messages AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT \
                   id + 1 FROM n) SELECT id, 1 AS topic_id, id AS timestamp, x'00' AS data FROM n;";
    let message = refusal(&format!("{TOPICS}{endless}"));
    assert!(
        message.contains("expected a plain table, as rosbag2 creates it"),
        "{message}"
    );
}

#[test]
fn columns_that_are_computed_are_refused() {
    let computed = "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, \
                    timestamp INTEGER, data BLOB GENERATED ALWAYS AS (zeroblob(2000000000)));";
    let message = refusal(&format!("{TOPICS}{computed}"));
    assert!(message.contains("expected a plain table"), "{message}");
}

#[test]
fn a_recording_of_too_many_topics_is_refused() {
    let many = "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, \
                data BLOB); WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT \
                5000) INSERT INTO topics SELECT i, '/t' || i, 'b', 'cdr' FROM n;";
    assert!(refusal(&format!("{TOPICS}{many}")).contains("more than 4096 topics"));
}

#[test]
fn a_bit_flipped_anywhere_reads_or_is_refused() {
    let whole = recording();
    for byte in 0..whole.len() {
        for bit in [0, 3, 7] {
            let mut flipped = whole.clone();
            flipped[byte] ^= 1 << bit;
            if let Ok(mut bag) = McapBag::from_bytes(&[&flipped], |_| true) {
                while let Ok(Some(_)) = bag.next_message() {}
            }
        }
    }
}

/// A chunk of a hundred bytes that claims a terabyte.
#[test]
fn a_chunk_that_unpacks_to_gigabytes_is_refused_by_its_header() {
    let magic = b"\x89MCAP0\r\n".to_vec();
    let record = |opcode: u8, body: &[u8]| {
        let length = (body.len() as u64).to_le_bytes();
        [&[opcode], &length[..], body].concat()
    };
    let zeros = zstd::encode_all(vec![0; 1 << 20].as_slice(), 19).unwrap();
    let mut chunk = vec![0; 16];
    chunk.extend((1_u64 << 40).to_le_bytes());
    chunk.extend([0; 4]);
    chunk.extend(4_u32.to_le_bytes());
    chunk.extend(b"zstd");
    chunk.extend((zeros.len() as u64).to_le_bytes());
    chunk.extend(&zeros);
    let file = [
        magic.clone(),
        record(6, &chunk),
        record(15, &[0; 4]),
        record(2, &[0; 20]),
        magic,
    ];
    let message = McapBag::from_bytes(&[&file.concat()], |_| true)
        .unwrap_err()
        .to_string();
    assert!(message.contains("at byte 8 of"), "{message}");
    assert!(message.contains("length exceeds limit"), "{message}");
}
