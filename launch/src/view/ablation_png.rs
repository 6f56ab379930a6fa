//! A comparison of networks, at a glance.

use plotters::prelude::*;

use super::chart::{Area, BLUE_START, FONT, GREY_LATE, PictureError, rasterise};
use crate::ablation::{Measure, Question, Row};

/// Size of the drawing, pixels.
const SIZE: (u32, u32) = (1300, 430);

/// What is drawn, and which way is better.
fn shown(question: Question) -> [(Measure, &'static str); 4] {
    let (less, more) = ("less is better", "more is better");
    let [third, fourth] = match question {
        Question::Sees => [Measure::ByRobot, Measure::Near],
        Question::Learns => [Measure::Loss, Measure::Time],
    };
    [
        (Measure::Hausdorff, less),
        (Measure::Success, more),
        (third, less),
        (fourth, less),
    ]
}

/// Means with their intervals, a panel a measure and a line a row, as PNG.
pub fn ablation_png(question: Question, rows: &[Row]) -> Result<Vec<u8>, PictureError> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (header, body) = root.split_vertically(58);
        let title = match question {
            Question::Sees => "What the network sees, and what comes of it",
            Question::Learns => "How the network learns, and what comes of it",
        };
        header.draw(&Text::new(title, (16, 12), (FONT, 24).into_font()))?;
        let key = format!(
            "mean and 95 % interval over episodes; grey line: {}",
            words(question.baseline())
        );
        let font = (FONT, 14).into_font().color(&GREY_LATE);
        header.draw(&Text::new(key, (640, 20), font))?;
        let (names, panels) = body.split_horizontally(190);
        draw_names(&names, rows)?;
        for ((measure, better), area) in
            shown(question).into_iter().zip(panels.split_evenly((1, 4)))
        {
            draw_panel(&area, rows, question.baseline(), (measure, better))?;
        }
        root.present()?;
    }
    rasterise(&svg)
}

/// Height of a row's middle in a panel, pixels.
fn height(row: usize, rows: usize) -> i32 {
    let step = 280 / rows.max(1) as i32;
    40 + step / 2 + step * row as i32
}

fn ink(row: &Row) -> RGBColor {
    if row
        .by_seed
        .iter()
        .flatten()
        .next()
        .is_some_and(Option::is_some)
    {
        BLUE_START
    } else {
        GREY_LATE
    }
}

/// What a row is called.
fn words(name: &str) -> &str {
    match name {
        "past" => "now + past",
        "past_motion" => "now + past + motion",
        "motion" => "now + motion",
        "cloned" => "no aggregation",
        "one_knot" => "one knot",
        "small" => "smaller network",
        "regular" => "regular MPC",
        other => other,
    }
}

fn draw_names(area: &Area<'_>, rows: &[Row]) -> Result<(), PictureError> {
    for (number, row) in rows.iter().enumerate() {
        let style = (FONT, 16).into_font().color(&ink(row));
        let place = (16, height(number, rows.len()) - 9);
        area.draw(&Text::new(words(&row.name).to_owned(), place, style))?;
    }
    Ok(())
}

fn draw_panel(
    area: &Area<'_>,
    rows: &[Row],
    baseline: &str,
    (measure, better): (Measure, &str),
) -> Result<(), PictureError> {
    let Some(column) = Measure::ALL.iter().position(|other| *other == measure) else {
        return Ok(());
    };
    let (factor, digits) = measure.scale();
    let of = |row: &Row| row.estimates.get(column).copied().flatten();
    let ends = || rows.iter().filter_map(of).flat_map(|e| e.interval);
    if ends().next().is_none() {
        return Ok(());
    }
    let low = factor * ends().fold(f64::INFINITY, f64::min);
    let high = factor * ends().fold(f64::NEG_INFINITY, f64::max);
    let spare = (0.12 * (high - low)).max(1e-3);
    let (width, _) = area.dim_in_pixel();
    let wide = f64::from(width) - 40.0;
    let across = |value: f64| {
        let share = (factor * value - low + spare) / (high - low + 2.0 * spare);
        20 + (wide * share) as i32
    };
    let font = |size: u32| (FONT, size).into_font();
    area.draw(&Text::new(measure.title(), (20, 0), font(16)))?;
    area.draw(&Text::new(
        better.to_owned(),
        (20, 19),
        font(12).color(&GREY_LATE),
    ))?;
    let bottom = height(rows.len().saturating_sub(1), rows.len()) + 26;
    let baseline = rows.iter().find(|row| row.name == baseline).and_then(of);
    if let Some(baseline) = baseline {
        let x = across(baseline.mean);
        let line = [(x, 38), (x, bottom)];
        area.draw(&PathElement::new(line, GREY_LATE.mix(0.5).stroke_width(1)))?;
    }
    for (number, row) in rows.iter().enumerate() {
        let Some(estimate) = of(row) else { continue };
        let (y, ink) = (height(number, rows.len()), ink(row));
        let [from, to] = estimate.interval.map(across);
        area.draw(&PathElement::new([(from, y), (to, y)], ink.stroke_width(2)))?;
        for x in [from, to] {
            let tick = [(x, y - 5), (x, y + 5)];
            area.draw(&PathElement::new(tick, ink.stroke_width(2)))?;
        }
        let middle = across(estimate.mean);
        area.draw(&Circle::new((middle, y), 5, ink.filled()))?;
        let words = format!("{:.digits$}", factor * estimate.mean);
        let place = ((middle - 12).clamp(2, width as i32 - 44), y - 23);
        area.draw(&Text::new(words, place, font(12).color(&ink)))?;
    }
    let axis = [(20, bottom), (width as i32 - 20, bottom)];
    area.draw(&PathElement::new(axis, BLACK.mix(0.5).stroke_width(1)))?;
    for value in [low, high] {
        let x = across(value / factor);
        let tick = [(x, bottom), (x, bottom + 4)];
        area.draw(&PathElement::new(tick, BLACK.mix(0.5).stroke_width(1)))?;
        let words = format!("{value:.digits$}");
        area.draw(&Text::new(words, (x - 14, bottom + 7), font(12)))?;
    }
    Ok(())
}
