//! Learning curves of a training run.

use plotters::prelude::*;

use super::chart::{
    Area, BLUE_START, FONT, GREEN_OK, GREY_LATE, ORANGE_WARN, PictureError, rasterise,
};
use crate::learning::run::Row;

/// Size of the drawing, pixels.
const SIZE: (u32, u32) = (1200, 520);
/// Averaging window of the loss, share of all rows.
const SMOOTHING: f64 = 0.02;

/// Curves of loss and of the distance between plans and the expert's, as PNG.
pub fn curves_png(title: &str, rows: &[Row]) -> Result<Vec<u8>, PictureError> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (header, body) = root.split_vertically(52);
        header.draw(&Text::new(title, (16, 14), (FONT, 24).into_font()))?;
        let panels = body.split_evenly((1, 2));
        let curve = |value: fn(&Row) -> Option<f64>| -> Vec<(f64, f64)> {
            rows.iter()
                .filter_map(|row| value(row).map(|value| (row.step as f64, value)))
                .filter(|point| point.1.is_finite())
                .collect()
        };
        let loss = curve(|row| Some(row.loss));
        let smooth = smoothed(&loss);
        draw(
            &panels[0],
            "imitation loss",
            &[
                ("batch", GREY_LATE.mix(0.35), loss),
                ("batch, smoothed", BLUE_START.to_rgba(), smooth),
                ("test", ORANGE_WARN.to_rgba(), curve(|row| row.test_loss)),
            ],
        )?;
        draw(
            &panels[1],
            "Hausdorff distance of plan to expert, m",
            &[
                (
                    "train",
                    GREEN_OK.to_rgba(),
                    curve(|row| row.train_hausdorff_m),
                ),
                (
                    "test",
                    ORANGE_WARN.to_rgba(),
                    curve(|row| row.test_hausdorff_m),
                ),
            ],
        )?;
        root.present()?;
    }
    rasterise(&svg)
}

type Curve = (&'static str, RGBAColor, Vec<(f64, f64)>);

fn smoothed(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let reach = (SMOOTHING * curve.len() as f64).ceil() as usize;
    let mean = |window: &[(f64, f64)]| {
        window.iter().map(|point| point.1).sum::<f64>() / window.len().max(1) as f64
    };
    (0..curve.len())
        .map(|at| {
            let window = at.saturating_sub(reach)..(at + reach + 1).min(curve.len());
            (curve[at].0, mean(&curve[window]))
        })
        .collect()
}

fn draw(area: &Area<'_>, caption: &str, curves: &[Curve]) -> Result<(), PictureError> {
    let points = || curves.iter().flat_map(|(_, _, points)| points);
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let mut values: Vec<f64> = points().map(|point| point.1).collect();
    values.sort_by(f64::total_cmp);
    // a few outliers at the start must not compress the rest
    let at = (0.995 * values.len().saturating_sub(1) as f64) as usize;
    let top = values.get(at).copied().unwrap_or(1.0).max(1e-6) * 1.05;
    let mut chart = ChartBuilder::on(area)
        .caption(caption, (FONT, 18))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(58)
        .build_cartesian_2d(0.0..last, 0.0..top)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("optimiser step")
        .label_style((FONT, 14))
        .axis_desc_style((FONT, 15))
        .draw()?;
    for (name, colour, points) in curves {
        if points.is_empty() {
            continue;
        }
        let style = colour.stroke_width(2);
        let inside = points.iter().map(|&(step, value)| (step, value.min(top)));
        chart
            .draw_series(LineSeries::new(inside, style))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 15))
        .position(SeriesLabelPosition::UpperRight)
        .draw()?;
    Ok(())
}
