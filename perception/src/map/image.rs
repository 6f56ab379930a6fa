//! The image: shades to occupancy and back, as `nav2_map_server` has them (`map_io.cpp`).

use std::io::Cursor;

use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageError, ImageFormat, ImageReader, Limits, Luma,
    LumaA,
};

use super::{MapError, MapMeta, MapMode, StaticMap};
use crate::{GridFrame, Point2};

/// Largest side of an image, pixels.
const SIDE_MAX: u32 = 32_768;
/// Most memory that decoding an image may take, bytes.
const BYTES_MAX: u64 = 256 << 20;
/// Shades that the map server writes in trinary mode.
const SHADE_OCCUPIED: u8 = 0;
const SHADE_UNKNOWN: u8 = 205;
const SHADE_FREE: u8 = 254;
/// Percentages from which the map server calls a cell free or occupied when it writes.
const PERCENT_FREE: i8 = 25;
const PERCENT_OCCUPIED: i8 = 65;

impl StaticMap {
    /// A map from its YAML fields and the bytes of its image (PNG or PGM). The image's top row
    /// has the highest y.
    pub fn read(meta: &MapMeta, image: &[u8]) -> Result<Self, MapError> {
        let mut reader = ImageReader::new(Cursor::new(image))
            .with_guessed_format()
            .map_err(ImageError::IoError)?;
        reader.limits(limits());
        let picture = reader.decode()?.into_rgba8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let frame = GridFrame {
            origin: Point2::new(meta.origin[0], meta.origin[1]),
            resolution_m: meta.resolution,
            width,
            height,
        };
        let occupancy = (0..frame.len())
            .map(|index| {
                let (column, row) = (index % width, height - 1 - index / width);
                let [r, g, b, alpha] = picture.get_pixel(column as u32, row as u32).0;
                let shade = (f64::from(r) + f64::from(g) + f64::from(b)) / (3.0 * 255.0);
                percent(meta, shade, alpha)
            })
            .collect();
        Ok(Self::new(frame, occupancy))
    }

    /// The image as bytes. `format` must be PNG, or PGM for modes other than scale, which needs
    /// transparency.
    pub fn write(&self, meta: &MapMeta, format: ImageFormat) -> Result<Vec<u8>, MapError> {
        let (width, height) = (self.frame().width as u32, self.frame().height as u32);
        let percent = |x: u32, y: u32| {
            let row = (height - 1 - y) as usize;
            self.occupancy()[self.frame().index(x as usize, row)]
        };
        let shade_of = |value: u8| if meta.negate { 255 - value } else { value };
        let picture = match meta.mode {
            MapMode::Trinary => DynamicImage::from(GrayImage::from_fn(width, height, |x, y| {
                Luma([match percent(x, y) {
                    // the unknown shade reads as unknown when negated too: it must not be mirrored
                    value if value < 0 => unknown_shade(meta),
                    value if value <= PERCENT_FREE => shade_of(SHADE_FREE),
                    value if value >= PERCENT_OCCUPIED => shade_of(SHADE_OCCUPIED),
                    _ => unknown_shade(meta),
                }])
            })),
            MapMode::Scale => {
                DynamicImage::from(GrayAlphaImage::from_fn(
                    width,
                    height,
                    |x, y| match percent(x, y) {
                        value if value < 0 => LumaA([255, 0]),
                        value => LumaA([shade_of(scale_shade(meta, value)), 255]),
                    },
                ))
            }
            MapMode::Raw => DynamicImage::from(GrayImage::from_fn(width, height, |x, y| {
                Luma([u8::try_from(percent(x, y)).unwrap_or(255)])
            })),
        };
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format)?;
        Ok(bytes.into_inner())
    }
}

/// What an image of a map may take: 65 million pixels of 4 bytes.
fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(BYTES_MAX);
    limits
}

/// A shade between the thresholds.
fn unknown_shade(meta: &MapMeta) -> u8 {
    let dark = |shade: u8| {
        let share = f64::from(shade) / 255.0;
        if meta.negate { share } else { 1.0 - share }
    };
    let is_unknown =
        |shade: u8| dark(shade) >= meta.free_thresh && dark(shade) <= meta.occupied_thresh;
    if is_unknown(SHADE_UNKNOWN) {
        SHADE_UNKNOWN
    } else {
        let middle = 0.5 * (meta.free_thresh + meta.occupied_thresh);
        let share = if meta.negate { middle } else { 1.0 - middle };
        (255.0 * share).round() as u8
    }
}

/// The shade that reads back as this percentage.
fn scale_shade(meta: &MapMeta, percent: i8) -> u8 {
    let span = meta.occupied_thresh - meta.free_thresh;
    let dark = match percent {
        StaticMap::FREE => 0.0,
        StaticMap::OCCUPIED => 1.0,
        value => meta.free_thresh + span * f64::from(value) / 100.0,
    };
    (255.0 * (1.0 - dark)).round() as u8
}

/// Occupancy in percent of a shade, 0 black to 1 white.
fn percent(meta: &MapMeta, shade: f64, alpha: u8) -> i8 {
    let dark = if meta.negate { shade } else { 1.0 - shade };
    match meta.mode {
        MapMode::Raw => {
            let value = (shade * 255.0).round();
            if value <= 100.0 {
                value as i8
            } else {
                StaticMap::UNKNOWN
            }
        }
        MapMode::Scale if alpha < 255 => StaticMap::UNKNOWN,
        _ if dark > meta.occupied_thresh => StaticMap::OCCUPIED,
        _ if dark < meta.free_thresh => StaticMap::FREE,
        MapMode::Scale => {
            let span = meta.occupied_thresh - meta.free_thresh;
            (100.0 * (dark - meta.free_thresh) / span).round() as i8
        }
        MapMode::Trinary => StaticMap::UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn meta(mode: MapMode, negate: bool) -> MapMeta {
        MapMeta {
            image: "map.png".to_owned(),
            mode,
            resolution: 0.05,
            origin: [-1.0, 2.5, 0.0],
            negate,
            occupied_thresh: 0.65,
            free_thresh: 0.196,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            cells in prop::collection::vec(-1_i8..=100, 12),
            negate: bool,
        ) {
            let frame = GridFrame {
                origin: Point2::new(-1.0, 2.5),
                resolution_m: 0.05,
                width: 4,
                height: 3,
            };
            let trinary = |value: i8| match value {
                0..=25 => StaticMap::FREE,
                65.. => StaticMap::OCCUPIED,
                _ => StaticMap::UNKNOWN,
            };
            for mode in [MapMode::Trinary, MapMode::Scale, MapMode::Raw] {
                let meta = meta(mode, negate);
                let map = StaticMap::new(frame, cells.clone());
                let meta = MapMeta::from_yaml(&meta.to_yaml().unwrap()).unwrap();
                for format in [ImageFormat::Png, ImageFormat::Pnm] {
                    if mode == MapMode::Scale && format == ImageFormat::Pnm {
                        continue;
                    }
                    let bytes = map.write(&meta, format).unwrap();
                    let back = StaticMap::read(&meta, &bytes).unwrap();
                    prop_assert_eq!(back.frame(), &frame);
                    for (&cell, &back) in cells.iter().zip(back.occupancy()) {
                        match mode {
                            MapMode::Trinary => prop_assert_eq!(back, trinary(cell)),
                            MapMode::Raw => prop_assert_eq!(back, cell),
                            // a shade is a 255th, a percent of the span a 220th
                            MapMode::Scale => prop_assert!((back - cell).abs() <= 1),
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn damaged_files_are_refused() {
        let meta = meta(MapMode::Trinary, false);
        let frame = GridFrame {
            width: 4,
            height: 3,
            ..GridFrame::default()
        };
        let bytes = StaticMap::new(frame, vec![0; 12])
            .write(&meta, ImageFormat::Png)
            .unwrap();
        for end in 0..bytes.len() - 12 {
            assert!(
                StaticMap::read(&meta, &bytes[..end]).is_err(),
                "cut at {end}"
            );
        }
        let yaml = meta.to_yaml().unwrap();
        let message = |good: &str, bad: &str| {
            MapMeta::from_yaml(&yaml.replace(good, bad))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message("resolution: 0.05", "resolution: 0"),
            "map yaml: resolution is 0.0: expected 0.001 to 100 m"
        );
        assert!(message("resolution: 0.05\n", "").contains("missing field `resolution`"));
        assert!(message("trinary", "binary").contains("unknown variant `binary`"));
        assert_eq!(
            message("free_thresh: 0.196", "free_thresh: 0.7"),
            "map yaml: free_thresh is 0.7: expected less than occupied_thresh"
        );
        assert!(message("- 0.0", "- 0.5").contains("turned maps are not supported"));
        assert!(message("negate: 0", "negate: 2").contains("expected 0, 1, true or false"));
    }
}
