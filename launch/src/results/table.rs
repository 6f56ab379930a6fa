//! The figures in Markdown.

use std::fmt::Write as _;

use super::published::PUBLISHED;
use super::{Figures, Section};
use crate::measure::Measure;
use crate::statistics::{Estimate, Rate};

/// Where a report comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Day.
    pub date: String,
    /// Version and commit.
    pub version: String,
    /// Processor.
    pub machine: String,
    /// What was typed.
    pub command: String,
}

/// The document.
pub fn markdown(head: &Head, sections: &[Section]) -> String {
    let mut text = format!(
        "# Results\n\n{}, version {}, {}.\n\n    {}\n\nRates have intervals of Wilson (1927) over \
         drives, means those of the percentile bootstrap (Efron 1979) over situations; all of 95 \
         %. Time, path and path length ratio are of drives that reached the goal. Names and \
         sources of the measures stand in `sim/src/metrics`. Nothing but times of ticks depends \
         on the machine.\n",
        head.date, head.version, head.machine, head.command
    );
    for section in sections {
        let _ = write!(
            text,
            "\n## {}\n\n{}",
            section.title,
            figures(&section.figures)
        );
        text += "\nTicks, ms:\n\n| policy | ticks | median | 99 % | worst |\n| --- | --- | --- | --- | --- |\n";
        for (policy, t) in &section.ticks {
            let _ = writeln!(
                text,
                "| {policy} | {} | {:.2} | {:.2} | {:.2} |",
                t.count, t.ms_p50, t.ms_p99, t.ms_worst
            );
        }
    }
    text +=
        "\n## Beside the paper\n\n| what | Xiao et al. 2022 | comparable? |\n| --- | --- | --- |\n";
    for [what, theirs, comparable] in PUBLISHED {
        let _ = writeln!(text, "| {what} | {theirs} | {comparable} |");
    }
    text
}

/// Tables of a scenario: policies across, measures down.
pub(super) fn figures(figures: &Figures) -> String {
    let names: Vec<&str> = figures.rows.iter().map(|row| row.policy.as_str()).collect();
    let mut text = format!("{} situations.\n\n", figures.situations);
    table_head(&mut text, &names);
    let mut line = |title: &str, cells: Vec<String>| {
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(text, "| {title} | {} |", cells.join(" | "));
        }
    };
    let rows = &figures.rows;
    line(
        "drives",
        rows.iter().map(|row| row.drives.to_string()).collect(),
    );
    line(
        "reached, %",
        rows.iter().map(|row| rate(&row.success)).collect(),
    );
    line(
        "collided, %",
        rows.iter().map(|row| rate(&row.collision)).collect(),
    );
    if rows
        .iter()
        .any(|row| row.means.contains_key("people_gap_m_min"))
    {
        line(
            "robot into person, %",
            rows.iter().map(|row| rate(&row.contact_by_robot)).collect(),
        );
        line(
            "person into robot, %",
            rows.iter().map(|row| rate(&row.contact_by_other)).collect(),
        );
    }
    line(
        "variance of success between situations",
        rows.iter()
            .map(|row| format!("{:.3}", row.success_variance))
            .collect(),
    );
    for measure in &Measure::ALL {
        let cell = |of: Option<&Estimate>| mean(measure, of, figures.situations, false);
        line(
            measure.title,
            rows.iter()
                .map(|row| cell(row.means.get(measure.name)))
                .collect(),
        );
    }
    let stray = |of: Option<&Estimate>| {
        of.map_or(String::new(), |e| {
            format!("{:.2} [{:.2}, {:.2}]", e.mean, e.interval[0], e.interval[1])
        })
    };
    line(
        "Hausdorff to expert, m",
        rows.iter()
            .map(|row| stray(row.hausdorff_m.as_ref()))
            .collect(),
    );
    differences(&mut text, figures);
    failures(&mut text, figures);
    text
}

fn differences(text: &mut String, figures: &Figures) {
    *text += "\nDifference to regular, situation by situation; bold where the interval leaves out zero:\n\n";
    let names: Vec<&str> = figures
        .differences
        .iter()
        .map(|row| row.policy.as_str())
        .collect();
    table_head(text, &names);
    let success = Measure {
        name: "success",
        title: "reached, %",
        digits: 1,
        factor: 100.0,
        of: |_| None,
    };
    for measure in std::iter::once(&success).chain(&Measure::ALL) {
        let cells: Vec<String> = figures
            .differences
            .iter()
            .map(|row| {
                let of = if measure.name == "success" {
                    row.success.as_ref()
                } else {
                    row.means.get(measure.name)
                };
                mean(measure, of, figures.situations, true)
            })
            .collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(text, "| {} | {} |", measure.title, cells.join(" | "));
        }
    }
}

fn failures(text: &mut String, figures: &Figures) {
    for row in figures.rows.iter().filter(|row| !row.failures.is_empty()) {
        let _ = writeln!(
            text,
            "\n<details><summary>{}: {} failures</summary>\n",
            row.policy,
            row.failures.len()
        );
        *text += "| situation, faults | why | at x, y, m | to the goal, m |\n| --- | --- | --- | --- |\n";
        for failure in &row.failures {
            let at = failure
                .at
                .map_or(String::new(), |[x, y]| format!("{x:.2}, {y:.2}"));
            let [situation, faults] = failure.seeds;
            let _ = writeln!(
                text,
                "| {situation}, {faults} | {} | {at} | {:.1} |",
                failure.why, failure.left_m
            );
        }
        *text += "\n</details>\n";
    }
}

fn table_head(text: &mut String, names: &[&str]) {
    let _ = writeln!(
        text,
        "| | {} |\n|{}",
        names.join(" | "),
        " --- |".repeat(1 + names.len())
    );
}

fn rate(rate: &Rate) -> String {
    let [low, high] = rate.interval.map(|end| 100.0 * end);
    format!("{:.0} [{low:.0}, {high:.0}]", 100.0 * rate.rate)
}

/// A mean with its interval; how many it is of where not of all.
fn mean(measure: &Measure, of: Option<&Estimate>, all: usize, signed: bool) -> String {
    let Some(of) = of else {
        return String::new();
    };
    let digits = measure.digits;
    let [low, high] = of.interval.map(|end| measure.factor * end);
    let mean = measure.factor * of.mean;
    let text = if signed {
        format!("{mean:+.digits$} [{low:+.digits$}, {high:+.digits$}]")
    } else {
        format!("{mean:.digits$} [{low:.digits$}, {high:.digits$}]")
    };
    let text = if signed && of.differs_from_zero() && of.episodes > 1 {
        format!("**{text}**")
    } else {
        text
    };
    if of.episodes == all {
        text
    } else {
        format!("{text} (n = {})", of.episodes)
    }
}
