//! Worlds of the BARN challenge (Perille et al. 2020) as JSON lines, one world per line.
//!
//! | field | meaning |
//! | --- | --- |
//! | `id`, `idx` | name and number of the world |
//! | `r` | radius of all cylinders, m |
//! | `obs` | their centres, `[[x, y]..]`, m |
//! | `start` | x, y (m), yaw (rad) |
//! | `goal`, `goal_tol` | x, y and radius, m |
//! | `time_limit` | s |
//! | `path_len` | shortest path, m: the optimal time is this at 2 m/s |
//!
//! Other fields are ignored.

use std::io::{BufRead, Read as _};
use std::ops::RangeInclusive;

use perception::{Point2, Pose2};
use serde_json::{Map, Value};

use crate::{Obstacle, Rules, Shape, SimGoal, Situation, World, WorldError};

/// Height of the cylinders above the floor, m.
const HEIGHT_M: f64 = 1.0;

/// Maximum line length, bytes: about 500,000 cylinders.
const LINE_MAX: usize = 16 << 20;
/// Maximum number of lines.
const LINES_MAX: usize = 100_000;
/// Maximum distance from the origin of a world, m.
const REACH_M: f64 = 20_000.0;

/// One world of the benchmark.
#[derive(Debug, Clone)]
pub struct BarnWorld {
    /// Name.
    pub id: String,
    /// Number.
    pub idx: u64,
    /// Its trial by the rules of the challenge.
    pub situation: Situation,
}

/// Reasons to reject a file.
#[derive(Debug, thiserror::Error)]
pub enum BarnError {
    /// The reader failed.
    #[error("line {line}: cannot be read: {source}")]
    Read {
        /// Counted from 1.
        line: usize,
        /// Cause.
        source: std::io::Error,
    },
    /// Not JSON.
    #[error("line {line}: not JSON: {source}")]
    Json {
        /// Counted from 1.
        line: usize,
        /// Position and cause.
        source: serde_json::Error,
    },
    /// A field is missing or invalid.
    #[error("line {line}: {field} is {found}: expected {expected}")]
    Field {
        /// Counted from 1.
        line: usize,
        /// Field name.
        field: String,
        /// Value found.
        found: String,
        /// Value expected.
        expected: &'static str,
    },
    /// The obstacles are not a valid world.
    #[error("line {line}: {source}")]
    World {
        /// Counted from 1.
        line: usize,
        /// Cause.
        source: WorldError,
    },
    /// Too many lines.
    #[error("line {line}: expected at most {LINE_MAX} bytes a line and {LINES_MAX} lines")]
    Size {
        /// Counted from 1.
        line: usize,
    },
    /// No worlds.
    #[error("no line holds a world")]
    Empty,
}

/// Reads all worlds. Empty lines are skipped.
pub fn read_barn_worlds(mut reader: impl BufRead) -> Result<Vec<BarnWorld>, BarnError> {
    let mut worlds = Vec::new();
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let read = (&mut reader)
            .take(LINE_MAX as u64 + 1)
            .read_until(b'\n', &mut text)
            .map_err(|source| BarnError::Read { line, source })?;
        if read == 0 {
            break;
        }
        if read > LINE_MAX || line > LINES_MAX {
            return Err(BarnError::Size { line });
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let value: Value =
            serde_json::from_slice(&text).map_err(|source| BarnError::Json { line, source })?;
        worlds.push(world(line, &value)?);
    }
    if worlds.is_empty() {
        return Err(BarnError::Empty);
    }
    Ok(worlds)
}

fn world(line: usize, value: &Value) -> Result<BarnWorld, BarnError> {
    let Some(map) = value.as_object() else {
        return Err(refused(line, "the line", Some(value), "a JSON object"));
    };
    let fields = Fields { line, map };
    let radius_m = fields.within("r", &(0.001..=100.0), "a number from 0.001 to 100, m")?;
    let centres = fields.list("obs", "a list of [x, y]")?;
    let obstacles = centres
        .iter()
        .enumerate()
        .map(|(index, centre)| {
            let [x, y] = fields.numbers(
                &format!("obs[{index}]"),
                Some(centre),
                "[x, y] within 20 km of the origin",
            )?;
            let centre = Point2::new(x, y);
            Ok(Obstacle::standing(
                Shape::Circle { centre, radius_m },
                HEIGHT_M,
            ))
        })
        .collect::<Result<Vec<_>, BarnError>>()?;
    let start = fields.numbers(
        "start",
        map.get("start"),
        "[x, y, yaw] within 20 km of the origin",
    )?;
    let [x, y] = fields.numbers("goal", map.get("goal"), "[x, y] within 20 km of the origin")?;
    let id = fields.text("id")?;
    let expected = "a whole number of 0 or more";
    let idx = map
        .get("idx")
        .and_then(Value::as_u64)
        .ok_or_else(|| refused(line, "idx", map.get("idx"), expected))?;
    Ok(BarnWorld {
        idx,
        situation: Situation {
            scenario: id.clone(),
            seed: idx,
            world: World::new(obstacles).map_err(|source| BarnError::World { line, source })?,
            start: Pose2::from(start),
            goal: SimGoal {
                position: Point2::new(x, y),
                yaw: None,
                tolerance_m: fields.within(
                    "goal_tol",
                    &(0.001..=100.0),
                    "a number from 0.001 to 100, m",
                )?,
            },
            path: Vec::new(),
            inner_corners: Vec::new(),
            walks: Vec::new(),
            people: Vec::new(),
            time_limit_s: fields.within(
                "time_limit",
                &(0.1..=3600.0),
                "a number from 0.1 to 3600, s",
            )?,
            rules: Rules::barn(fields.within(
                "path_len",
                &(0.001..=REACH_M),
                "a number from 0.001 to 20000, m",
            )?),
        },
        id,
    })
}

/// The fields of one line.
struct Fields<'a> {
    line: usize,
    map: &'a Map<String, Value>,
}

impl Fields<'_> {
    fn within(
        &self,
        field: &str,
        bounds: &RangeInclusive<f64>,
        expected: &'static str,
    ) -> Result<f64, BarnError> {
        let found = self.map.get(field);
        found
            .and_then(Value::as_f64)
            .filter(|value| bounds.contains(value))
            .ok_or_else(|| refused(self.line, field, found, expected))
    }

    fn list(&self, field: &str, expected: &'static str) -> Result<&Vec<Value>, BarnError> {
        let found = self.map.get(field);
        found
            .and_then(Value::as_array)
            .ok_or_else(|| refused(self.line, field, found, expected))
    }

    fn text(&self, field: &str) -> Result<String, BarnError> {
        let found = self.map.get(field);
        found
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| refused(self.line, field, found, "a string"))
    }

    fn numbers<const N: usize>(
        &self,
        field: &str,
        found: Option<&Value>,
        expected: &'static str,
    ) -> Result<[f64; N], BarnError> {
        found
            .and_then(Value::as_array)
            .and_then(|list| {
                let place = |value: &Value| value.as_f64().filter(|at| at.abs() <= REACH_M);
                let numbers: Option<Vec<f64>> = list.iter().map(place).collect();
                numbers?.try_into().ok()
            })
            .ok_or_else(|| refused(self.line, field, found, expected))
    }
}

fn refused(line: usize, field: &str, found: Option<&Value>, expected: &'static str) -> BarnError {
    let mut found = found.map_or_else(|| "missing".to_owned(), Value::to_string);
    if let Some((end, _)) = found.char_indices().nth(60) {
        found.truncate(end);
        found.push_str("...");
    }
    BarnError::Field {
        line,
        field: field.to_owned(),
        found,
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id":"w","idx":3,"r":0.075,"start":[-2.25,3,1.57],"goal":[-2.25,13],"goal_tol":1,"time_limit":100,"path_len":12.4,"obs":[[0,1],[0.5,2]],"more":true}"#;

    fn message(line: &str) -> String {
        read_barn_worlds(format!("{LINE}\n{line}\n").as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_line_becomes_a_trial() {
        let worlds = read_barn_worlds(LINE.as_bytes()).unwrap();
        let situation = &worlds[0].situation;
        assert_eq!(worlds[0].idx, 3);
        assert_eq!(situation.world.obstacles().len(), 2);
        assert_eq!(situation.rules.optimal_time_s, Some(6.2));
        assert_eq!(situation.start, Pose2::new(-2.25, 3.0, 1.57));
    }

    #[test]
    fn errors_name_the_line() {
        let cases = [
            (
                r#""r":0.075"#,
                r#""r":-1"#,
                "line 2: r is -1: expected a number from 0.001 to 100, m",
            ),
            (
                r#""r":0.075"#,
                r#""q":1"#,
                "line 2: r is missing: expected a number from 0.001 to 100, m",
            ),
            (
                r"[0.5,2]",
                r"[0.5]",
                "line 2: obs[1] is [0.5]: expected [x, y] within 20 km of the origin",
            ),
            (
                r"[0.5,2]",
                r#"["a",2]"#,
                "line 2: obs[1] is [\"a\",2]: expected [x, y] within 20 km of the origin",
            ),
            (
                r"[-2.25,3,1.57]",
                "null",
                "line 2: start is null: expected [x, y, yaw] within 20 km of the origin",
            ),
            (r#""w""#, "7", "line 2: id is 7: expected a string"),
            (
                r#""idx":3"#,
                r#""idx":-3"#,
                "line 2: idx is -3: expected a whole number of 0 or more",
            ),
        ];
        for (good, bad, expected) in cases {
            assert_eq!(message(&LINE.replace(good, bad)), expected);
        }
        assert_eq!(
            message("[]"),
            "line 2: the line is []: expected a JSON object"
        );
        assert_eq!(
            read_barn_worlds("\n".as_bytes()).unwrap_err().to_string(),
            "no line holds a world"
        );
    }

    #[test]
    fn lengths_and_positions_out_of_bounds_are_rejected() {
        for (good, bad, field) in [
            (r#""r":0.075"#, r#""r":1e300"#, "r is 1e+300"),
            (r"[0.5,2]", r"[1e300,2]", "obs[1] is [1e+300,2"),
            (
                r#""time_limit":100"#,
                r#""time_limit":1e12"#,
                "time_limit is",
            ),
            (r"[-2.25,13]", r"[-1e99,13]", "goal is"),
        ] {
            let message = message(&LINE.replace(good, bad));
            assert!(
                message.starts_with(&format!("line 2: {field}")),
                "{message}"
            );
        }
        let long = format!("{}{}", " ".repeat(LINE_MAX), LINE);
        assert!(message(&long).starts_with("line 2: expected at most 16777216 bytes"));
    }

    #[test]
    fn a_line_cut_anywhere_is_refused_with_its_number() {
        for end in 1..LINE.len() {
            assert!(
                message(&LINE[..end]).starts_with("line 2: "),
                "cut at {end}"
            );
        }
    }
}
