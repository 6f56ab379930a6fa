//! rosbag2's `SQLite` storage: tables `topics` and `messages`, one database or several.
//!
//! The order of messages is found once and kept, 24 bytes a message; the messages themselves are
//! read one at a time, so that a recording may be larger than memory. Of a database that is damaged,
//! messages are read up to the first that cannot be.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use rusqlite::limits::Limit;
use rusqlite::{Connection, MAIN_DB};

use super::bag::{BagReader, RawMessage, Topic};
use super::{Damage, RecordingError, decompressed};
use crate::Stamp;

/// Largest message that is believed, bytes.
const MESSAGE_MAX: usize = 1 << 27;
/// Most topics of a recording.
const TOPICS_MAX: usize = 4096;
/// Where a database says that it has a write-ahead log (`SQLite` file format, section 1.3.3).
const JOURNAL_MODE: std::ops::Range<usize> = 18..20;
/// There: no log.
const NO_LOG: u8 = 1;
/// Where a database says how large its pages are, bytes, and how many it has.
const PAGE_SIZE: std::ops::Range<usize> = 16..18;
const PAGE_COUNT: std::ops::Range<usize> = 28..32;
/// Lets a database be read that is shorter than its header says, as the shell's `.recover` does.
const AS_FAR_AS_IT_GOES: &str = "PRAGMA writable_schema = ON";

/// Messages as the table has them, whatever index a recorder made.
const IN_ORDER: &str = "SELECT rowid, topic_id, timestamp FROM messages NOT INDEXED ORDER BY rowid";

/// Where a message lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    arrival: Stamp,
    id: i64,
    database: u32,
    topic: u32,
}

/// A recording in databases.
#[derive(Debug)]
pub struct SqliteBag {
    databases: Vec<Connection>,
    topics: Vec<Arc<Topic>>,
    /// In the order of arrival.
    places: Vec<Place>,
    selected: Vec<bool>,
    next: usize,
    counts: Vec<usize>,
    damage: Vec<Damage>,
}

/// The size of a database by its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    page_bytes: u64,
    pages: u64,
}

impl Extent {
    /// Reads it from the first 100 bytes of a database; none where these are fewer, or no size.
    pub fn of(head: &[u8]) -> Option<Self> {
        let page = u16::from_be_bytes(head.get(PAGE_SIZE)?.try_into().ok()?);
        let pages = u32::from_be_bytes(head.get(PAGE_COUNT)?.try_into().ok()?);
        // 1 stands for 65,536, which does not fit
        let page_bytes = if page == 1 { 1 << 16 } else { u64::from(page) };
        let pages = u64::from(pages);
        (page_bytes > 0).then_some(Self { page_bytes, pages })
    }

    /// Size of the whole database, bytes. A file that is shorter is cut.
    pub fn length(self) -> u64 {
        self.page_bytes * self.pages
    }

    /// How much of a file of this length is whole pages, bytes. `SQLite` takes what is missing of a
    /// page for zeros, and so must not see a page that is cut.
    pub fn whole(self, length: u64) -> u64 {
        length - length % self.page_bytes
    }
}

impl SqliteBag {
    /// A recording of files in memory, in the order of recording.
    pub fn from_bytes(files: Vec<Vec<u8>>) -> Result<Self, RecordingError> {
        let databases = files
            .into_iter()
            .map(Self::connect)
            .collect::<Result<_, _>>()?;
        Self::from_connections(databases)
    }

    /// A database of a file in memory.
    pub fn connect(mut bytes: Vec<u8>) -> Result<Connection, RecordingError> {
        if let Some(extent) = Extent::of(&bytes) {
            bytes.truncate(extent.whole(bytes.len() as u64) as usize);
        }
        // a copy in memory has no log beside it, whatever it had on the disk
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

    /// A recording of databases that are open, in the order of recording. A recording of which no
    /// table can be read is refused.
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
    /// Gives up the messages of a database from one on that cannot be read.
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

/// The bytes of a message.
fn content(database: &Connection, id: i64) -> rusqlite::Result<Vec<u8>> {
    database
        .prepare_cached("SELECT data FROM messages WHERE rowid = ?1")?
        .query_row([id], |row| row.get(0))
}

fn read_tables(
    database: &Connection,
    number: u32,
    topics: &mut Vec<Topic>,
    places: &mut Vec<Place>,
) -> Result<(), RecordingError> {
    harden(database)?;
    let ids = read_topics(database, topics)?;
    read_places(database, number, &ids, topics, places)
}

/// Forgets messages from one on.
fn forget(topics: &mut [Topic], places: &mut Vec<Place>, begin: usize) {
    for place in places.drain(begin..) {
        topics[place.topic as usize].count -= 1;
    }
}

/// Keeps the messages of a damaged database up to the first whose content cannot be read.
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

fn damaged(what: &'static str) -> impl Fn(rusqlite::Error) -> RecordingError {
    move |source| RecordingError::Database { what, source }
}

/// Refuses a database that computes its rows, and bounds what a row may take: a view or a virtual
/// table may never end.
fn harden(database: &Connection) -> Result<(), RecordingError> {
    let fault = damaged("the schema");
    database
        .set_limit(Limit::SQLITE_LIMIT_LENGTH, MESSAGE_MAX as i32)
        .map_err(&fault)?;
    database
        .execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")
        .map_err(&fault)?;
    for (what, name) in [("table topics", "topics"), ("table messages", "messages")] {
        let (kind, made): (String, String) = database
            .query_row(
                "SELECT type, coalesce(sql, '') FROM sqlite_schema WHERE name = ?1",
                [name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(damaged(what))?;
        let made = made.to_uppercase();
        let is_plain = kind == "table"
            && made.starts_with("CREATE TABLE")
            && ![" AS", "VIRTUAL", "WITHOUT ROWID"]
                .iter()
                .any(|word| made.contains(word));
        if !is_plain {
            return Err(RecordingError::Row {
                what,
                found: made.chars().take(60).collect(),
                expected: "a plain table, as rosbag2 creates it",
            });
        }
    }
    Ok(())
}

/// Topics of a database that are not known yet, and for each of its ids the place among all.
fn read_topics(
    database: &Connection,
    topics: &mut Vec<Topic>,
) -> Result<BTreeMap<i64, usize>, RecordingError> {
    let fault = damaged("table topics");
    let mut statement = database
        .prepare("SELECT id, name, type, serialization_format FROM topics ORDER BY id")
        .map_err(&fault)?;
    let mut rows = statement.query([]).map_err(&fault)?;
    let mut ids = BTreeMap::new();
    while let Some(row) = rows.next().map_err(&fault)? {
        let text = |column| row.get::<_, String>(column).map_err(&fault);
        let topic = Topic {
            name: text(1)?,
            kind: text(2)?,
            encoding: text(3)?,
            count: 0,
        };
        let held = topics.iter().position(|held| held.name == topic.name);
        let place = held.unwrap_or(topics.len());
        match held.map(|place| &topics[place]) {
            Some(held) if held.kind != topic.kind || held.encoding != topic.encoding => {
                return Err(RecordingError::Kind {
                    topic: topic.name,
                    found: topic.kind,
                    expected: format!("{}, as in the files before", held.kind),
                });
            }
            Some(_) => {}
            None if topics.len() == TOPICS_MAX => {
                return Err(RecordingError::Topics { most: TOPICS_MAX });
            }
            None => topics.push(topic),
        }
        ids.insert(row.get(0).map_err(&fault)?, place);
        if ids.len() > TOPICS_MAX {
            return Err(RecordingError::Topics { most: TOPICS_MAX });
        }
    }
    Ok(ids)
}

fn read_places(
    database: &Connection,
    number: u32,
    ids: &BTreeMap<i64, usize>,
    topics: &mut [Topic],
    places: &mut Vec<Place>,
) -> Result<(), RecordingError> {
    let fault = damaged("table messages");
    let mut statement = database.prepare(IN_ORDER).map_err(&fault)?;
    let mut rows = statement.query([]).map_err(&fault)?;
    let mut last = None;
    while let Some(row) = rows.next().map_err(&fault)? {
        let number_of = |column| row.get::<_, i64>(column).map_err(&fault);
        let topic_id = number_of(1)?;
        let Some(&topic) = ids.get(&topic_id) else {
            return Err(RecordingError::Row {
                what: "topic_id of a message",
                found: topic_id.to_string(),
                expected: "an id of the table topics",
            });
        };
        // damaged pages that lead back to themselves give rows without end
        let id = number_of(0)?;
        if let Some(last) = last.replace(id).filter(|last| *last >= id) {
            return Err(RecordingError::Order { found: id, last });
        }
        topics[topic].count += 1;
        places.push(Place {
            arrival: Stamp(number_of(2)?),
            id,
            database: number,
            topic: topic as u32,
        });
    }
    Ok(())
}
