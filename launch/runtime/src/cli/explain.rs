//! `replay --explain`: which check changed the commands, when and why.

use std::path::Path;

use serde::Serialize;

use super::options::write_json;
use crate::node::Explanation;

/// The explained ticks of a replay.
#[derive(Debug, Default)]
pub(super) struct Explained {
    ticks: Vec<Explanation>,
}

#[derive(Serialize)]
struct Answer<'a> {
    command: &'static str,
    recording: String,
    ticks: &'a [Explanation],
}

impl Explained {
    pub(super) fn add(&mut self, tick: Explanation) {
        self.ticks.push(tick);
    }

    /// A table with a row for each change of the active check: the first tick of the change, and
    /// the number of ticks with the same check.
    pub(super) fn table(&self) -> String {
        let mut text = format!(
            "{:>16} {:>6}  {:>15}  {:>15}  {:<15} {}\n",
            "time s", "ticks", "wanted m/s rad/s", "sent m/s rad/s", "check", "reason"
        );
        let alike = |one: &Explanation, other: &Explanation| {
            one.check == other.check && one.sent.is_some() == other.sent.is_some()
        };
        for same in self.ticks.chunk_by(alike) {
            let first = &same[0];
            let untouched = if first.sent.is_some() {
                "-"
            } else {
                "nothing sent"
            };
            let row = format!(
                "{:>16.3} {:>6}  {:>16}  {:>15}  {:<15} {}",
                first.time_s,
                same.len(),
                pair(first.wanted),
                pair(first.sent),
                first.check.as_deref().unwrap_or(untouched),
                first.reason
            );
            text += row.trim_end();
            text.push('\n');
        }
        text
    }

    /// Every tick as JSON.
    pub(super) fn write(&self, path: &Path, recording: &Path) -> anyhow::Result<()> {
        write_json(
            path,
            &Answer {
                command: "replay --explain",
                recording: recording.display().to_string(),
                ticks: &self.ticks,
            },
        )
    }
}

fn pair(speeds: Option<[f64; 2]>) -> String {
    speeds.map_or_else(
        || "-".to_owned(),
        |[linear, angular]| format!("{linear:.3} {angular:.3}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(time_s: f64, check: Option<&str>) -> Explanation {
        Explanation {
            time_s,
            wanted: check.is_none().then_some([0.5, 0.1]),
            sent: Some([0.5, 0.1]),
            check: check.map(str::to_owned),
            reason: check.map_or("", |_| "an obstacle").to_owned(),
        }
    }

    #[test]
    fn a_row_tells_of_a_change_and_how_long_it_held() {
        let mut explained = Explained::default();
        for (at, check) in [None, None, Some("obstacle"), None].into_iter().enumerate() {
            explained.add(tick(at as f64, check));
        }
        let table = explained.table();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(rows.len(), 4, "{table}");
        assert_eq!(
            rows[1],
            ["0.000", "2", "0.500", "0.100", "0.500", "0.100", "-"]
        );
        let expected = [
            "2.000", "1", "-", "0.500", "0.100", "obstacle", "an", "obstacle",
        ];
        assert_eq!(rows[2], expected);
    }
}
