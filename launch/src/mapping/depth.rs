//! Mapping from depth images with known camera poses.
//!
//! Input is a directory of 16-bit PNG images and camera poses (`sequence`, `trajectory`). The
//! ground plane is fitted to the images; the map contains obstacles that a robot cannot drive
//! through.

use std::path::Path;

use mapping::StaticMap;
use nalgebra::Vector3;
use perception::{
    DepthImage, DepthPixels, Distortion, GridFrame, GroundPlane, GroundPlaneSearch, PinholeCamera,
    Point2, Point3, Pose2, Vector2, VolumeBuilder, VolumeSettings,
};

use super::sequence::{Sequence, Shot};
use super::{MapSoFar, Mapped, MappingError, MappingSettings, Step, widened};
use runtime::Refusals;
use runtime::input::read_bytes;

/// Maximum size of an image file, bytes.
const IMAGE_MAX: usize = 256 << 20;
/// Pixel stride of the ground plane fit.
const FLOOR_STEP: usize = 41;
/// Maximum angle between the floor's normal and the configured up direction, rad.
const TILT_MAX_RAD: f64 = 0.6;
/// Maximum number of map cells, 64 bytes each.
const CELLS_MAX: f64 = 4e6;

/// Camera model and obstacle settings of depth images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DepthSettings {
    /// Focal lengths and centre, pixels: fx, fy, cx, cy.
    pub intrinsics: [f64; 4],
    /// Lens distortion, for unrectified images.
    pub distortion: Distortion,
    /// Value of a pixel at a depth of 1 m: 1000 for millimetres, 5000 for TUM.
    pub units_per_m: f64,
    /// Approximate up direction, frame of the poses.
    pub up: [f64; 3],
    /// Settings that separate obstacles from floor.
    pub volume: VolumeSettings,
}

/// Maps a sequence. `watch` is called after every image.
pub fn map_depth(
    path: &Path,
    depth: &DepthSettings,
    settings: &MappingSettings,
    mut watch: impl FnMut(&Step<'_>),
) -> Result<Mapped, MappingError> {
    let Sequence {
        shots,
        left_out,
        notes,
    } = Sequence::read(path)?;
    let mut points = Vec::new();
    let range_m = depth.volume.depth.range_max_m;
    for shot in &shots {
        let (camera, image) = read(&shot.file, depth)?;
        sample(shot, &camera, &image, range_m, &mut points);
    }
    let search = GroundPlaneSearch {
        up: Vector3::from(depth.up),
        tilt_max: TILT_MAX_RAD,
        ..GroundPlaneSearch::default()
    };
    let missing = |found: &str, expected: &str| MappingError::Missing {
        path: path.to_owned(),
        found: found.to_owned(),
        expected: expected.to_owned(),
    };
    let floor = GroundPlane::find(&points, &search)
        .ok_or_else(|| missing("no floor in the images", "a plane across the direction up"))?;
    let level_from_world = floor.level_from_points();
    let places = shots.iter().map(|shot| {
        let place = (level_from_world * shot.world_from_camera).translation;
        Point2::new(place.x, place.y)
    });
    let way: Vec<Point2> = places.collect();
    let above = |shot: &&Shot| (level_from_world * shot.world_from_camera).translation.z < 0.0;
    if 2 * shots.iter().filter(above).count() > shots.len() {
        let [x, y, z] = depth.up.map(|value| 0.0 - value);
        return Err(missing(
            "the floor comes out above the camera",
            &format!("a floor below it: --up {x},{y},{z} is the other direction"),
        ));
    }
    let seen = points.iter().map(|point| (level_from_world * point).xy());
    let frame = frame(seen.chain(way.iter().copied()), settings.map.resolution_m)
        .ok_or_else(|| missing("a map larger than memory", "at most 4 million cells"))?;
    let mut builder = VolumeBuilder::new(depth.volume, frame)?;
    let mut span = None;
    for (index, shot) in shots.iter().enumerate() {
        let (camera, image) = read(&shot.file, depth)?;
        let pose = level_from_world * shot.world_from_camera;
        builder
            .add_depth(&pose, &camera, &image)
            .map_err(|source| MappingError::Sensor {
                path: shot.file.clone(),
                place: "depth image".to_owned(),
                source: Box::new(source),
            })?;
        span = shot.stamp.map(|stamp| widened(span, stamp)).or(span);
        let ahead = pose.rotation * Vector3::z();
        watch(&Step {
            count: index + 1,
            stamp: shot.stamp,
            map_from_base: Pose2::new(
                pose.translation.x,
                pose.translation.y,
                ahead.y.atan2(ahead.x),
            ),
            ends: &[],
            map: MapSoFar::Volume(&builder),
            is_last: index + 1 == shots.len(),
        });
    }
    let lowest_m = shots
        .iter()
        .map(|shot| (level_from_world * shot.world_from_camera).translation.z)
        .fold(f64::INFINITY, f64::min);
    let remark = format!(
        "the floor holds {:.0} % of the points; the camera was {lowest_m:.2} m above it or higher",
        100.0 * floor.share
    );
    Ok(Mapped {
        map: StaticMap::from_grid(&builder.occupancy(settings.map.evidence)),
        kind: "images",
        path: way,
        span,
        left_out,
        matching: None,
        remarks: std::iter::once(remark).chain(notes).collect(),
        refusals: Refusals::default(),
    })
}

fn read(file: &Path, depth: &DepthSettings) -> Result<(PinholeCamera, DepthImage), MappingError> {
    let bytes = read_bytes(file, IMAGE_MAX).map_err(|source| MappingError::File {
        path: file.to_owned(),
        source,
    })?;
    let unfit = |found: String| MappingError::Missing {
        path: file.to_owned(),
        found,
        expected: "a PNG image of one channel of 16 bits".to_owned(),
    };
    let image = match image::load_from_memory(&bytes) {
        Ok(image::DynamicImage::ImageLuma16(image)) => image,
        Ok(other) => return Err(unfit(format!("{:?}", other.color()))),
        Err(error) => return Err(unfit(error.to_string())),
    };
    let (width, height) = (image.width() as usize, image.height() as usize);
    let raw = image.into_raw();
    let pixels = if depth.units_per_m == 1000.0 {
        DepthPixels::Millimetres(raw)
    } else {
        let metres = raw.into_iter().map(|unit| match unit {
            0 => f32::NAN,
            unit => (f64::from(unit) / depth.units_per_m) as f32,
        });
        DepthPixels::Metres(metres.collect())
    };
    let [fx, fy, cx, cy] = depth.intrinsics;
    let camera = PinholeCamera {
        width,
        height,
        fx,
        fy,
        cx,
        cy,
        distortion: depth.distortion,
    };
    Ok((
        camera,
        DepthImage {
            width,
            height,
            pixels,
        },
    ))
}

/// Subsampled pixels as world points, without those beyond the trusted range.
fn sample(
    shot: &Shot,
    camera: &PinholeCamera,
    image: &DepthImage,
    range_m: f64,
    points: &mut Vec<Point3>,
) {
    for pixel in (0..image.pixels.len()).step_by(FLOOR_STEP) {
        let depth_m = match &image.pixels {
            DepthPixels::Millimetres(pixels) => f64::from(pixels[pixel]) * 1e-3,
            DepthPixels::Metres(pixels) => f64::from(pixels[pixel]),
        };
        let (column, row) = (pixel % image.width, pixel / image.width);
        if depth_m > 0.0
            && depth_m < range_m
            && let Some([x, y]) = camera.direction(column as f64, row as f64)
        {
            let point = Point3::new(x * depth_m, y * depth_m, depth_m);
            points.push(shot.world_from_camera * point);
        }
    }
}

/// A grid frame that contains all points; none above the maximum size.
fn frame(points: impl Iterator<Item = Point2>, resolution_m: f64) -> Option<GridFrame> {
    let corners = points.fold(None, |corners: Option<(Point2, Point2)>, point| {
        let (low, high) = corners.unwrap_or((point, point));
        Some((low.inf(&point), high.sup(&point)))
    });
    let (low, high) = corners?;
    let margin = Vector2::repeat(10.0 * resolution_m);
    let origin = ((low.coords - margin) / resolution_m).map(f64::floor) * resolution_m;
    let cells = ((high.coords + margin - origin) / resolution_m).map(f64::ceil);
    (cells.x * cells.y <= CELLS_MAX).then(|| GridFrame {
        origin: Point2::from(origin),
        resolution_m,
        width: cells.x as usize,
        height: cells.y as usize,
    })
}
