//! Duration of mapping by the size of a message, both on logarithmic scales.

use plotters::prelude::*;

use super::chart::{BLUE_START, FONT, GREEN_OK, PictureError, draw_legend, rasterise};
use crate::bench::mapping_speed::MappingSeries;

/// Size of the drawing, pixels.
const SIZE: (u32, u32) = (1100, 760);
const COLOURS: [RGBColor; 2] = [GREEN_OK, BLUE_START];

/// Medians as lines with dots, minima as thin lines, and a grey line of slope 1 for each sensor, as
/// PNG; `finding` is printed below the title.
pub fn speed_png(
    title: &str,
    finding: &str,
    all: &[MappingSeries],
) -> Result<Vec<u8>, PictureError> {
    let times = || all.iter().flat_map(|series| &series.times);
    let log2 = |items: usize| (items.max(1) as f64).log2();
    let log10 = |ms: f64| ms.max(1e-6).log10();
    let bounds = |values: &mut dyn Iterator<Item = f64>| {
        values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        })
    };
    let [left, right] = bounds(&mut times().map(|time| log2(time.items)));
    let [low, high] = bounds(
        &mut times()
            .flat_map(|time| [time.ms_best, time.ms_p50])
            .map(log10),
    );
    if !(left.is_finite() && low.is_finite()) {
        return Err(PictureError::Draw("nothing was timed".to_owned()));
    }
    let (left, right) = (left.floor(), right.ceil().max(left.floor() + 1.0));
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
            .build_cartesian_2d(left..right, low..high)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_labels((right - left) as usize + 1)
            .y_labels((high - low) as usize + 1)
            .x_label_formatter(&|x| thousands(x.exp2()))
            .y_label_formatter(&|y| format!("{}", 10_f64.powf(*y)))
            .x_desc("points of a sweep, pixels of an image (thousands)")
            .y_desc("time into the map, ms")
            .label_style((FONT, 17))
            .axis_desc_style((FONT, 19))
            .draw()?;
        let guide = BLACK.mix(0.3).stroke_width(2);
        for (index, series) in all.iter().enumerate() {
            // through the median of the largest size
            let Some(last) = series.times.last() else {
                continue;
            };
            let (x, y) = (log2(last.items), log10(last.ms_p50));
            let per_doubling = 2_f64.log10();
            let from = left.max(x - (y - low) / per_doubling);
            let line = [(from, y - (x - from) * per_doubling), (x, y)];
            let drawn = chart.draw_series(DashedLineSeries::new(line, 8, 6, guide))?;
            if index == 0 {
                drawn
                    .label("slope 1: in proportion to the size")
                    .legend(move |(x, y)| PathElement::new([(x, y), (x + 28, y)], guide));
            }
        }
        for (series, colour) in all.iter().zip(COLOURS.iter().cycle()) {
            let line = |ms: fn(&crate::bench::mapping_speed::MappingTime) -> f64| {
                let points = series.times.iter();
                points
                    .map(|time| (log2(time.items), log10(ms(time))))
                    .collect::<Vec<_>>()
            };
            let (median, best) = (line(|time| time.ms_p50), line(|time| time.ms_best));
            let style = colour.stroke_width(4);
            let dots = median
                .iter()
                .map(|&point| Circle::new(point, 6, style.filled()));
            chart.draw_series(dots)?;
            let slope = series.slope;
            let slope = slope.map_or(String::new(), |slope| format!(", slope {slope:.2}"));
            chart
                .draw_series(LineSeries::new(median, style))?
                .label(format!("{}, median{slope}", series.sensor))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 28, y)], style));
            let style = colour.mix(0.6).stroke_width(1);
            chart
                .draw_series(LineSeries::new(best, style))?
                .label(format!("{}, quickest", series.sensor))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 28, y)], style));
        }
        draw_legend(&mut chart)?;
        root.present()?;
    }
    rasterise(&svg)
}

/// A number in thousands, whole from ten on.
fn thousands(count: f64) -> String {
    let thousands = count / 1000.0;
    format!("{thousands:.*}", usize::from(thousands < 10.0))
}
