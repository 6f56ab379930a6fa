//! rosbag2's `SQLite` storage: tables `topics` and `messages`, one database or several.
//!
//! The order of messages is found once and kept, 24 bytes a message; the messages themselves are
//! read one at a time, so that a recording may be larger than memory.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use rusqlite::limits::Limit;
use rusqlite::{Connection, MAIN_DB};

use super::bag::{BagReader, RawMessage, Topic};
use super::{RecordingError, decompressed};
use crate::Stamp;

/// Largest message that is believed, bytes.
const MESSAGE_MAX: usize = 1 << 27;
/// Least bytes that a message takes in a database (`SQLite` file format, section 1.6).
const ROW_MIN: i64 = 8;
/// Most topics of a recording.
const TOPICS_MAX: usize = 4096;
/// Where a database says that it has a write-ahead log (`SQLite` file format, section 1.3.3).
const JOURNAL_MODE: std::ops::Range<usize> = 18..20;
/// There: no log.
const NO_LOG: u8 = 1;

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
}

impl SqliteBag {
    /// A recording of whole files in memory, in the order of recording.
    pub fn from_bytes(files: Vec<Vec<u8>>) -> Result<Self, RecordingError> {
        let databases = files
            .into_iter()
            .map(Self::connect)
            .collect::<Result<_, _>>()?;
        Self::from_connections(databases)
    }

    /// A database of a whole file in memory.
    pub fn connect(mut bytes: Vec<u8>) -> Result<Connection, RecordingError> {
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

    /// A recording of databases that are open, in the order of recording.
    pub fn from_connections(databases: Vec<Connection>) -> Result<Self, RecordingError> {
        let mut topics: Vec<Topic> = Vec::new();
        let mut places = Vec::new();
        for (number, database) in databases.iter().enumerate() {
            harden(database)?;
            let ids = read_topics(database, &mut topics)?;
            read_places(database, number as u32, &ids, &mut topics, &mut places)?;
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
        })
    }
}

impl BagReader for SqliteBag {
    fn topics(&self) -> &[Arc<Topic>] {
        &self.topics
    }

    fn select(&mut self, topics: &[&str]) {
        self.next = 0;
        self.counts.fill(0);
        for (selected, topic) in self.selected.iter_mut().zip(&self.topics) {
            *selected = topics.contains(&topic.name.as_str());
        }
    }

    fn next_message(&mut self) -> Result<Option<RawMessage>, RecordingError> {
        let place = loop {
            let Some(&place) = self.places.get(self.next) else {
                return Ok(None);
            };
            self.next += 1;
            if self.selected[place.topic as usize] {
                break place;
            }
        };
        let topic = Arc::clone(&self.topics[place.topic as usize]);
        let index = self.counts[place.topic as usize];
        self.counts[place.topic as usize] += 1;
        let bytes = self.databases[place.database as usize]
            .prepare_cached("SELECT data FROM messages WHERE rowid = ?1")
            .and_then(|mut statement| statement.query_row([place.id], |row| row.get(0)))
            .map_err(damaged("a message"))?;
        let what = format!("{}, message {index}", topic.name);
        Ok(Some(RawMessage {
            index,
            arrival: place.arrival,
            bytes: decompressed(&what, bytes, MESSAGE_MAX)?,
            topic,
        }))
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

/// Bytes of a database.
fn size_of(database: &Connection) -> Result<i64, RecordingError> {
    let pragma = |name: &str| {
        database
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
            .map_err(damaged("the file"))
    };
    Ok(pragma("page_count")?.saturating_mul(pragma("page_size")?))
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
    let mut statement = database
        .prepare("SELECT rowid, topic_id, timestamp FROM messages")
        .map_err(&fault)?;
    let mut rows = statement.query([]).map_err(&fault)?;
    let rows_max = size_of(database)? / ROW_MIN;
    let before = places.len() as i64;
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
        if places.len() as i64 - before > rows_max {
            return Err(RecordingError::Row {
                what: "number of messages",
                found: format!("more than {rows_max}"),
                expected: "as many as a file of this size holds",
            });
        }
        topics[topic].count += 1;
        places.push(Place {
            arrival: Stamp(number_of(2)?),
            id: number_of(0)?,
            database: number,
            topic: topic as u32,
        });
    }
    Ok(())
}
