//! Reads the tables of a rosbag2 database: topics, and the location of each message.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::limits::Limit;

use super::reader::Topic;
use crate::RecordingError;
use perception::Stamp;

/// Maximum accepted size of a message, bytes.
pub(super) const MESSAGE_MAX: usize = 1 << 27;
/// Maximum number of topics in a recording.
const TOPICS_MAX: usize = 4096;
/// Query of the messages in table order, without any index that a recorder created.
const IN_ORDER: &str = "SELECT rowid, topic_id, timestamp FROM messages NOT INDEXED ORDER BY rowid";

/// Location of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub arrival: Stamp,
    pub id: i64,
    pub database: u32,
    pub topic: u32,
}

/// Adds the topics and messages of a database; `number` is its index in the recording.
pub(super) fn read_tables(
    database: &Connection,
    number: u32,
    topics: &mut Vec<Topic>,
    places: &mut Vec<Place>,
) -> Result<(), RecordingError> {
    harden(database)?;
    let ids = read_topics(database, topics)?;
    read_places(database, number, &ids, topics, places)
}

/// Creates an error of the database; `what` names the data that was read.
pub(super) fn damaged(what: &'static str) -> impl Fn(rusqlite::Error) -> RecordingError {
    move |source| RecordingError::Database { what, source }
}

/// Rejects a database with computed rows and limits the size of a row. A view or a virtual table
/// may never end.
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

/// Adds new topics of a database, and returns the index among all topics for each of its ids.
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
        // damaged pages that form a cycle return rows without end
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
