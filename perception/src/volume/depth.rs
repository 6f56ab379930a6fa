//! Depth images as sightings.

use super::DepthSettings;
use super::lattice::Placement;
use super::layers::Layers;
use super::sightings::{End, Sightings};
use crate::sensor::CameraRays;
use crate::{DepthImage, DepthPixels, PinholeCamera, SensorError};

/// Cameras whose directions are kept.
const CAMERAS_MAX: usize = 8;
/// Depth of a pixel that saw nothing in range: farther than anything, nearer than [`INVALID`].
const NOTHING: f32 = f32::MAX;
/// Depth of a pixel that says nothing.
const INVALID: f32 = f32::INFINITY;

/// Turns depth images into sightings, and remembers the cameras they came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct DepthReader {
    cameras: Vec<CameraRays>,
    /// Nearest depth of each block, m, and the pixel that has it.
    nearest: Vec<(f32, u32)>,
}

/// A depth image and where it was taken.
pub(crate) struct DepthView<'a> {
    pub camera: &'a PinholeCamera,
    pub image: &'a DepthImage,
    pub placement: &'a Placement,
    pub resolution_m: f64,
}

impl DepthReader {
    /// Makes ready for a camera's images.
    pub(crate) fn prepare(&mut self, camera: &PinholeCamera) -> Result<(), SensorError> {
        if !self.cameras.iter().any(|rays| rays.is_of(camera)) {
            let rays = CameraRays::new(camera)?;
            if self.cameras.len() == CAMERAS_MAX {
                self.cameras.remove(0);
            }
            self.cameras.push(rays);
        }
        Ok(())
    }

    /// Adds an image of a camera that [`Self::prepare`] knows.
    pub(crate) fn add(
        &mut self,
        sightings: &mut Sightings,
        settings: &DepthSettings,
        layers: &Layers,
        view: &DepthView<'_>,
        floor: impl Fn(usize, usize) -> i32,
    ) {
        let side = settings.decimation;
        let [columns, rows] = [view.image.width / side, view.image.height / side];
        let min_m = settings.range_min_m as f32;
        self.nearest.clear();
        match &view.image.pixels {
            DepthPixels::Millimetres(pixels) => {
                let depth = |millimetres: u16| f32::from(millimetres) * 1e-3;
                self.reduce(pixels, view.image.width, [columns, rows], side, |pixel| {
                    let metres = depth(pixel);
                    if metres > 0.0 && metres >= min_m {
                        metres
                    } else {
                        INVALID
                    }
                });
            }
            DepthPixels::Metres(pixels) => {
                self.reduce(pixels, view.image.width, [columns, rows], side, |metres| {
                    if metres == f32::INFINITY {
                        NOTHING
                    } else if metres > 0.0 && metres >= min_m {
                        metres
                    } else {
                        INVALID
                    }
                });
            }
        }
        let Some(rays) = self.cameras.iter().find(|rays| rays.is_of(view.camera)) else {
            return;
        };
        sightings.begin_message();
        let max_m = settings.range_max_m as f32;
        let noise = settings.noise_per_m as f32;
        let weak_from_m = (0.5 * view.resolution_m / settings.noise_per_m).sqrt() as f32;
        let placement = view.placement;
        for row in 0..rows {
            for column in 0..columns {
                let (depth, pixel) = self.nearest[row * columns + column];
                let [x, y] = rays.directions()[pixel as usize];
                if x.is_nan() {
                    continue;
                }
                if depth == INVALID {
                    if settings.missing_images > 0 {
                        look_for_floor(sightings, layers, placement, [x, y, 1.0], max_m);
                    }
                } else if depth > max_m {
                    let end = placement.place([x * max_m, y * max_m, max_m]);
                    sightings.see(placement, end, End::Nothing, 1.0, &floor);
                } else if !self.is_flying(
                    [column, row],
                    [columns, rows],
                    settings.flying_share as f32,
                ) {
                    let end = placement.place([x * depth, y * depth, depth]);
                    if placement.is_robot(end) {
                        continue;
                    }
                    let kind = if depth > weak_from_m {
                        End::Weak
                    } else {
                        End::Hit
                    };
                    let clear_share = (1.0 - 2.0 * noise * depth).max(0.0);
                    sightings.see(placement, end, kind, clear_share, &floor);
                }
            }
        }
        sightings.end_message();
    }

    /// The nearest depth of every block.
    fn reduce<T: Copy>(
        &mut self,
        pixels: &[T],
        width: usize,
        [columns, rows]: [usize; 2],
        side: usize,
        metres: impl Fn(T) -> f32,
    ) {
        for row in 0..rows {
            for column in 0..columns {
                let first = row * side * width + column * side;
                let mut nearest = (metres(pixels[first]), first as u32);
                for down in 0..side {
                    let start = first + down * width;
                    for (right, pixel) in pixels[start..start + side].iter().enumerate() {
                        let depth = metres(*pixel);
                        if depth < nearest.0 {
                            nearest = (depth, (start + right) as u32);
                        }
                    }
                }
                self.nearest.push(nearest);
            }
        }
    }

    /// True between a nearer and a farther neighbour: light of both fell on the pixel.
    fn is_flying(
        &self,
        [column, row]: [usize; 2],
        [columns, rows]: [usize; 2],
        share: f32,
    ) -> bool {
        let index = row * columns + column;
        let depth = self.nearest[index].0;
        let (nearer, farther) = (depth * (1.0 - share), depth * (1.0 + share));
        let between = |one: usize, other: usize| {
            let (one, other) = (self.nearest[one].0, self.nearest[other].0);
            (one < nearer && other > farther) || (other < nearer && one > farther)
        };
        (column > 0 && column + 1 < columns && between(index - 1, index + 1))
            || (row > 0 && row + 1 < rows && between(index - columns, index + columns))
    }
}

/// Notes the cell in which a pixel without a depth would see level floor.
fn look_for_floor(
    sightings: &mut Sightings,
    layers: &Layers,
    placement: &Placement,
    direction: [f32; 3],
    max_m: f32,
) {
    let from = placement.origin();
    let along = placement.turn(direction);
    let floor = layers.floor as f32 + 0.5;
    let depth = (floor - from[2]) / along[2];
    if !(depth > 0.0 && depth <= max_m) {
        return;
    }
    let place = [
        from[0] + depth * along[0],
        from[1] + depth * along[1],
        floor,
    ];
    if !placement.is_robot(place)
        && let Some([column, row, _]) = sightings.voxel(place)
    {
        sightings.miss_floor(column, row);
    }
}
