//! The comparison as a table for people.

use std::fmt::Write as _;

use super::arm::Question;
use super::figures::{Measure, Row};
use crate::statistics::Estimate;

/// Between these a document has the table.
const MARKS: [&str; 2] = ["<!-- ablation -->\n", "<!-- /ablation -->"];

/// Where figures come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// When networks were trained and drives driven, by which versions, on what machines.
    pub made: Vec<String>,
    /// What was typed.
    pub command: String,
    /// What was trained on and for how long.
    pub training: String,
}

/// The table in Markdown: means with intervals, then differences to the baseline.
pub fn table(question: Question, rows: &[Row], provenance: &Provenance) -> String {
    let mut text = format!(
        "{}.\n{}\n\n    {}\n\n",
        provenance.made.join("; "),
        provenance.training,
        provenance.command
    );
    // what no row has is no column
    let columns: Vec<(usize, Measure)> = (0..)
        .zip(Measure::ALL)
        .filter(|(column, _)| rows.iter().any(|row| row.estimates[*column].is_some()))
        .collect();
    let head = |text: &mut String, first: &str| {
        let titles: Vec<&str> = columns.iter().map(|(_, measure)| measure.title()).collect();
        let _ = writeln!(text, "| {first} | {} |", titles.join(" | "));
        let _ = writeln!(text, "|{}", " --- |".repeat(1 + titles.len()));
    };
    let line = |text: &mut String, name: &str, estimates: &[Option<Estimate>], signed: bool| {
        let cells: Vec<String> = columns
            .iter()
            .map(|(column, measure)| cell(*measure, estimates[*column].as_ref(), signed))
            .collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    };
    head(&mut text, question.verb());
    for row in rows {
        line(
            &mut text,
            &shown(question, &row.name),
            &row.estimates,
            false,
        );
    }
    let _ = write!(
        text,
        "\nDifference to `{}`, episode by episode; bold where the interval leaves out zero:\n\n",
        question.baseline()
    );
    head(&mut text, question.verb());
    for row in rows {
        if row.differences.iter().any(Option::is_some) {
            line(
                &mut text,
                &shown(question, &row.name),
                &row.differences,
                true,
            );
        }
    }
    if rows.iter().all(|row| row.seeds.len() < 2) {
        return text;
    }
    text += "\nMeans by training seed:\n\n";
    head(&mut text, &format!("{}, seed", question.verb()));
    for row in rows {
        for (seed, means) in row.seeds.iter().zip(&row.by_seed) {
            let cells: Vec<String> = columns
                .iter()
                .map(|(column, measure)| {
                    let (factor, digits) = measure.scale();
                    means[*column]
                        .map_or(String::new(), |mean| format!("{:.digits$}", factor * mean))
                })
                .collect();
            if row.seeds.len() > 1 {
                let _ = writeln!(text, "| `{}`, {seed} | {} |", row.name, cells.join(" | "));
            }
        }
    }
    text
}

/// The document with the table in place of the one that it has; none when it has no place for one.
pub fn with_table(document: &str, table: &str) -> Option<String> {
    let (before, rest) = document.split_once(MARKS[0])?;
    let (_, after) = rest.split_once(MARKS[1])?;
    Some(format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1]))
}

fn shown(question: Question, name: &str) -> String {
    let arm = question.arms().iter().find(|arm| arm.name == name);
    arm.map_or(format!("`{name}`"), |arm| {
        format!("`{name}`: {}", arm.means)
    })
}

fn cell(measure: Measure, estimate: Option<&Estimate>, signed: bool) -> String {
    let Some(estimate) = estimate else {
        return String::new();
    };
    let (factor, digits) = measure.scale();
    let [low, high] = estimate.interval.map(|end| factor * end);
    let mean = factor * estimate.mean;
    let text = if signed {
        format!("{mean:+.digits$} [{low:+.digits$}, {high:+.digits$}]")
    } else {
        format!("{mean:.digits$} [{low:.digits$}, {high:.digits$}]")
    };
    if signed && estimate.differs_from_zero() {
        format!("**{text}**")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_gets_the_new_table_in_place_of_the_old() {
        let document = "a\n<!-- ablation -->\nold\n<!-- /ablation -->\nb\n";
        let renewed = with_table(document, "new\n").unwrap();
        assert_eq!(renewed, document.replace("old", "new"));
        assert_eq!(with_table("a\nb\n", "new\n"), None);
    }
}
