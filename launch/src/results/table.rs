//! Statistics as Markdown tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::published::PUBLISHED;
use super::summary::summary;
use super::{Arena, Figures, Planned, Row, Section, Ticks, Wire};
use crate::evaluation::Measure;
use crate::evaluation::statistics::{Estimate, Rate};

/// Origin of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Date.
    pub date: String,
    /// Version and commit.
    pub version: String,
    /// Processor.
    pub machine: String,
    /// Command line.
    pub command: String,
    /// Parameters of the learned policy's network.
    pub parameters: Option<usize>,
}

/// Note on reading the tables.
pub(super) const NOTE: &str = "Square brackets hold intervals of 95 %. Where a situation is driven \
    once, those of rates are Wilson's (1927) over drives; where repeatedly, they are over situations: \
    Wilson's for as many independent drives as the repeated ones are worth (Korn and Graubard 1998). \
    Those of means and differences are over situations: the bootstrap, corrected for bias and \
    acceleration (Efron and Tibshirani 1993) and widened (Hesterberg 2015), or Student's (1908) of \
    fewer than ten. Time and path are of drives that reached the goal. SPL is success weighted by the \
    shortest way over the way driven (Anderson et al. 2018). Nothing but times of ticks depends on the \
    machine.";

/// Heading of the latency of the node.
pub(super) const WIRE: &str = "The node of ROS 2 over the wire";

/// The document. `wire` is the latency of the node.
pub fn markdown(head: &Head, sections: &[Section], wire: Option<&Wire>) -> String {
    let mut text = format!(
        "# Results\n\n{}, version {}, {}.\n\n    {}\n\nRegular MPC has the hand-engineered cost alone, \
         the performer a learned cost on top; the explicit policy follows a learned path without MPC. \
         The expert knows the map and shows what can be had. All of them drive the same situations; \
         training takes even seeds, evaluation odd ones.\n\n{}{NOTE}\n",
        head.date,
        head.version,
        head.machine,
        head.command,
        summary(sections)
    );
    for section in sections {
        let _ = write!(
            text,
            "\n## {}\n\n{}",
            section.planned.title,
            tables(section)
        );
        text += &brief_failures(&section.figures);
        text += &ticks(&section.ticks);
    }
    if let Some(wire) = wire {
        let _ = write!(text, "\n## {WIRE}\n\n{}", wire.table());
    }
    text += "\n## Beside what is published\n\n| what | published | here | comparable? |\n| --- | --- | --- | --- |\n";
    for row in &PUBLISHED {
        let ours = (row.ours)(head, sections).unwrap_or_else(|| "not measured".to_owned());
        let _ = writeln!(
            text,
            "| {} | {} ({}) | {ours} | {} |",
            row.what, row.theirs, row.source, row.comparable
        );
    }
    text
}

fn ticks(ticks: &[(String, Ticks)]) -> String {
    let mut text = String::from(
        "\nTicks, ms:\n\n| policy | ticks | median | 99 % | worst |\n| --- | --- | --- | --- | --- |\n",
    );
    for (policy, t) in ticks {
        let _ = writeln!(
            text,
            "| {policy} | {} | {:.2} | {:.2} | {:.2} |",
            t.count, t.ms_p50, t.ms_p99, t.ms_worst
        );
    }
    text
}

/// Number of situations and drives per situation.
fn extent(planned: &Planned, rows: &[Row], situations: usize) -> String {
    let what = match planned.arena {
        Arena::Drawn(_) => "situations",
        Arena::Doors => "passages, doors times two directions",
        Arena::Recordings => "drives among recorded people",
        Arena::Barn => "worlds",
    };
    let repeated: Vec<String> = rows
        .iter()
        .filter(|row| row.drives > row.situations)
        .map(|row| {
            let times = row.drives / row.situations.max(1);
            format!("{times} times by {}", row.policy)
        })
        .collect();
    if repeated.is_empty() {
        return format!(
            "{situations} {what}, each driven once; intervals of rates are over drives.\n\n"
        );
    }
    format!(
        "{situations} {what}, each driven {}; intervals of rates are over situations.\n\n",
        repeated.join(" and ")
    )
}

/// Tables of a scenario: a column per policy, a row per measure.
pub(super) fn tables(section: &Section) -> String {
    let (planned, figures) = (section.planned, &section.figures);
    let rows = &figures.rows;
    let names: Vec<&str> = rows.iter().map(|row| row.policy.as_str()).collect();
    let mut text = extent(planned, rows, figures.situations);
    table_head(&mut text, "", &names);
    let mut line = |title: &str, cell: &dyn Fn(&Row) -> String| {
        let cells: Vec<String> = rows.iter().map(cell).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(text, "| {title} | {} |", cells.join(" | "));
        }
    };
    line("drives", &|row| row.drives.to_string());
    line("reached, %", &|row| rate(&row.success));
    line("collided, %", &|row| rate(&row.collision));
    if planned.measures.concat().contains(&"people_gap_m_min") {
        line("robot into person, %", &|row| rate(&row.contact_by_robot));
        line("person into robot, %", &|row| rate(&row.contact_by_other));
    }
    if planned.arena == Arena::Recordings {
        line("robot into person, % of those met", &|row| {
            row.contact_per_encounter
                .as_ref()
                .map_or(String::new(), |met| {
                    format!("{} (n = {})", rate(met), met.of)
                })
        });
    }
    if rows.iter().any(|row| row.drives > row.situations) {
        line("variance of success between situations", &|row| {
            if row.drives > row.situations {
                format!("{:.3}", row.success_variance)
            } else {
                String::new()
            }
        });
    }
    for measure in shown(planned) {
        line(measure.title, &|row| {
            mean(
                measure,
                row.means.get(measure.name),
                figures.situations,
                false,
            )
        });
    }
    line("Hausdorff to expert, m", &|row| {
        row.hausdorff_m.as_ref().map_or(String::new(), |e| {
            format!("{:.2} [{:.2}, {:.2}]", e.mean, e.interval[0], e.interval[1])
        })
    });
    differences(&mut text, planned, figures);
    text
}

fn shown<'a>(planned: &Planned) -> impl Iterator<Item = &'a Measure> {
    let of = |name: &&str| Measure::ALL.iter().find(|measure| measure.name == *name);
    planned.measures.iter().copied().flatten().filter_map(of)
}

fn differences(text: &mut String, planned: &Planned, figures: &Figures) {
    *text += "\nDifference to regular, situation by situation; bold where the interval leaves out zero:\n\n";
    let names: Vec<&str> = figures
        .differences
        .iter()
        .map(|row| row.policy.as_str())
        .collect();
    table_head(text, "", &names);
    let success = Measure {
        name: "success",
        title: "reached, %",
        digits: 1,
        factor: 100.0,
        of: |_| None,
    };
    for measure in std::iter::once(&success).chain(shown(planned)) {
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
    for measure in shown(planned).filter(|measure| planned.wider.contains(&measure.name)) {
        let cells: Vec<String> = figures
            .differences
            .iter()
            .map(|row| row.wider.get(measure.name).map_or(String::new(), rate))
            .collect();
        let title = measure.title.split(',').next().unwrap_or_default();
        let _ = writeln!(
            text,
            "| {title}: more than regular, % of situations | {} |",
            cells.join(" | ")
        );
    }
}

/// Number and causes of failures.
fn brief_failures(figures: &Figures) -> String {
    let mut text = String::new();
    for row in figures.rows.iter().filter(|row| !row.failures.is_empty()) {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for failure in &row.failures {
            *reasons.entry(&failure.why).or_default() += 1;
        }
        let told: Vec<String> = reasons
            .iter()
            .map(|(why, count)| format!("{count} {why}"))
            .collect();
        let _ = writeln!(text, "- {}: {}", row.policy, told.join(", "));
    }
    if text.is_empty() {
        return text;
    }
    format!("\nDrives that failed (where each did stands in report.html):\n\n{text}")
}

/// Place and cause of each failure.
pub(super) fn failures(figures: &Figures) -> String {
    let mut text = String::new();
    for row in figures.rows.iter().filter(|row| !row.failures.is_empty()) {
        let _ = writeln!(
            text,
            "\n<details><summary>{}: {} failures</summary>\n",
            row.policy,
            row.failures.len()
        );
        text += "| situation, faults | why | at x, y, m | to the goal, m |\n| --- | --- | --- | --- |\n";
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
        text += "\n</details>\n";
    }
    text
}

pub(super) fn table_head(text: &mut String, corner: &str, names: &[&str]) {
    let _ = writeln!(
        text,
        "| {corner} | {} |\n|{}",
        names.join(" | "),
        " --- |".repeat(1 + names.len())
    );
}

pub(super) fn rate(rate: &Rate) -> String {
    let [low, high] = rate.interval.map(|end| 100.0 * end);
    format!("{:.0} [{low:.0}, {high:.0}]", 100.0 * rate.rate)
}

/// A mean with its interval, and its number of situations if not all.
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
