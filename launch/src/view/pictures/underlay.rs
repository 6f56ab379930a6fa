//! A map with coloured layers as an image under a drawing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::{Rgba, RgbaImage};
use perception::Pose2;
use plotters::prelude::*;

use super::chart::{Area, Chart, FONT, PictureError};
use crate::view::layers::{CAME, DROP, FREE, KIND, Layers, NEAR, STANDS, WENT};

const INK: [u8; 3] = [38, 54, 107];
const NO_FLOOR: [u8; 3] = [196, 38, 46];
const JUST_CAME: [u8; 3] = [245, 154, 0];
const JUST_WENT: [u8; 3] = [25, 181, 201];
const TOO_NEAR: [u8; 3] = [221, 212, 244];
const PAPER: [u8; 3] = [255, 255, 255];
const FOG: [u8; 3] = [218, 222, 230];

/// Colour of a cell; none if unknown.
fn colour(code: u8) -> Option<[u8; 3]> {
    match (code & KIND, code & NEAR != 0) {
        _ if code & CAME != 0 => Some(JUST_CAME),
        _ if code & WENT != 0 => Some(JUST_WENT),
        (STANDS, _) => Some(INK),
        (DROP, _) => Some(NO_FLOOR),
        (FREE, true) => Some(TOO_NEAR),
        (FREE, false) => Some(PAPER),
        _ => None,
    }
}

/// The map as an SVG element in the scale of the chart, over the colour of unknown cells.
pub(super) fn map_element(
    chart: &Chart<'_, '_>,
    chart_from_map: Pose2,
    layers: &Layers,
) -> Result<String, PictureError> {
    let frame = &layers.frame;
    let picture = RgbaImage::from_fn(frame.width as u32, frame.height as u32, |x, y| {
        let row = frame.height - 1 - y as usize;
        match colour(layers.cells[frame.index(x as usize, row)]) {
            Some([r, g, b]) => Rgba([r, g, b, 255]),
            None => Rgba([0; 4]),
        }
    });
    let mut png = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|error| PictureError::Render(error.to_string()))?;
    let range = chart.x_range();
    let low = chart.backend_coord(&(range.start, chart.y_range().start));
    let high = chart.backend_coord(&(range.end, chart.y_range().end));
    let scale = f64::from(high.0 - low.0) / (range.end - range.start);
    let cell = scale * frame.resolution_m;
    let [left, bottom] = layers.corner().map(|cells| cells as f64 * cell);
    let (width, height) = (frame.width as f64 * cell, frame.height as f64 * cell);
    Ok(format!(
        "{}<image transform=\"translate({},{}) rotate({})\" x=\"{left}\" y=\"{}\" width=\"{width}\" \
         height=\"{height}\" preserveAspectRatio=\"none\" image-rendering=\"optimizeSpeed\" \
         href=\"data:image/png;base64,{}\"/>",
        fog_element(),
        f64::from(low.0) + scale * (chart_from_map.x - range.start),
        f64::from(low.1) - scale * (chart_from_map.y - chart.y_range().start),
        -chart_from_map.yaw.to_degrees(),
        -bottom - height,
        BASE64.encode(png.into_inner()),
    ))
}

/// The colour of unknown cells over the whole drawing.
pub(super) fn fog_element() -> String {
    let [r, g, b] = FOG;
    format!("<rect width=\"100%\" height=\"100%\" fill=\"rgb({r},{g},{b})\"/>")
}

/// Inserts an element under the drawing.
pub(super) fn under(svg: &mut String, element: &str) {
    if let Some(start) = svg
        .find("<svg")
        .and_then(|at| svg[at..].find('>').map(|end| at + end + 1))
    {
        svg.insert_str(start, element);
    }
}

/// Legend of the layers on the map, from a position on.
pub(super) fn layer_keys(
    area: &Area<'_>,
    layers: &Layers,
    mut x: i32,
    y: i32,
) -> Result<(), PictureError> {
    let shows = |wanted: [u8; 3]| {
        let mut colours = layers.cells.iter().filter_map(|&code| colour(code));
        wanted == FOG || colours.any(|found| found == wanted)
    };
    for (word, ink) in [
        ("map: something stands", INK),
        ("no floor", NO_FLOOR),
        ("just came", JUST_CAME),
        ("just went", JUST_WENT),
        ("too near", TOO_NEAR),
        ("free", PAPER),
        ("not seen", FOG),
    ] {
        if !shows(ink) {
            continue;
        }
        let [r, g, b] = ink;
        let square = [(x, y - 7), (x + 16, y + 7)];
        area.draw(&Rectangle::new(square, RGBColor(r, g, b).filled()))?;
        area.draw(&Rectangle::new(square, BLACK.mix(0.5).stroke_width(1)))?;
        let font = (FONT, 17).into_font();
        area.draw(&Text::new(word, (x + 22, y - 9), font))?;
        x += 50 + 9 * word.len() as i32;
    }
    Ok(())
}
