//! A drive as one picture.

use perception::Pose2;
use plotters::prelude::*;

use super::chart::{
    BLUE_START, Chart, Extent, FONT, GREEN_OK, GREY_LATE, PictureError, RED_BAD, draw_shapes,
    plain_chart, rasterise, round,
};
use super::underlay::{layer_keys, map_element, under};
use super::walks::{MOVER, draw_walks, walk_key};
use crate::view::layers::Layers;
use crate::view::record::DriveRecord;

/// Width of the drawing, pixels.
const WIDTH: u32 = 1100;
/// Height of title and legend, pixels.
const HEADER: u32 = 118;
/// Height of a line of the legend below it, pixels.
const LINE: u32 = 28;
/// Length of a path segment of one colour, m.
const PIECE_M: f64 = 0.04;
/// Time between outlines of the robot, s.
const OUTLINE_PERIOD_S: f64 = 1.0;

/// The picture as PNG.
pub fn drive_png(record: &DriveRecord) -> Result<Vec<u8>, PictureError> {
    let mut extent = Extent::EMPTY;
    for tick in &record.ticks {
        extent.include([tick.pose[0], tick.pose[1]], 0.8);
    }
    let walks = record.mover_ways();
    for &place in walks.iter().flatten() {
        extent.include(place, 0.4);
    }
    if let Some([x, y, tolerance]) = record.goal {
        extent.include([x, y], tolerance + 0.3);
    }
    let map = last_map(record)?;
    extent.include_near(&record.world, 3.0);
    let ratio = (extent.height() / extent.width()).clamp(0.4, 1.4);
    let lines = u32::from(map.is_some()) + u32::from(!walks.is_empty());
    let top = HEADER + LINE * lines;
    let size = (WIDTH, top + (f64::from(WIDTH) * ratio) as u32);
    let mut svg = String::new();
    let mut background = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let (header, body) = root.split_vertically(top);
        if map.is_none() {
            body.fill(&WHITE)?;
        }
        header.fill(&WHITE)?;
        let speed_max = record
            .ticks
            .iter()
            .map(|tick| tick.velocity[0].abs())
            .fold(0.1, f64::max);
        title(&header, record, speed_max)?;
        let mut line = HEADER as i32 + 2;
        if let Some((_, layers)) = &map {
            layer_keys(&header, layers, 16, line)?;
            line += LINE as i32;
        }
        if !walks.is_empty() {
            walk_key(&header, "who moved, and where at the end", 16, line)?;
        }
        let body = body.margin(4, 10, 10, 10);
        let mut chart = plain_chart(&body, extent)?;
        if let Some((world_from_map, layers)) = &map {
            background = map_element(&chart, *world_from_map, layers)?;
        }
        draw_shapes(
            &mut chart,
            &record.world,
            if map.is_some() { 0.4 } else { 1.0 },
        )?;
        draw_walks(&mut chart, &walks, MOVER, 5)?;
        draw_ends(&mut chart, record)?;
        draw_way(&mut chart, record, speed_max)?;
        scale_bar(&body, &chart)?;
        root.present()?;
    }
    under(&mut svg, &background);
    rasterise(&svg)
}

/// The last map of a fused drive, and the pose of its frame.
fn last_map(record: &DriveRecord) -> Result<Option<(Pose2, Layers)>, PictureError> {
    let last = record.film.frames.len().checked_sub(1);
    let Some(last) = last.filter(|_| record.is_fused) else {
        return Ok(None);
    };
    let map = record.film.layers(last);
    map.map(Some)
        .map_err(|error| PictureError::Draw(error.to_string()))
}

/// Slow is orange, fast is blue.
fn speed_colour(share: f64) -> HSLColor {
    HSLColor(0.08 + 0.54 * share.clamp(0.0, 1.0), 0.85, 0.45)
}

fn title(
    area: &super::chart::Area<'_>,
    record: &DriveRecord,
    speed_max: f64,
) -> Result<(), PictureError> {
    let (large, small) = ((FONT, 26).into_font(), (FONT, 17).into_font());
    area.draw(&Text::new(record.title.clone(), (16, 12), large.clone()))?;
    let colour = match record.is_success {
        Some(true) => GREEN_OK,
        Some(false) => RED_BAD,
        None => GREY_LATE,
    };
    area.draw(&Text::new(
        format!("{}: {}", record.outcome, record.details),
        (16, 48),
        (FONT, 21).into_font().color(&colour),
    ))?;
    let word = |text: String, x: i32| Text::new(text, (x, 86), small.clone());
    area.draw(&word("path, by speed: 0".to_owned(), 16))?;
    for step in 0..60 {
        let x = 180 + 2 * step;
        let colour = speed_colour(f64::from(step) / 59.0);
        area.draw(&Rectangle::new([(x, 88), (x + 2, 102)], colour.filled()))?;
    }
    area.draw(&word(format!("{speed_max:.1} m/s"), 308))?;
    area.draw(&Circle::new((420, 95), 7, BLUE_START.filled()))?;
    area.draw(&word("start".to_owned(), 434))?;
    area.draw(&Circle::new((512, 95), 7, GREEN_OK.filled()))?;
    area.draw(&word("goal".to_owned(), 526))?;
    area.draw(&Circle::new((598, 95), 8, BLACK.mix(0.45).stroke_width(1)))?;
    area.draw(&word("robot, every second".to_owned(), 612))?;
    if record.contact.is_some() {
        area.draw(&Cross::new((812, 95), 7, RED_BAD.stroke_width(3)))?;
        area.draw(&word("contact".to_owned(), 826))?;
    }
    Ok(())
}

fn draw_ends(chart: &mut Chart<'_, '_>, record: &DriveRecord) -> Result<(), PictureError> {
    if let Some([x, y, tolerance]) = record.goal {
        let ring = round(x, y, tolerance);
        chart.draw_series([Polygon::new(ring.clone(), GREEN_OK.mix(0.18).filled())])?;
        let closed: Vec<_> = ring.iter().chain(ring.first()).copied().collect();
        chart.draw_series([PathElement::new(closed, GREEN_OK.stroke_width(2))])?;
        chart.draw_series([Circle::new((x, y), 6, GREEN_OK.filled())])?;
    }
    let [x, y, _] = record.start;
    chart.draw_series([Circle::new((x, y), 6, BLUE_START.filled())])?;
    Ok(())
}

fn draw_way(
    chart: &mut Chart<'_, '_>,
    record: &DriveRecord,
    speed_max: f64,
) -> Result<(), PictureError> {
    let mut due_s = 0.0;
    let last = record.ticks.len().saturating_sub(1);
    for (index, tick) in record.ticks.iter().enumerate() {
        if tick.t + 1e-6 < due_s && index != last {
            continue;
        }
        due_s = tick.t + OUTLINE_PERIOD_S;
        let [x, y, yaw] = tick.pose;
        let (sin, cos) = yaw.sin_cos();
        let place = |p: &[f64; 2]| (x + cos * p[0] - sin * p[1], y + sin * p[0] + cos * p[1]);
        let corners = record.footprint.iter().chain(record.footprint.first());
        let (opacity, width) = if index == last { (1.0, 3) } else { (0.4, 1) };
        let style = BLACK.mix(opacity).stroke_width(width);
        chart.draw_series([PathElement::new(
            corners.map(place).collect::<Vec<_>>(),
            style,
        )])?;
        let nose = record.footprint.iter().map(|p| p[0]).fold(0.0, f64::max);
        let heading = vec![(x, y), place(&[nose, 0.0])];
        chart.draw_series([PathElement::new(heading, style)])?;
    }
    // segments of a few pixels: shorter ones would have no length
    let mut from = record.ticks.first().map(|tick| tick.pose);
    for tick in &record.ticks {
        let Some([x, y, _]) = from else { break };
        if f64::hypot(tick.pose[0] - x, tick.pose[1] - y) < PIECE_M {
            continue;
        }
        let colour = speed_colour(tick.velocity[0].abs() / speed_max);
        let ends = vec![(x, y), (tick.pose[0], tick.pose[1])];
        chart.draw_series([PathElement::new(ends, colour.stroke_width(5))])?;
        from = Some(tick.pose);
    }
    if let Some([x, y]) = record.contact {
        chart.draw_series([Cross::new((x, y), 14, RED_BAD.stroke_width(5))])?;
    }
    Ok(())
}

fn scale_bar(body: &super::chart::Area<'_>, chart: &Chart<'_, '_>) -> Result<(), PictureError> {
    let metre = chart.backend_coord(&(1.0, 0.0)).0 - chart.backend_coord(&(0.0, 0.0)).0;
    let (_, height) = body.dim_in_pixel();
    let y = height as i32 - 14;
    body.draw(&Rectangle::new(
        [(8, y - 26), (24 + metre, y + 12)],
        WHITE.mix(0.85).filled(),
    ))?;
    body.draw(&Rectangle::new(
        [(14, y), (14 + metre, y + 4)],
        BLACK.filled(),
    ))?;
    body.draw(&Text::new("1 m", (14, y - 20), (FONT, 16).into_font()))?;
    Ok(())
}
