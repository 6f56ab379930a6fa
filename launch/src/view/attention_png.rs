//! Time of attention by the number of tokens, both on logarithmic scales.

use plotters::prelude::*;

use super::chart::{BLUE_START, FONT, GREEN_OK, PictureError, RED_BAD, draw_legend, rasterise};
use crate::attention::{AttentionKind, AttentionSeries};

/// Size of the drawing, pixels.
const SIZE: (u32, u32) = (1100, 760);

fn colour(kind: AttentionKind) -> RGBColor {
    match kind {
        AttentionKind::Relu => GREEN_OK,
        AttentionKind::Favor => BLUE_START,
        AttentionKind::Softmax => RED_BAD,
    }
}

/// A line for each kind, its slope in the legend, as PNG; `finding` stands below the title.
pub fn attention_png(
    title: &str,
    finding: &str,
    all: &[AttentionSeries],
) -> Result<Vec<u8>, PictureError> {
    let times = || all.iter().flat_map(|series| &series.times);
    let log2 = |tokens: usize| (tokens as f64).log2();
    let log10 = |ms: f64| ms.max(1e-6).log10();
    let bounds = |values: &mut dyn Iterator<Item = f64>| {
        values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        })
    };
    let [left, right] = bounds(&mut times().map(|time| log2(time.tokens)));
    let [low, high] = bounds(&mut times().map(|time| log10(time.ms_p50)));
    if !(left.is_finite() && low.is_finite()) {
        return Err(PictureError::Draw("nothing was timed".to_owned()));
    }
    let (low, high) = (low.floor(), high.ceil().max(low.floor() + 1.0));
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (header, body) = root.split_vertically(92);
        header.draw(&Text::new(title, (24, 18), (FONT, 26).into_font()))?;
        header.draw(&Text::new(finding, (24, 58), (FONT, 20).into_font()))?;
        let mut chart = ChartBuilder::on(&body)
            .margin(24)
            .x_label_area_size(52)
            .y_label_area_size(84)
            .build_cartesian_2d(left..right.max(left + 1.0), low..high)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_labels((right - left) as usize + 1)
            .y_labels((high - low) as usize + 1)
            .x_label_formatter(&|x| format!("{:.0}", x.exp2()))
            .y_label_formatter(&|y| format!("{}", 10_f64.powf(*y)))
            .x_desc("tokens")
            .y_desc("time of a call, ms")
            .label_style((FONT, 17))
            .axis_desc_style((FONT, 19))
            .draw()?;
        // the slowest first, so that the legend is in the order of the lines
        for series in all.iter().rev() {
            let style = colour(series.kind).stroke_width(4);
            let points: Vec<(f64, f64)> = series
                .times
                .iter()
                .map(|time| (log2(time.tokens), log10(time.ms_p50)))
                .collect();
            let dots = points
                .iter()
                .map(|&point| Circle::new(point, 6, style.filled()));
            chart.draw_series(dots)?;
            let label = match series.slope {
                Some(slope) => format!("{}: slope {slope:.2}", series.kind.label()),
                None => series.kind.label().to_owned(),
            };
            chart
                .draw_series(LineSeries::new(points.iter().copied(), style))?
                .label(label)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 28, y)], style));
        }
        draw_legend(&mut chart)?;
        root.present()?;
    }
    rasterise(&svg)
}
