//! Recorded pedestrians as CSV lines `t,id,x,y`, and walls as JSON.
//!
//! Times in s, positions in m. Walls are a list of segments `[x1, y1, x2, y2]`, m; or an object
//! with such lists, under the key `walls` or the name of the recording.

use std::collections::BTreeMap;

use perception::Point2;
use serde_json::Value;

/// Maximum number of points of a recording.
const POINTS_MAX: usize = 5_000_000;

/// Maximum distance from the origin, m.
const REACH_M: f64 = 20_000.0;
/// Maximum time, s: three hundred years.
const TIME_MAX_S: f64 = 1e10;
/// Maximum number of walls.
const WALLS_MAX: usize = 100_000;

/// Trajectories of recorded pedestrians.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Name.
    pub name: String,
    /// All pedestrians, by number.
    pub people: Vec<Track>,
    /// Walls as segments, m.
    pub walls: Vec<[Point2; 2]>,
}

/// Trajectory of one pedestrian.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Number in the file.
    pub id: u64,
    /// Time, s, ascending, and position, m.
    pub points: Vec<(f64, Point2)>,
}

/// Reasons to reject a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The header is wrong.
    #[error("line 1 is {found:?}: expected \"t,id,x,y\"")]
    Header {
        /// Header found.
        found: String,
    },
    /// A field is missing or invalid.
    #[error("line {line}: {field} is {found:?}: expected {expected}")]
    Field {
        /// Counted from 1.
        line: usize,
        /// Field name.
        field: &'static str,
        /// Value found.
        found: String,
        /// Value expected.
        expected: &'static str,
    },
    /// No pedestrians, or too many points.
    #[error("{points} points: expected 2 to {POINTS_MAX}")]
    Size {
        /// Number of points.
        points: usize,
    },
    /// The walls are not JSON.
    #[error("walls: not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A wall is invalid.
    #[error(
        "walls of {name}: wall {wall} is {found}: expected [x1, y1, x2, y2] within 20000 m of the origin"
    )]
    Wall {
        /// Name of the recording.
        name: String,
        /// Counted from 0.
        wall: usize,
        /// Value found.
        found: String,
    },
    /// The list of walls is missing or too long.
    #[error(
        "walls of {name}: found {found}: expected a list of [x1, y1, x2, y2], m, of at most {WALLS_MAX}"
    )]
    Walls {
        /// Name of the recording.
        name: String,
        /// Value found.
        found: String,
    },
}

impl Track {
    /// First and last time of the trajectory, s.
    pub fn span_s(&self) -> [f64; 2] {
        let time = |point: Option<&(f64, Point2)>| point.map_or(0.0, |(t_s, _)| *t_s);
        [time(self.points.first()), time(self.points.last())]
    }

    /// Position at a time; none outside the trajectory's time span.
    pub fn at(&self, t_s: f64) -> Option<Point2> {
        let after = self.points.partition_point(|(then_s, _)| *then_s <= t_s);
        let (since_s, last) = self.points[after.checked_sub(1)?];
        match self.points.get(after) {
            Some((then_s, next)) => {
                Some(last + (next - last) * ((t_s - since_s) / (then_s - since_s)))
            }
            None => (t_s <= since_s).then_some(last),
        }
    }
}

impl Recording {
    /// Reads the lines of a recording, without walls. Pedestrians with a single point are omitted.
    pub fn read(name: &str, csv: &str) -> Result<Self, RecordingError> {
        let mut lines = csv.lines();
        let found = lines.next().unwrap_or_default().trim();
        if found != "t,id,x,y" {
            let found = found.chars().take(60).collect();
            return Err(RecordingError::Header { found });
        }
        let mut people: BTreeMap<u64, Vec<(f64, Point2)>> = BTreeMap::new();
        let mut points = 0;
        for (index, text) in lines.enumerate() {
            let line = index + 2;
            if text.trim().is_empty() {
                continue;
            }
            let parts: Vec<&str> = text.split(',').map(str::trim).collect();
            let part = |place: usize| parts.get(place).copied().unwrap_or_default();
            let number = |field, place: usize| {
                let found = part(place);
                let value: Option<f64> = found.parse().ok();
                let most = if field == "t" { TIME_MAX_S } else { REACH_M };
                value.filter(|value| value.abs() <= most).ok_or_else(|| {
                    refused(line, field, found, "a number: within 1e10 s, or 20000 m")
                })
            };
            let id = part(1)
                .parse()
                .map_err(|_| refused(line, "id", part(1), "a whole number of 0 or more"))?;
            let (t_s, at) = (
                number("t", 0)?,
                Point2::new(number("x", 2)?, number("y", 3)?),
            );
            if let Some(more) = parts.get(4) {
                return Err(refused(line, "the fifth field", more, "four fields"));
            }
            let way = people.entry(id).or_default();
            if way.last().is_some_and(|(last_s, _)| *last_s >= t_s) {
                let expected = "later than this person's line before";
                return Err(refused(line, "t", part(0), expected));
            }
            way.push((t_s, at));
            points += 1;
            if points > POINTS_MAX {
                return Err(RecordingError::Size { points });
            }
        }
        let people: Vec<Track> = people
            .into_iter()
            .filter(|(_, points)| points.len() > 1)
            .map(|(id, points)| Track { id, points })
            .collect();
        if people.is_empty() {
            return Err(RecordingError::Size { points });
        }
        Ok(Self {
            name: name.to_owned(),
            people,
            walls: Vec::new(),
        })
    }

    /// Adds the walls from a file.
    pub fn with_walls(mut self, json: &str) -> Result<Self, RecordingError> {
        let name = self.name.clone();
        let value: Value = serde_json::from_str(json)?;
        let own = value.get(&name).unwrap_or(&value);
        let walls = own.get("walls").unwrap_or(own);
        let fits = |list: &&Vec<Value>| list.len() <= WALLS_MAX;
        let Some(list) = walls.as_array().filter(fits) else {
            let found = match walls.as_array() {
                Some(list) => format!("{} walls", list.len()),
                None => walls.to_string().chars().take(60).collect(),
            };
            return Err(RecordingError::Walls { name, found });
        };
        let place = |value: &Value| value.as_f64().filter(|at| at.abs() <= REACH_M);
        self.walls = list
            .iter()
            .enumerate()
            .map(|(wall, value)| {
                let numbers: Option<Vec<f64>> = value
                    .as_array()
                    .and_then(|list| list.iter().map(place).collect());
                match numbers.as_deref() {
                    Some([x1, y1, x2, y2]) => Ok([Point2::new(*x1, *y1), Point2::new(*x2, *y2)]),
                    _ => Err(RecordingError::Wall {
                        name: name.clone(),
                        wall,
                        found: value.to_string().chars().take(60).collect(),
                    }),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// First and last time of all trajectories, s.
    pub fn span_s(&self) -> [f64; 2] {
        self.people
            .iter()
            .map(Track::span_s)
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[from, to], [a, b]| {
                [from.min(a), to.max(b)]
            })
    }
}

fn refused(
    line: usize,
    field: &'static str,
    found: &str,
    expected: &'static str,
) -> RecordingError {
    RecordingError::Field {
        line,
        field,
        found: found.chars().take(60).collect(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "t,id,x,y\n0.0,1,0.0,0.0\n0.0,2,5.0,5.0\n1.0,1,2.0,0.0\n2.0,2,5.0,3.0\n";

    #[test]
    fn positions_equal_the_samples_and_are_interpolated_between_them() {
        let recording = Recording::read("r", LINES).unwrap();
        let track = &recording.people[0];
        assert_eq!(track.at(0.0), Some(Point2::new(0.0, 0.0)));
        assert_eq!(track.at(0.25), Some(Point2::new(0.5, 0.0)));
        assert_eq!(track.at(1.0), Some(Point2::new(2.0, 0.0)));
        assert_eq!((track.at(-0.1), track.at(1.1)), (None, None));
        assert_eq!(recording.span_s(), [0.0, 2.0]);
    }

    #[test]
    fn errors_name_the_line() {
        for (good, bad, expected) in [
            (
                "1.0,1,2.0,0.0",
                "1.0,1,n,0.0",
                "line 4: x is \"n\": expected a number: within 1e10 s, or 20000 m",
            ),
            (
                "1.0,1,2.0,0.0",
                "1.0,1,2.0",
                "line 4: y is \"\": expected a number: within 1e10 s, or 20000 m",
            ),
            (
                "1.0,1",
                "0.0,1",
                "line 4: t is \"0.0\": expected later than this person's line before",
            ),
            (
                "t,id",
                "id,t",
                "line 1 is \"id,t,x,y\": expected \"t,id,x,y\"",
            ),
            (
                "1.0,1",
                "1.0,-1",
                "line 4: id is \"-1\": expected a whole number of 0 or more",
            ),
        ] {
            let error = Recording::read("r", &LINES.replacen(good, bad, 1)).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn walls_are_found_by_name_or_alone() {
        let recording = Recording::read("r", LINES).unwrap();
        for json in [
            r#"{"r":{"walls":[[0,1,2,3]]},"s":{"walls":[]}}"#,
            r#"{"walls":[[0,1,2,3]]}"#,
            "[[0,1,2,3]]",
        ] {
            let walls = recording.clone().with_walls(json).unwrap().walls;
            assert_eq!(walls, [[Point2::new(0.0, 1.0), Point2::new(2.0, 3.0)]]);
        }
        let error = recording.clone().with_walls("[[0,1,2]]").unwrap_err();
        assert_eq!(
            error.to_string(),
            "walls of r: wall 0 is [0,1,2]: expected [x1, y1, x2, y2] within 20000 m of the origin"
        );
        assert!(recording.with_walls(r#"{"s":{}}"#).is_err());
    }
}
