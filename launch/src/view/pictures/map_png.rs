//! A map of a building as a picture with the driven path.

use image::{Rgb, RgbImage};
use mapping::StaticMap;
use perception::Point2;
use plotters::prelude::*;

use super::chart::{BLUE_START, Extent, FONT, GREEN_OK, PictureError, plain_chart, rasterise};
use super::underlay::{fog_element, under};

/// Longer side of the drawing, pixels.
const SIDE: f64 = 1400.0;
/// Height of the title, pixels.
const HEADER: u32 = 80;
/// Lengths of the scale bar, m.
const BARS_M: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
const INK: Rgb<u8> = Rgb([24, 28, 44]);
const PAPER: Rgb<u8> = Rgb([255, 255, 255]);
const FOG: Rgb<u8> = Rgb([218, 222, 230]);

/// Points of one category to mark on a map.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    /// Label.
    pub label: &'a str,
    /// Red, green, blue.
    pub colour: (u8, u8, u8),
    /// Points, frame of the map.
    pub points: &'a [Point2],
}

/// The picture as PNG: free white, occupied dark, unknown grey, with the path and the marks.
pub fn map_png(
    title: &str,
    map: &StaticMap,
    path: &[Point2],
    marks: &[Marks<'_>],
) -> Result<Vec<u8>, PictureError> {
    let frame = map.frame();
    let size_m = [frame.width, frame.height].map(|cells| cells as f64 * frame.resolution_m);
    let scale = SIDE / size_m[0].max(size_m[1]).max(frame.resolution_m);
    let (width, height) = (
        (size_m[0] * scale).max(700.0) as u32,
        (size_m[1] * scale).max(200.0) as u32,
    );
    let extent = Extent {
        low: [frame.origin.x, frame.origin.y],
        high: [frame.origin.x + size_m[0], frame.origin.y + size_m[1]],
    };
    let mut svg = String::new();
    let corner;
    {
        let root = SVGBackend::with_string(&mut svg, (width, height + HEADER)).into_drawing_area();
        let (header, body) = root.split_vertically(HEADER);
        header.fill(&WHITE)?;
        header.draw(&Text::new(
            title.to_owned(),
            (14, 10),
            (FONT, 22).into_font(),
        ))?;
        legend(&header, marks)?;
        let mut chart = plain_chart(&body, extent)?;
        corner = (
            chart.backend_coord(&(extent.low[0], extent.high[1])),
            chart.backend_coord(&(extent.high[0], extent.low[1])),
        );
        let half = 0.5 * frame.resolution_m;
        for marks in marks {
            let (r, g, b) = marks.colour;
            let cells = marks.points.iter().map(|p| {
                let corners = [(p.x - half, p.y - half), (p.x + half, p.y + half)];
                Rectangle::new(corners, RGBColor(r, g, b).filled())
            });
            chart.draw_series(cells)?;
        }
        let way: Vec<(f64, f64)> = path.iter().map(|p| (p.x, p.y)).collect();
        if let (Some(&first), Some(&last)) = (way.first(), way.last()) {
            chart.draw_series([PathElement::new(way, RED.mix(0.8).stroke_width(2))])?;
            chart.draw_series([Circle::new(first, 5, BLUE_START.filled())])?;
            chart.draw_series([Circle::new(last, 5, GREEN_OK.filled())])?;
        }
        let bar_m = BARS_M
            .into_iter()
            .rfind(|bar| bar * scale < 0.2 * f64::from(width))
            .unwrap_or(BARS_M[0]);
        let y = height as i32 - 16;
        let end = 14 + (bar_m * scale) as i32;
        body.draw(&Rectangle::new(
            [(6, y - 28), (end + 10, y + 12)],
            WHITE.mix(0.85).filled(),
        ))?;
        body.draw(&Rectangle::new([(14, y), (end, y + 4)], BLACK.filled()))?;
        body.draw(&Text::new(
            format!("{bar_m} m"),
            (14, y - 22),
            (FONT, 16).into_font(),
        ))?;
        root.present()?;
    }
    let (low, high) = corner;
    let cells = (high.0 - low.0, high.1 - low.1);
    under(&mut svg, &image_element(&cells_png(map)?, low, cells));
    rasterise(&svg)
}

fn legend(area: &super::chart::Area<'_>, marks: &[Marks<'_>]) -> Result<(), PictureError> {
    let font = (FONT, 15).into_font();
    let mut x = 16;
    let boxes = [("free", PAPER), ("occupied", INK), ("not seen", FOG)];
    let marked = marks.iter().map(|marks| {
        let (r, g, b) = marks.colour;
        (marks.label, Rgb([r, g, b]))
    });
    for (word, Rgb([r, g, b])) in boxes.into_iter().chain(marked) {
        let square = [(x, 50), (x + 16, 64)];
        area.draw(&Rectangle::new(square, RGBColor(r, g, b).filled()))?;
        area.draw(&Rectangle::new(square, BLACK.mix(0.5).stroke_width(1)))?;
        area.draw(&Text::new(word, (x + 22, 48), font.clone()))?;
        x += 60 + 9 * word.len() as i32;
    }
    for (word, colour) in [("start", BLUE_START), ("end", GREEN_OK)] {
        area.draw(&Circle::new((x + 8, 57), 6, colour.filled()))?;
        area.draw(&Text::new(word, (x + 20, 48), font.clone()))?;
        x += 75;
    }
    area.draw(&PathElement::new(
        [(x, 57), (x + 26, 57)],
        RED.stroke_width(3),
    ))?;
    area.draw(&Text::new("path driven", (x + 32, 48), font))?;
    Ok(())
}

/// The cells as an image, highest y first. If the map has more cells than the picture has pixels, a
/// pixel covers a block of cells and is occupied if any of them is, so that no wall is lost.
fn cells_png(map: &StaticMap) -> Result<Vec<u8>, PictureError> {
    let frame = map.frame();
    let block = (frame.width.max(frame.height) as f64 / SIDE)
        .ceil()
        .max(1.0) as usize;
    let (width, height) = (frame.width.div_ceil(block), frame.height.div_ceil(block));
    let picture = RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let left = x as usize * block;
        let top = frame.height - y as usize * block;
        let rows = top.saturating_sub(block)..top;
        let kind = rows
            .flat_map(|row| {
                let row = frame.index(0, row);
                let right = (left + block).min(frame.width);
                &map.occupancy()[row + left..row + right]
            })
            .max();
        match kind {
            Some(&StaticMap::OCCUPIED) => INK,
            Some(&StaticMap::FREE) => PAPER,
            _ => FOG,
        }
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .map_err(|error| PictureError::Render(error.to_string()))?;
    Ok(bytes.into_inner())
}

/// An image over fog.
fn image_element(png: &[u8], (x, y): (i32, i32), (width, height): (i32, i32)) -> String {
    use base64::Engine as _;
    let data = base64::engine::general_purpose::STANDARD.encode(png);
    format!(
        "{}<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
         preserveAspectRatio=\"none\" href=\"data:image/png;base64,{data}\"/>",
        fog_element()
    )
}
