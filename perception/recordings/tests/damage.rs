//! Recordings that are cut short or damaged: what is read was written, in the same order, up to the
//! damage, and the damage is told.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use perception::Stamp;
use proptest::prelude::*;
use recordings::messages::{Header, RosTwist, TwistStamped};
use recordings::{BagReader, BagWriter, Extent, McapBag, SqliteBag, cdr, definitions};
use rusqlite::Connection;

/// Messages between flushes, and so in a chunk.
const CHUNK: usize = 4;

/// A message that says which one it is, as long as some numbers of them.
fn message(index: usize, length: usize) -> Vec<u8> {
    let header = Header {
        frame_id: format!("{index} ").repeat(length),
        ..Header::default()
    };
    let twist = RosTwist::default();
    cdr::encode(&TwistStamped { header, twist }).unwrap()
}

/// A recording of so many messages that was flushed every few.
fn container(count: usize) -> Vec<u8> {
    let mut sink = Cursor::new(Vec::new());
    let mut writer = BagWriter::begin(&mut sink).unwrap();
    writer
        .topic("/cmd_vel", &definitions::TWIST_STAMPED)
        .unwrap();
    for index in 0..count {
        let at = Stamp(index as i64);
        let bytes = message(index, 20);
        writer.bytes("/cmd_vel", at, at, &bytes).unwrap();
        if index % CHUNK == CHUNK - 1 {
            writer.flush().unwrap();
        }
    }
    writer.finish().unwrap();
    sink.into_inner()
}

/// A database of the same.
fn database(count: usize, length: usize) -> Vec<u8> {
    let mut connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, \
             serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);\
             CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, \
             timestamp INTEGER NOT NULL, data BLOB NOT NULL);\
             CREATE INDEX timestamp_idx ON messages (timestamp ASC);\
             INSERT INTO topics VALUES (1, '/cmd_vel', 'geometry_msgs/msg/TwistStamped', 'cdr', '');",
        )
        .unwrap();
    let insert = "INSERT INTO messages (topic_id, timestamp, data) VALUES (1, ?1, ?2)";
    for index in 0..count {
        let bytes = message(index, length);
        connection.execute(insert, (index as i64, bytes)).unwrap();
    }
    connection.serialize(rusqlite::MAIN_DB).unwrap().to_vec()
}

/// Reads all; gives how many there were, each of which is the one that was written there.
fn count(bag: &mut dyn BagReader, length: usize) -> usize {
    let mut count = 0;
    while let Some(raw) = bag.next_message().unwrap() {
        assert_eq!(raw.arrival, Stamp(count as i64));
        assert!(
            raw.bytes == message(count, length),
            "message {count} is another"
        );
        count += 1;
    }
    count
}

#[test]
fn a_container_cut_anywhere_is_read_up_to_the_cut() {
    const COUNT: usize = 22;
    let whole = container(COUNT);
    let mut least = 0;
    for cut in 0..whole.len() {
        let Ok(mut bag) = McapBag::from_bytes(&[&whole[..cut]], |_| true) else {
            assert!(cut < 64, "nothing is read of {cut} bytes");
            continue;
        };
        let read = count(&mut bag, 20);
        assert!(
            read >= least,
            "{read} messages of {cut} bytes, {least} of fewer"
        );
        least = read;
        let [damage] = bag.damage() else {
            panic!("{:?}", bag.damage());
        };
        assert_eq!(damage.messages, read);
        assert_eq!(
            (damage.byte, damage.length),
            (Some(cut as u64), Some(cut as u64))
        );
        let last = read.checked_sub(1).map(|last| Stamp(last as i64));
        assert_eq!(damage.last, last);
    }
    assert_eq!(least, COUNT, "the end of a file holds no message");
    let mut bag = McapBag::from_bytes(&[&whole], |_| true).unwrap();
    assert_eq!(count(&mut bag, 20), COUNT);
    assert!(bag.damage().is_empty());
}

#[test]
fn a_file_of_several_that_cannot_be_read_leaves_the_others() {
    let whole = container(8);
    let files: [&[u8]; 3] = [&[], &whole, &whole[..whole.len() - 1]];
    let bag = McapBag::from_bytes(&files, |_| true).unwrap();
    let told: Vec<(usize, usize)> = bag
        .damage()
        .iter()
        .map(|damage| (damage.file, damage.messages))
        .collect();
    assert_eq!(told, [(0, 0), (2, 8)]);
    assert_eq!(bag.topics()[0].count, 16);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A byte that is another than was written loses messages, and never changes one.
    #[test]
    fn a_damaged_container_gives_no_wrong_message(at in 0.0_f64..1.0, value in 1_u8..) {
        let mut bytes = container(22);
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] ^= value;
        if let Ok(mut bag) = McapBag::from_bytes(&[&bytes], |_| true) {
            let is_whole = bag.damage().is_empty();
            // arrivals stand outside of what a message's own bytes are
            let mut read = 0;
            while let Some(raw) = bag.next_message().unwrap() {
                prop_assert!(raw.bytes == message(read, 20), "message {read} is another");
                read += 1;
            }
            prop_assert!(!is_whole || read == 22, "{read} messages, and no damage is told");
        }
    }

    /// Messages longer than a page, or several in one.
    #[test]
    fn a_database_cut_anywhere_is_read_up_to_the_cut(share in 0.0_f64..1.0, is_long: bool) {
        let (messages, length) = if is_long { (20, 3000) } else { (400, 20) };
        let whole = database(messages, length);
        let extent = Extent::of(&whole).unwrap();
        prop_assert_eq!(extent.length(), whole.len() as u64);
        let cut = (share * whole.len() as f64) as usize;
        if let Ok(mut bag) = SqliteBag::from_bytes(vec![whole[..cut].to_vec()]) {
            let read = count(&mut bag, length);
            prop_assert_eq!(bag.damage().len(), 1);
            prop_assert_eq!(bag.damage()[0].messages, read);
            // what is lost is about as much as was cut
            let kept = read as f64 / messages as f64;
            prop_assert!(kept > share - 0.35, "{kept} of {share}");
        } else {
            prop_assert!(cut < 4 * 4096, "nothing is read of {cut} bytes");
        }
        let mut bag = SqliteBag::from_bytes(vec![whole]).unwrap();
        prop_assert_eq!(count(&mut bag, length), messages);
        prop_assert!(bag.damage().is_empty());
    }
}
