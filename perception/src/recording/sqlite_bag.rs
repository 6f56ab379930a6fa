//! rosbag2's `SQLite` storage: tables `topics` and `messages`, one database or several.
//!
//! The order of messages is found once and kept, 24 bytes a message; the messages themselves are
//! read one at a time, so that a recording may be larger than memory.

use std::io::Cursor;
use std::sync::Arc;

use rusqlite::{Connection, MAIN_DB};

use super::bag::{BagReader, RawMessage, Topic};
use super::{RecordingError, decompressed};
use crate::Stamp;

/// Largest message that is believed, bytes.
const MESSAGE_MAX: usize = 1 << 28;
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
            .prepare_cached("SELECT data FROM messages WHERE id = ?1")
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

/// Topics of a database that are not known yet, and for each of its ids the place among all.
fn read_topics(
    database: &Connection,
    topics: &mut Vec<Topic>,
) -> Result<Vec<(i64, usize)>, RecordingError> {
    let fault = damaged("table topics");
    let mut statement = database
        .prepare("SELECT id, name, type, serialization_format FROM topics ORDER BY id")
        .map_err(&fault)?;
    let mut rows = statement.query([]).map_err(&fault)?;
    let mut ids = Vec::new();
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
            None => topics.push(topic),
        }
        ids.push((row.get(0).map_err(&fault)?, place));
    }
    Ok(ids)
}

fn read_places(
    database: &Connection,
    number: u32,
    ids: &[(i64, usize)],
    topics: &mut [Topic],
    places: &mut Vec<Place>,
) -> Result<(), RecordingError> {
    let fault = damaged("table messages");
    let mut statement = database
        .prepare("SELECT id, topic_id, timestamp FROM messages")
        .map_err(&fault)?;
    let mut rows = statement.query([]).map_err(&fault)?;
    while let Some(row) = rows.next().map_err(&fault)? {
        let number_of = |column| row.get::<_, i64>(column).map_err(&fault);
        let topic_id = number_of(1)?;
        let topic = ids.iter().find(|(id, _)| *id == topic_id);
        let Some(&(_, topic)) = topic else {
            return Err(RecordingError::Row {
                what: "topic_id of a message",
                found: topic_id.to_string(),
                expected: "an id of the table topics",
            });
        };
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
