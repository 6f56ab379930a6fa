//! Cumulative distribution of tracking errors.

use plotters::prelude::*;
use sim::TrackingTally;

use super::chart::{
    BLUE_START, FONT, GREY_LATE, ORANGE_WARN, PictureError, draw_legend_at, rasterise,
};

/// Size of the drawing, pixels.
const SIZE: (u32, u32) = (1200, 800);
/// Maximum drawn error, m and m/s.
const WIDEST: f64 = 1.0;
/// Points of a curve.
const POINTS: usize = 200;

/// Share of matches (vertical) with an error of position (m) or velocity (m/s) below a bound
/// (horizontal), as PNG.
pub fn tracking_png(title: &str, tally: &TrackingTally) -> Result<Vec<u8>, PictureError> {
    let metrics = tally.metrics();
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (header, body) = root.split_vertically(92);
        header.draw(&Text::new(title, (24, 18), (FONT, 24).into_font()))?;
        let note = format!(
            "recall {:.1} %, precision {:.1} %, MOTA {:.1} %, {} matches, confirmed after {:.2} s",
            100.0 * metrics.recall,
            100.0 * metrics.precision,
            100.0 * metrics.mota,
            tally.velocity_errors_mps().len(),
            metrics.confirmed_s_median,
        );
        header.draw(&Text::new(note, (24, 56), (FONT, 19).into_font()))?;
        let mut chart = ChartBuilder::on(&body)
            .margin(24)
            .x_label_area_size(52)
            .y_label_area_size(92)
            .build_cartesian_2d(0.0..WIDEST, 0.0..1.0)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_labels(11)
            .y_labels(11)
            .y_label_formatter(&|y| format!("{:.0} %", 100.0 * y))
            .x_desc("error of velocity, m/s, and of position, m")
            .y_desc("share of matches with a smaller error")
            .label_style((FONT, 17))
            .axis_desc_style((FONT, 19))
            .draw()?;
        let style = GREY_LATE.mix(0.7).stroke_width(1);
        chart.draw_series(DashedLineSeries::new(
            [(0.0, 0.9), (WIDEST, 0.9)],
            6,
            5,
            style,
        ))?;
        let curves = [
            ("velocity", tally.velocity_errors_mps(), BLUE_START),
            ("position", tally.position_errors_m(), ORANGE_WARN),
        ];
        for (name, errors, colour) in curves {
            let style = colour.stroke_width(3);
            chart
                .draw_series(LineSeries::new(smaller(errors), style))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 28, y)], style));
        }
        draw_legend_at(&mut chart, SeriesLabelPosition::LowerRight)?;
        root.present()?;
    }
    rasterise(&svg)
}

/// Points (a bound, the share of errors below it).
fn smaller(errors: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted = errors.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len().max(1) as f64;
    (0..=POINTS)
        .map(|point| {
            let bound = WIDEST * point as f64 / POINTS as f64;
            let below = sorted.partition_point(|error| *error < bound);
            (bound, below as f64 / count)
        })
        .collect()
}
