//! Conversion of map images: shades to occupancy and back, as in `nav2_map_server` (`map_io.cpp`).

use std::io::Cursor;

use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageError, ImageFormat, ImageReader, Limits, Luma,
    LumaA,
};

use super::{MapError, MapMeta, MapMode, StaticMap};
use perception::{GridFrame, Point2};

/// Maximum side of an image, pixels.
const SIDE_MAX: u32 = 32_768;
/// Maximum memory for the decoding of an image, bytes.
const BYTES_MAX: u64 = 256 << 20;
/// Shades that the map server writes in trinary mode.
const SHADE_OCCUPIED: u8 = 0;
const SHADE_UNKNOWN: u8 = 205;
const SHADE_FREE: u8 = 254;
/// Occupancy percentages below and above which the map server writes a cell as free or occupied.
const PERCENT_FREE: i8 = 25;
const PERCENT_OCCUPIED: i8 = 65;

impl StaticMap {
    /// Reads a map from its YAML fields and the bytes of its image (PNG, PGM or BMP). The top row
    /// of the image has the highest y.
    pub fn read(meta: &MapMeta, image: &[u8]) -> Result<Self, MapError> {
        Self::read_noted(meta, image, &mut Vec::new())
    }

    /// Reads a map as [`Self::read`] does, and adds notes for the user.
    pub fn read_noted(
        meta: &MapMeta,
        image: &[u8],
        notes: &mut Vec<String>,
    ) -> Result<Self, MapError> {
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
        let mut doubtful = 0_usize;
        let occupancy = (0..frame.len())
            .map(|index| {
                let (column, row) = (index % width, height - 1 - index / width);
                let [r, g, b, alpha] = picture.get_pixel(column as u32, row as u32).0;
                let shade = (f64::from(r) + f64::from(g) + f64::from(b)) / (3.0 * 255.0);
                let percent = percent(meta, shade, alpha);
                let is_unknown_shade =
                    [r, g, b, alpha] == [SHADE_UNKNOWN, SHADE_UNKNOWN, SHADE_UNKNOWN, 255];
                doubtful += usize::from(is_unknown_shade && percent == Self::FREE);
                percent
            })
            .collect();
        if doubtful > 0 && meta.mode == MapMode::Trinary {
            notes.push(format!(
                "{doubtful} cells of shade 205, which map savers write for unknown, count as free under \
                 free_thresh {}: set free_thresh to 0.196 if they are unknown",
                meta.free_thresh
            ));
        }
        Ok(Self::new(frame, occupancy))
    }

    /// Encodes the map as an image. `format` must be PNG, or PGM for modes other than scale, which
    /// needs transparency.
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

/// Limits of a map image: 65 million pixels of 4 bytes.
fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(BYTES_MAX);
    limits
}

/// Shade between the thresholds, which represents unknown cells.
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

/// Shade that is read back as this percentage.
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
        MapMode::Trinary | MapMode::Scale if alpha < 255 => StaticMap::UNKNOWN,
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
        fn a_round_trip_is_lossless(
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
                            // a shade is 1/255, a percent of the span 1/220
                            MapMode::Scale => prop_assert!((back - cell).abs() <= 1),
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn transparent_pixels_are_unknown_in_trinary_and_scale() {
        for (mode, expected) in [
            (MapMode::Trinary, [0, -1, -1, -1, 100]),
            (MapMode::Scale, [0, -1, -1, -1, 100]),
            (MapMode::Raw, [-1, -1, 0, -1, 0]),
        ] {
            let pixels = [(254, 255), (255, 0), (0, 0), (254, 254), (0, 255)];
            let picture = GrayAlphaImage::from_fn(5, 1, |x, _| {
                let (shade, alpha) = pixels[x as usize];
                LumaA([shade, alpha])
            });
            let mut bytes = Cursor::new(Vec::new());
            let picture = DynamicImage::from(picture);
            picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
            let map = StaticMap::read(&meta(mode, false), &bytes.into_inner()).unwrap();
            assert_eq!(map.occupancy(), expected, "{mode:?}");
        }
    }

    #[test]
    fn bitmaps_are_read_and_unknown_shades_that_count_as_free_are_noted() {
        let picture = DynamicImage::from(GrayImage::from_fn(3, 1, |x, _| {
            Luma([[0, 205, 254][x as usize]])
        }));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Bmp).unwrap();
        let bytes = bytes.into_inner();
        let read = |free_thresh| {
            let meta = MapMeta {
                free_thresh,
                ..meta(MapMode::Trinary, false)
            };
            let mut notes = Vec::new();
            let map = StaticMap::read_noted(&meta, &bytes, &mut notes).unwrap();
            (map.occupancy().to_vec(), notes)
        };
        assert_eq!(read(0.196), (vec![100, -1, 0], Vec::new()));
        let (cells, notes) = read(0.25);
        assert_eq!(cells, [100, 0, 0]);
        assert!(notes[0].starts_with("1 cells of shade 205") && notes.len() == 1);
    }

    #[test]
    fn hand_written_yaml_is_accepted() {
        let yaml = meta(MapMode::Trinary, false).to_yaml().unwrap();
        let read = |yaml: &str| {
            let mut notes = Vec::new();
            (MapMeta::from_yaml_noted(yaml, &mut notes).unwrap(), notes)
        };
        let (usual, notes) = read(&yaml);
        assert!(notes.is_empty());
        let quoted = yaml
            .replace("resolution: 0.05", "resolution: \"0.05\"")
            .replace("negate: 0", "negate: '0'")
            .replace("- 2.5", "- '2.5'");
        for same in [
            quoted,
            format!("\u{feff}{yaml}"),
            yaml.replace('\n', "\r\n"),
        ] {
            assert_eq!(read(&same), (usual.clone(), Vec::new()), "{same}");
        }
        for (yaw, is_noted) in [
            (".nan", true),
            ("-nan", true),
            ("6.283185307179586", false),
            ("1e-17", false),
            ("5e-5", true),
        ] {
            let (meta, notes) = read(&yaml.replace("- 0.0", &format!("- {yaw}")));
            assert_eq!(meta, usual, "{yaw}");
            assert_eq!(notes.len(), usize::from(is_noted), "{yaw}: {notes:?}");
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
