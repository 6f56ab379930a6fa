//! Overview of a matrix of faults.

use plotters::prelude::*;

use super::chart::{Area, FONT, GREY_LATE, PictureError, rasterise};
use crate::faults::{FaultReport, FaultRow};

/// Width of the names of faults, of a cell, pixels.
const NAMES: i32 = 230;
const CELL: i32 = 92;
/// Height of a row, of the titles, pixels.
const ROW: i32 = 18;
const TITLES: i32 = 96;
/// Minimum width of a panel, pixels: its title must fit.
const PANEL_MIN: i32 = 200;
/// Space between panels, pixels.
const BETWEEN: i32 = 26;

const GOOD: RGBColor = RGBColor(214, 236, 220);
const BAD: RGBColor = RGBColor(200, 55, 45);

/// Content of a panel for a row: number of episodes and number of failures.
struct Panel {
    title: &'static str,
    count: fn(&FaultRow) -> [f64; 2],
}

const PANELS: [Panel; 3] = [
    Panel {
        title: "collisions caused",
        count: |row| {
            let sum = &row.summary;
            [sum.collisions_caused as f64, sum.episodes as f64]
        },
    },
    Panel {
        title: "blind, not at rest in time",
        count: |row| {
            let (sum, of) = (&row.summary, row.summary.rests_of as f64);
            [of * (1.0 - sum.rests_in_time_rate.unwrap_or(1.0)), of]
        },
    },
    Panel {
        title: "did not go on after the fault",
        count: |row| {
            let (sum, of) = (&row.summary, row.summary.recovered_of as f64);
            [of * (1.0 - sum.recovered_rate.unwrap_or(1.0)), of]
        },
    },
];

/// A heat map for each measure, a row per fault and a column per policy and robot, as PNG.
pub fn faults_png(report: &FaultReport) -> Result<Vec<u8>, PictureError> {
    let mut columns: Vec<(&str, &str)> = Vec::new();
    for row in &report.rows {
        let column = (row.policy.name(), row.robot.as_str());
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let panel = (CELL * columns.len() as i32).max(PANEL_MIN);
    let width = NAMES + PANELS.len() as i32 * (panel + BETWEEN) + BETWEEN;
    let height = TITLES + ROW * report.faults.len() as i32 + 24;
    let mut svg = String::new();
    {
        let size = (width.max(900) as u32, height as u32);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let sum = &report.all;
        let title = format!(
            "Faults: {} episodes, {} collisions caused, {} unavoidable",
            sum.episodes, sum.collisions_caused, sum.contacts_unavoidable
        );
        root.draw(&Text::new(title, (16, 12), (FONT, 22).into_font()))?;
        for (number, fault) in report.faults.iter().enumerate() {
            let place = (16, TITLES + ROW * number as i32 + 2);
            let ink = if fault.promised { BLACK } else { GREY_LATE };
            let style = (FONT, 13).into_font().color(&ink);
            root.draw(&Text::new(fault.fault.clone(), place, style))?;
        }
        let key = "black: no collision may be caused";
        let style = (FONT, 12).into_font().color(&GREY_LATE);
        root.draw(&Text::new(key, (16, TITLES - 22), style))?;
        for (number, shown) in PANELS.iter().enumerate() {
            let left = NAMES + number as i32 * (panel + BETWEEN);
            draw_panel(&root, report, &columns, left, shown)?;
        }
        root.present()?;
    }
    rasterise(&svg)
}

fn draw_panel(
    root: &Area<'_>,
    report: &FaultReport,
    columns: &[(&str, &str)],
    left: i32,
    panel: &Panel,
) -> Result<(), PictureError> {
    let font = |size: u32| (FONT, size).into_font();
    root.draw(&Text::new(panel.title, (left, 46), font(14)))?;
    for (number, (policy, robot)) in columns.iter().enumerate() {
        let x = left + CELL * number as i32;
        root.draw(&Text::new((*policy).to_owned(), (x, 66), font(12)))?;
        let style = font(12).color(&GREY_LATE);
        root.draw(&Text::new((*robot).to_owned(), (x, 80), style))?;
        for (line, fault) in report.faults.iter().enumerate() {
            let of_cell = report.rows.iter().filter(|row| {
                row.fault == fault.fault
                    && (row.policy.name(), row.robot.as_str()) == (*policy, *robot)
            });
            let [bad, of] = of_cell
                .map(panel.count)
                .fold([0.0, 0.0], |sum, row| [sum[0] + row[0], sum[1] + row[1]]);
            if of == 0.0 {
                continue;
            }
            let y = TITLES + ROW * line as i32;
            let share = bad / of;
            let fill = if share > 0.0 {
                // one failure of many must be visible
                mixed(GOOD, BAD, 0.25 + 0.75 * share)
            } else {
                GOOD
            };
            let corners = [(x, y), (x + CELL - 3, y + ROW - 2)];
            root.draw(&Rectangle::new(corners, fill.filled()))?;
            let ink = if share > 0.5 { WHITE } else { BLACK };
            let text = format!("{bad:.0} / {of:.0}");
            let style = font(12).color(&ink);
            root.draw(&Text::new(text, (x + 8, y + 2), style))?;
        }
    }
    Ok(())
}

fn mixed(from: RGBColor, to: RGBColor, share: f64) -> RGBColor {
    let mix = |a: u8, b: u8| (f64::from(a) + share * (f64::from(b) - f64::from(a))) as u8;
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}
