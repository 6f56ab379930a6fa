//! Distribution of the durations of a tick and its stages, both axes logarithmic.

use plotters::prelude::*;

use super::chart::{
    BLUE_START, FONT, GREEN_OK, GREY_LATE, ORANGE_WARN, PictureError, RED_BAD, draw_legend_at,
    rasterise,
};

/// Size of the drawing, pixels.
const SIZE: (u32, u32) = (1200, 800);
/// Colours; the first is for the whole tick.
const COLOURS: [RGBColor; 5] = [BLACK, BLUE_START, RED_BAD, GREEN_OK, ORANGE_WARN];
/// Minimum drawn duration, ms; shorter ones are drawn as this.
const SHORTEST_MS: f64 = 1e-3;

/// A curve for every stage, as PNG: the share of ticks (vertical) that took longer than a duration,
/// ms (horizontal). `note` is printed below the title. Shares of a hundredth and a thousandth are
/// marked: the curves cross them at the 99th and the 99.9th percentile.
pub fn ticks_png(
    title: &str,
    note: &str,
    stages: &[(&str, &[f64])],
) -> Result<Vec<u8>, PictureError> {
    let times = || {
        stages
            .iter()
            .flat_map(|(_, times)| times.iter().copied())
            .filter(|&ms| ms > SHORTEST_MS)
    };
    let count = stages.iter().map(|(_, times)| times.len()).max();
    let shortest = times().fold(f64::INFINITY, f64::min);
    let longest = times().fold(f64::NEG_INFINITY, f64::max);
    let (Some(count), true) = (count, longest.is_finite()) else {
        return Err(PictureError::Draw("nothing was timed".to_owned()));
    };
    let (left, right) = (
        shortest.log10().floor(),
        (longest.log10() + 0.05).max(shortest.log10().floor() + 1.0),
    );
    let lowest = -(count.max(10) as f64).log10();
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (header, body) = root.split_vertically(92);
        header.draw(&Text::new(title, (24, 18), (FONT, 24).into_font()))?;
        header.draw(&Text::new(note, (24, 56), (FONT, 19).into_font()))?;
        let mut chart = ChartBuilder::on(&body)
            .margin(24)
            .x_label_area_size(52)
            .y_label_area_size(92)
            .build_cartesian_2d(left..right, lowest..0.15)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_labels(9)
            .y_labels(count.max(10).ilog10() as usize + 2)
            .x_label_formatter(&|x| significant(10_f64.powf(*x)))
            .y_label_formatter(&|y| format!("{} %", significant(100.0 * 10_f64.powf(*y))))
            .x_desc("time, ms")
            .y_desc("share of ticks that took longer")
            .label_style((FONT, 17))
            .axis_desc_style((FONT, 19))
            .draw()?;
        for share in [0.5, 1e-2, 1e-3_f64] {
            let line = [(left, share.log10()), (right, share.log10())];
            let style = GREY_LATE.mix(0.7).stroke_width(1);
            chart.draw_series(DashedLineSeries::new(line, 6, 5, style))?;
        }
        for ((name, times), colour) in stages.iter().zip(COLOURS.into_iter().cycle()) {
            let style = colour.stroke_width(if colour == BLACK { 4 } else { 2 });
            chart
                .draw_series(LineSeries::new(exceeded(times), style))?
                .label(*name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 28, y)], style));
        }
        draw_legend_at(&mut chart, SeriesLabelPosition::LowerLeft)?;
        root.present()?;
    }
    rasterise(&svg)
}

/// Points (log10 of a duration, log10 of the share of durations that are longer or equal), thinned
/// where they are dense.
fn exceeded(times_ms: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted = times_ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (place, &ms) in sorted.iter().enumerate() {
        let (x, y) = (
            ms.max(SHORTEST_MS).log10(),
            ((count - place as f64) / count).log10(),
        );
        let is_close = points
            .last()
            .is_some_and(|last| (x - last.0).abs() < 0.002 && (y - last.1).abs() < 0.005);
        if !is_close {
            points.push((x, y));
        }
    }
    points
}

/// A number with two significant digits.
fn significant(value: f64) -> String {
    let digits = (1.0 - value.abs().max(1e-9).log10().floor()).max(0.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
