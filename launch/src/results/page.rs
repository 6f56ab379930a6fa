//! The report as one HTML page with embedded pictures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::published::PUBLISHED;
use super::summary::summary;
use super::table::{self, Head, NOTE, WIRE};
use super::{Section, Wire};

const STYLE: &str = "body{font:15px/1.45 'DejaVu Sans',sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;margin:1em 0;font-size:13px}td,th{border-bottom:1px solid #ddd;padding:3px 9px;text-align:left}\
th{background:#f3f4f7}img{max-width:100%}.meta{color:#666}figure{margin:1em 0;display:inline-block}";

/// The page. `wire` is the latency of the node, `curves` are learning curves, PNG.
pub fn page(
    head: &Head,
    sections: &[Section],
    wire: Option<&Wire>,
    curves: Option<&[u8]>,
) -> String {
    let mut text = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Performer-MPC: results</title><style>{STYLE}</style>\
         <h1>Performer-MPC: results</h1><p class=\"meta\">{}, version {}, {}<br><code>{}</code></p>",
        escaped(&head.date),
        escaped(&head.version),
        escaped(&head.machine),
        escaped(&head.command)
    );
    text += &tables(&summary(sections));
    text += &format!("<p class=\"meta\">{}</p>", escaped(NOTE));
    for section in sections {
        text += &format!(
            "<h2>{}</h2>{}",
            escaped(section.planned.title),
            image(&section.picture)
        );
        text += &tables(&table::tables(section));
        if let Some(failures) = &section.failures {
            let which = if failures.drawn < failures.count {
                format!("the first {} of {}", failures.drawn, failures.count)
            } else {
                format!("all {}", failures.count)
            };
            text += &format!(
                "<h3>Where the performer failed: {which}, in the order of seeds</h3>{}",
                image(&failures.picture)
            );
        }
        text += &tables(&table::failures(&section.figures));
        text += "<h3>Time of a tick</h3>";
        for (policy, ticks) in &section.ticks {
            text += &format!(
                "<figure><figcaption>{}: median {:.2} ms, 99 % {:.2} ms, worst {:.2} ms of {} ticks</figcaption>{}</figure>",
                escaped(policy),
                ticks.ms_p50,
                ticks.ms_p99,
                ticks.ms_worst,
                ticks.count,
                ticks.svg(colour(policy))
            );
        }
    }
    if let Some(wire) = wire {
        text += &format!("<h2>{WIRE}</h2>{}", tables(&wire.table()));
    }
    if let Some(curves) = curves {
        text += &format!("<h2>Learning</h2>{}", image(curves));
    }
    text +=
        "<h2>Beside what is published</h2><table><tr><th>what<th>published<th>here<th>comparable?";
    for row in &PUBLISHED {
        let ours = (row.ours)(head, sections).unwrap_or_else(|| "not measured".to_owned());
        let theirs = format!("{} ({})", row.theirs, row.source);
        let cells = [row.what, &theirs, &ours, row.comparable];
        let cells = cells.map(|cell| format!("<td>{}", escaped(cell)));
        text += &format!("<tr>{}", cells.concat());
    }
    text + "</table></html>\n"
}

/// The colours of pictures: performer green, regular red, explicit blue, others grey.
fn colour(policy: &str) -> &'static str {
    match policy {
        "regular" => "#c8372d",
        "explicit" => "#2450a8",
        _ if policy.starts_with("performer") => "#12904a",
        _ => "#787882",
    }
}

fn image(png: &[u8]) -> String {
    format!(
        "<p><img alt=\"\" src=\"data:image/png;base64,{}\"></p>",
        STANDARD.encode(png)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Tables and folded parts of our own Markdown as HTML.
fn tables(markdown: &str) -> String {
    let mut text = String::new();
    let mut in_table = false;
    for line in markdown.lines() {
        let row = line
            .strip_prefix('|')
            .and_then(|rest| rest.strip_suffix('|'));
        if row.is_none() && in_table {
            text += "</table>";
            in_table = false;
        }
        match row {
            Some(row) if row.contains("---") => {}
            Some(row) => {
                let mark = if in_table { "td" } else { "th" };
                if !in_table {
                    text += "<table>";
                    in_table = true;
                }
                text += "<tr>";
                for cell in row.split('|') {
                    let cell = escaped(cell.trim());
                    let cell = match cell.strip_prefix("**").and_then(|c| c.split_once("**")) {
                        Some((bold, rest)) => format!("<b>{bold}</b>{rest}"),
                        None => cell,
                    };
                    text += &format!("<{mark}>{cell}</{mark}>");
                }
                text += "</tr>";
            }
            None if line.starts_with('<') => text += line,
            None if line.is_empty() => {}
            None => text += &format!("<p>{}</p>", escaped(line)),
        }
    }
    if in_table {
        text += "</table>";
    }
    text
}
