//! Overview of many episodes: a panel for each.

use plotters::prelude::*;
use sim::Outcome;

use super::chart::{
    Area, BLUE_START, Extent, FONT, GREEN_OK, GREY_LATE, ORANGE_WARN, PictureError, RED_BAD,
    draw_shapes, plain_chart, rasterise,
};
use super::walks::{MOVER, draw_walks, walk_key};
use crate::view::shapes::Shapes;

/// Side of a panel, pixels.
const PANEL: u32 = 150;
/// Height of the title, pixels.
const HEADER: u32 = 84;
/// Maximum number of panels.
const PANELS_MAX: usize = 200;

/// One episode.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Label below the panel.
    pub label: String,
    /// End of the drive.
    pub outcome: Outcome,
    /// Path, x and y, m.
    pub path: Vec<[f64; 2]>,
    /// Trajectories of movers, x and y, m.
    pub walks: Vec<Vec<[f64; 2]>>,
    /// Outlines of the world.
    pub world: Shapes,
    /// x, y and radius of the goal.
    pub goal: [f64; 3],
}

fn colour(outcome: Outcome) -> RGBColor {
    match outcome {
        Outcome::Reached => GREEN_OK,
        Outcome::Collided => RED_BAD,
        Outcome::Stuck => ORANGE_WARN,
        Outcome::TimedOut => GREY_LATE,
    }
}

/// A sheet of all episodes, the first 200 of them, as PNG.
pub fn paths_png(title: &str, panels: &[Panel]) -> Result<Vec<u8>, PictureError> {
    let shown = &panels[..panels.len().min(PANELS_MAX)];
    let columns = ((shown.len() as f64).sqrt() * 1.25).ceil().clamp(6.0, 20.0) as usize;
    let rows = shown.len().div_ceil(columns).max(1);
    let size = (PANEL * columns as u32, HEADER + (PANEL + 18) * rows as u32);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let (header, body) = root.split_vertically(HEADER);
        let more = if shown.len() < panels.len() {
            format!(" (the first {} drawn)", shown.len())
        } else {
            String::new()
        };
        header.draw(&Text::new(
            format!("{title}: {} episodes{more}", panels.len()),
            (12, 10),
            (FONT, 24).into_font(),
        ))?;
        counts(&header, panels)?;
        for (panel, area) in shown.iter().zip(body.split_evenly((rows, columns))) {
            draw_panel(&area, panel)?;
        }
        root.present()?;
    }
    rasterise(&svg)
}

fn counts(area: &Area<'_>, panels: &[Panel]) -> Result<(), PictureError> {
    let kinds = [
        (Outcome::Reached, "reached"),
        (Outcome::Collided, "collided"),
        (Outcome::Stuck, "stuck"),
        (Outcome::TimedOut, "out of time"),
    ];
    for (index, &(outcome, word)) in kinds.iter().enumerate() {
        let count = panels.iter().filter(|p| p.outcome == outcome).count();
        let x = 16 + 190 * index as i32;
        let line = [(x, 62), (x + 30, 62)];
        area.draw(&PathElement::new(line, colour(outcome).stroke_width(5)))?;
        area.draw(&Text::new(
            format!("{word}: {count}"),
            (x + 38, 52),
            (FONT, 18).into_font(),
        ))?;
    }
    if panels.iter().any(|panel| !panel.walks.is_empty()) {
        walk_key(area, "who moved", 16 + 190 * kinds.len() as i32, 62)?;
    }
    Ok(())
}

fn draw_panel(area: &Area<'_>, panel: &Panel) -> Result<(), PictureError> {
    let area = area.margin(3, 3, 4, 4);
    let (picture, label) = area.split_vertically(PANEL - 6);
    let mut extent = Extent::EMPTY;
    for &point in &panel.path {
        extent.include(point, 0.5);
    }
    for &point in panel.walks.iter().flatten() {
        extent.include(point, 0.3);
    }
    let [x, y, tolerance] = panel.goal;
    extent.include([x, y], tolerance);
    extent.include_near(&panel.world, 2.0);
    let mut chart = plain_chart(&picture, extent)?;
    draw_shapes(&mut chart, &panel.world, 1.0)?;
    draw_walks(&mut chart, &panel.walks, MOVER, 2)?;
    let way: Vec<(f64, f64)> = panel.path.iter().map(|p| (p[0], p[1])).collect();
    let ink = colour(panel.outcome);
    chart.draw_series([Circle::new((x, y), 4, GREEN_OK.filled())])?;
    if let (Some(&first), Some(&last)) = (way.first(), way.last()) {
        chart.draw_series([Circle::new(first, 3, BLUE_START.filled())])?;
        chart.draw_series([PathElement::new(way, ink.stroke_width(3))])?;
        if panel.outcome != Outcome::Reached {
            chart.draw_series([Cross::new(last, 5, ink.stroke_width(3))])?;
        }
    }
    label.draw(&Text::new(
        panel.label.clone(),
        (4, 2),
        (FONT, 12).into_font().color(&ink),
    ))?;
    Ok(())
}
