//! Summary tables at the start of the report.

use std::fmt::Write as _;

use super::table::{rate, table_head};
use super::{POLICIES, Row, Section};

/// Table with a row per scenario and a column per policy.
pub(super) fn summary(sections: &[Section]) -> String {
    let names: Vec<&str> = POLICIES
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| sections.iter().any(|section| section.row(name).is_some()))
        .collect();
    let mut text = String::new();
    for (title, cell) in [
        ("Reached the goal, %", reached as fn(&Row) -> String),
        ("Collided, %", collided),
    ] {
        let _ = write!(text, "{title}:\n\n");
        table_head(&mut text, "scenario", &names);
        for section in sections {
            let cells: Vec<String> = names
                .iter()
                .map(|name| section.row(name).map_or(String::new(), cell))
                .collect();
            let _ = writeln!(
                text,
                "| {} | {} |",
                section.planned.title,
                cells.join(" | ")
            );
        }
        text.push('\n');
    }
    text
}

fn reached(row: &Row) -> String {
    rate(&row.success)
}

fn collided(row: &Row) -> String {
    rate(&row.collision)
}
