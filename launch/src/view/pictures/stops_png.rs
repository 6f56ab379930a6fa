//! Measured speed over the time from the command to stop.

use plotters::prelude::*;

use super::chart::{BLUE_START, FONT, PictureError, RED_BAD, rasterise};
use crate::bench::stops::Stop;

/// Size of the drawing, pixels.
const SIZE: (u32, u32) = (1100, 700);

/// Every stop as a line, with the fitted latency and deceleration as a dashed line, as PNG.
pub(crate) fn stops_png(title: &str, stops: &[Stop]) -> Result<Vec<u8>, PictureError> {
    let most = |of: fn(&Stop) -> f64| stops.iter().map(of).fold(0.1, f64::max);
    let top_mps = 1.1 * most(|stop| stop.speed_mps);
    let end_s = 0.2 + most(|stop| stop.latency_s + stop.speed_mps / stop.deceleration_mps2);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (header, body) = root.split_vertically(92);
        header.draw(&Text::new(title, (24, 18), (FONT, 26).into_font()))?;
        let legend = "blue: measured speed     red: latency and deceleration that were found";
        header.draw(&Text::new(legend, (24, 58), (FONT, 20).into_font()))?;
        let mut chart = ChartBuilder::on(&body)
            .margin(24)
            .x_label_area_size(52)
            .y_label_area_size(84)
            .build_cartesian_2d(0.0..end_s, 0.0..top_mps)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc("time from the command, s")
            .y_desc("speed, m/s")
            .label_style((FONT, 17))
            .axis_desc_style((FONT, 19))
            .draw()?;
        for stop in stops {
            let course = stop.course.iter().take_while(|speed| speed.t_s <= end_s);
            let points = course.map(|speed| (speed.t_s, speed.mps.max(0.0)));
            chart.draw_series(LineSeries::new(points, BLUE_START.stroke_width(3)))?;
            let rest_s = stop.latency_s + stop.speed_mps / stop.deceleration_mps2;
            let found = [
                (0.0, stop.speed_mps),
                (stop.latency_s, stop.speed_mps),
                (rest_s, 0.0),
            ];
            chart.draw_series(DashedLineSeries::new(found, 8, 6, RED_BAD.stroke_width(2)))?;
        }
        root.present()?;
    }
    rasterise(&svg)
}
