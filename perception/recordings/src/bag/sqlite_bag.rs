//! Reader for rosbag2's `SQLite` storage: tables `topics` and `messages`, one or several databases.
//!
//! The order of messages is determined once and kept, 24 bytes per message. The messages themselves
//! are read one at a time, so that a recording may be larger than memory. A damaged database is
//! read up to the first message that is not readable.

use std::io::Cursor;
use std::sync::Arc;

use rusqlite::{Connection, MAIN_DB};

use super::reader::{BagReader, RawMessage, Topic};
use super::sqlite_tables::{MESSAGE_MAX, Place, damaged, read_tables};
use crate::{Damage, RecordingError, decompressed};

/// Position of the write-ahead log flags in the header (`SQLite` file format, section 1.3.3).
const JOURNAL_MODE: std::ops::Range<usize> = 18..20;
/// Flag value of a database without a log.
const NO_LOG: u8 = 1;
/// Positions of the page size, bytes, and of the number of pages in the header.
const PAGE_SIZE: std::ops::Range<usize> = 16..18;
const PAGE_COUNT: std::ops::Range<usize> = 28..32;
/// Allows a database to be read that is shorter than its header declares, as the shell's `.recover`
/// does.
const AS_FAR_AS_IT_GOES: &str = "PRAGMA writable_schema = ON";

/// Recording in one or several databases.
#[derive(Debug)]
pub struct SqliteBag {
    databases: Vec<Connection>,
    topics: Vec<Arc<Topic>>,
    /// Locations of the messages in the order of arrival.
    places: Vec<Place>,
    selected: Vec<bool>,
    next: usize,
    counts: Vec<usize>,
    damage: Vec<Damage>,
}

/// Size of a database according to its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    page_bytes: u64,
    pages: u64,
}

impl Extent {
    /// Parses the first 100 bytes of a database; `None` if there are fewer, or without a size.
    pub fn of(head: &[u8]) -> Option<Self> {
        let page = u16::from_be_bytes(head.get(PAGE_SIZE)?.try_into().ok()?);
        let pages = u32::from_be_bytes(head.get(PAGE_COUNT)?.try_into().ok()?);
        // 1 represents 65,536, which does not fit into the field
        let page_bytes = if page == 1 { 1 << 16 } else { u64::from(page) };
        let pages = u64::from(pages);
        (page_bytes > 0).then_some(Self { page_bytes, pages })
    }

    /// Size of the whole database, bytes. A shorter file is truncated.
    pub fn length(self) -> u64 {
        self.page_bytes * self.pages
    }

    /// Length of the complete pages in a file of this length, bytes. `SQLite` reads the missing
    /// part of a page as zeros and must therefore not read a truncated page.
    pub fn whole(self, length: u64) -> u64 {
        length - length % self.page_bytes
    }
}

impl SqliteBag {
    /// Opens a recording of files in memory, in the order of recording.
    pub fn from_bytes(files: Vec<Vec<u8>>) -> Result<Self, RecordingError> {
        let databases = files
            .into_iter()
            .map(Self::connect)
            .collect::<Result<_, _>>()?;
        Self::from_connections(databases)
    }

    /// Opens the database of a file in memory.
    pub fn connect(mut bytes: Vec<u8>) -> Result<Connection, RecordingError> {
        if let Some(extent) = Extent::of(&bytes) {
            bytes.truncate(extent.whole(bytes.len() as u64) as usize);
        }
        // a copy in memory has no log beside it, whatever the file on disk had
        if let Some(mode) = bytes.get_mut(JOURNAL_MODE) {
            mode.fill(NO_LOG);
        }
        let open = || {
            let mut connection = Connection::open_in_memory()?;
            let length = bytes.len();
            connection.deserialize_read_exact(MAIN_DB, Cursor::new(bytes), length, true)?;
            Ok(connection)
        };
        open().map_err(damaged("the file"))
    }

    /// Opens a recording of open databases, in the order of recording. A recording without any
    /// readable table is rejected.
    pub fn from_connections(databases: Vec<Connection>) -> Result<Self, RecordingError> {
        let mut topics: Vec<Topic> = Vec::new();
        let mut places = Vec::new();
        let mut damage = Vec::new();
        let mut refused = None;
        for (file, database) in databases.iter().enumerate() {
            let begin = places.len();
            let first = read_tables(database, file as u32, &mut topics, &mut places);
            let Err(first) = first else {
                continue;
            };
            if matches!(
                first,
                RecordingError::Kind { .. }
                    | RecordingError::Row { .. }
                    | RecordingError::Topics { .. }
            ) {
                return Err(first);
            }
            forget(&mut topics, &mut places, begin);
            let again = database
                .execute_batch(AS_FAR_AS_IT_GOES)
                .map_err(damaged("the file"))
                .and_then(|()| read_tables(database, file as u32, &mut topics, &mut places));
            let cause = again.err().map_or_else(
                || first.to_string(),
                |error| {
                    let cause = error.to_string();
                    refused.get_or_insert(error);
                    cause
                },
            );
            keep_readable(database, &mut topics, &mut places, begin);
            damage.push(Damage {
                file,
                byte: None,
                length: None,
                messages: places.len() - begin,
                last: places[begin..].iter().map(|place| place.arrival).max(),
                cause,
            });
        }
        if let (Some(error), true) = (refused, topics.is_empty()) {
            return Err(error);
        }
        let mut order: Vec<usize> = (0..topics.len()).collect();
        order.sort_by(|&a, &b| topics[a].name.cmp(&topics[b].name));
        let mut rank = vec![0; topics.len()];
        for (place, &topic) in order.iter().enumerate() {
            rank[topic] = place as u32;
        }
        for place in &mut places {
            place.topic = rank[place.topic as usize];
        }
        places.sort_by_key(|place: &Place| (place.arrival, place.database, place.id));
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            databases,
            places,
            selected: vec![true; topics.len()],
            counts: vec![0; topics.len()],
            topics: topics.into_iter().map(Arc::new).collect(),
            next: 0,
            damage,
        })
    }
}

impl BagReader for SqliteBag {
    fn topics(&self) -> &[Arc<Topic>] {
        &self.topics
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn select(&mut self, topics: &[&str]) {
        self.next = 0;
        self.counts.fill(0);
        for (selected, topic) in self.selected.iter_mut().zip(&self.topics) {
            *selected = topics.contains(&topic.name.as_str());
        }
    }

    fn next_message(&mut self) -> Result<Option<RawMessage>, RecordingError> {
        loop {
            let Some(&place) = self.places.get(self.next) else {
                return Ok(None);
            };
            if !self.selected[place.topic as usize] {
                self.next += 1;
                continue;
            }
            let topic = Arc::clone(&self.topics[place.topic as usize]);
            let index = self.counts[place.topic as usize];
            let what = format!("{}, message {index}", topic.name);
            let bytes = match content(&self.databases[place.database as usize], place.id) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.cut(place, format!("{what}: {error}"));
                    continue;
                }
            };
            self.next += 1;
            self.counts[place.topic as usize] += 1;
            return Ok(Some(RawMessage {
                index,
                arrival: place.arrival,
                bytes: decompressed(&what, bytes, MESSAGE_MAX)?,
                topic,
            }));
        }
    }
}

impl SqliteBag {
    /// Drops the messages of a database from an unreadable one on.
    fn cut(&mut self, from: Place, cause: String) {
        let is_lost = |place: &Place| place.database == from.database && place.id >= from.id;
        let passed = &self.places[..self.next];
        self.next -= passed.iter().filter(|place| is_lost(place)).count();
        self.places.retain(|place| !is_lost(place));
        let (mut messages, mut last) = (0, None);
        for place in &self.places {
            if place.database == from.database {
                messages += 1;
                last = last.max(Some(place.arrival));
            }
        }
        let file = from.database as usize;
        self.damage.retain(|damage| damage.file != file);
        self.damage.push(Damage {
            file,
            byte: None,
            length: None,
            messages,
            last,
            cause,
        });
        self.damage.sort_by_key(|damage| damage.file);
    }
}

/// Reads the bytes of a message.
fn content(database: &Connection, id: i64) -> rusqlite::Result<Vec<u8>> {
    database
        .prepare_cached("SELECT data FROM messages WHERE rowid = ?1")?
        .query_row([id], |row| row.get(0))
}

/// Removes messages from index `begin` on.
fn forget(topics: &mut [Topic], places: &mut Vec<Place>, begin: usize) {
    for place in places.drain(begin..) {
        topics[place.topic as usize].count -= 1;
    }
}

/// Keeps the messages of a damaged database up to the first with unreadable content.
fn keep_readable(
    database: &Connection,
    topics: &mut [Topic],
    places: &mut Vec<Place>,
    begin: usize,
) {
    let unreadable = (begin..places.len()).find(|&at| content(database, places[at].id).is_err());
    if let Some(end) = unreadable {
        forget(topics, places, end);
    }
}
