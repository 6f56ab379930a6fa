//! Shared drawing of pictures in metres.

use std::sync::{Arc, OnceLock};

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use resvg::{tiny_skia, usvg};

use super::clip::clipped;
use crate::view::shapes::{Outline, Shapes};

/// Reasons why a picture cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The drawing failed.
    #[error("cannot draw: {0}")]
    Draw(String),
    /// The SVG cannot be rendered.
    #[error("cannot render: {0}")]
    Render(String),
}

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for PictureError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Draw(error.to_string())
    }
}

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
pub(super) type Chart<'a, 'b> =
    ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

pub(super) const FONT: &str = "DejaVu Sans";
pub(super) const WALL: RGBColor = RGBColor(105, 112, 132);
const SUNK: RGBColor = RGBColor(196, 64, 54);
const RAISED: RGBColor = RGBColor(86, 140, 200);
pub(super) const GREEN_OK: RGBColor = RGBColor(18, 144, 74);
pub(super) const GREEN_OTHER: RGBColor = RGBColor(140, 196, 62);
pub(super) const RED_BAD: RGBColor = RGBColor(200, 55, 45);
pub(super) const ORANGE_WARN: RGBColor = RGBColor(230, 140, 20);
pub(super) const GREY_LATE: RGBColor = RGBColor(120, 120, 130);
pub(super) const BLUE_START: RGBColor = RGBColor(36, 80, 168);

/// A rectangle in metres: minimum and maximum x and y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extent {
    pub low: [f64; 2],
    pub high: [f64; 2],
}

impl Extent {
    pub(super) const EMPTY: Self = Self {
        low: [f64::INFINITY; 2],
        high: [f64::NEG_INFINITY; 2],
    };

    pub(super) fn include(&mut self, [x, y]: [f64; 2], reach: f64) {
        for (axis, value) in [x, y].into_iter().enumerate() {
            self.low[axis] = self.low[axis].min(value - reach);
            self.high[axis] = self.high[axis].max(value + reach);
        }
    }

    /// Includes the shapes within `reach` of the current extent.
    pub(super) fn include_near(&mut self, shapes: &Shapes, reach: f64) {
        let core = *self;
        let near = |point: [f64; 2]| {
            (0..2).all(|axis| {
                point[axis] > core.low[axis] - reach && point[axis] < core.high[axis] + reach
            })
        };
        for solid in &shapes.solids {
            match &solid.outline {
                Outline::Round([x, y, r]) if near([*x, *y]) => self.include([*x, *y], r + 0.1),
                // whole walls: corners outside the drawing would be moved to its edge
                Outline::Corners(corners) if corners.iter().any(|c| near(*c)) => {
                    for &corner in corners {
                        self.include(corner, 0.1);
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn width(&self) -> f64 {
        self.high[0] - self.low[0]
    }

    pub(super) fn height(&self) -> f64 {
        self.high[1] - self.low[1]
    }
}

/// Corners of a circle.
pub(super) fn round(x: f64, y: f64, r: f64) -> Vec<(f64, f64)> {
    (0..32)
        .map(|corner| {
            let angle = std::f64::consts::TAU * f64::from(corner) / 32.0;
            (x + r * angle.cos(), y + r * angle.sin())
        })
        .collect()
}

/// Draws uneven floor, walls and posts within the picture; `opacity` 1 is opaque.
pub(super) fn draw_shapes(
    chart: &mut Chart<'_, '_>,
    shapes: &Shapes,
    opacity: f64,
) -> Result<(), PictureError> {
    let (x, y) = (chart.x_range(), chart.y_range());
    let window = Extent {
        low: [x.start, y.start],
        high: [x.end, y.end],
    };
    for patch in &shapes.floor {
        let colour = if patch.is_sunk() { SUNK } else { RAISED };
        let corners: Vec<(f64, f64)> = patch.corners.iter().map(|p| (p[0], p[1])).collect();
        let corners = clipped(&corners, window);
        chart.draw_series([Polygon::new(corners, colour.mix(0.35 * opacity).filled())])?;
    }
    for solid in &shapes.solids {
        match &solid.outline {
            Outline::Corners(corners) => {
                let corners: Vec<(f64, f64)> = corners.iter().map(|p| (p[0], p[1])).collect();
                let corners = clipped(&corners, window);
                chart.draw_series([Polygon::new(
                    corners.clone(),
                    WALL.mix(0.55 * opacity).filled(),
                )])?;
                let closed = corners.iter().chain(corners.first()).copied();
                chart.draw_series([PathElement::new(
                    closed.collect::<Vec<_>>(),
                    WALL.stroke_width(1),
                )])?;
            }
            Outline::Round([x, y, r]) => {
                let corners = clipped(&round(*x, *y, *r), window);
                chart.draw_series([Polygon::new(corners, WALL.mix(opacity).filled())])?;
            }
        }
    }
    Ok(())
}

/// A chart without axes that fills an area with equal scales.
pub(super) fn plain_chart<'a, 'b>(
    area: &'b Area<'a>,
    extent: Extent,
) -> Result<Chart<'a, 'b>, PictureError> {
    let (width, height) = area.dim_in_pixel();
    let scale =
        (extent.width() / f64::from(width.max(1))).max(extent.height() / f64::from(height.max(1)));
    let spare_x = 0.5 * (scale * f64::from(width) - extent.width());
    let spare_y = 0.5 * (scale * f64::from(height) - extent.height());
    Ok(ChartBuilder::on(area).build_cartesian_2d(
        extent.low[0] - spare_x..extent.high[0] + spare_x,
        extent.low[1] - spare_y..extent.high[1] + spare_y,
    )?)
}

/// The legend of lines, in the upper left corner of their chart.
pub(super) fn draw_legend<'a: 'b, 'b>(chart: &mut Chart<'a, 'b>) -> Result<(), PictureError> {
    draw_legend_at(chart, SeriesLabelPosition::UpperLeft)
}

/// The legend of lines at a free position.
pub(super) fn draw_legend_at<'a: 'b, 'b>(
    chart: &mut Chart<'a, 'b>,
    position: SeriesLabelPosition,
) -> Result<(), PictureError> {
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.9))
        .border_style(BLACK.mix(0.3))
        .legend_area_size(36)
        .label_font((FONT, 19))
        .position(position)
        .draw()?;
    Ok(())
}

/// An SVG drawing as PNG bytes.
pub(super) fn rasterise(svg: &str) -> Result<Vec<u8>, PictureError> {
    static FONTS: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    let fontdb = FONTS.get_or_init(|| {
        let mut fonts = usvg::fontdb::Database::new();
        fonts.load_system_fonts();
        Arc::new(fonts)
    });
    let options = usvg::Options {
        fontdb: fontdb.clone(),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options)
        .map_err(|error| PictureError::Render(error.to_string()))?;
    let size = tree.size().to_int_size();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| PictureError::Render("the picture has no size".to_owned()))?;
    resvg::render(
        &tree,
        tiny_skia::Transform::identity(),
        &mut pixels.as_mut(),
    );
    pixels
        .encode_png()
        .map_err(|error| PictureError::Render(error.to_string()))
}
