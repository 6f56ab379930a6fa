//! Conversion of depth images to voxel observations.
// functions that are not inlined into a function with target features are compiled without them
#![allow(clippy::inline_always)]
// conditions without branches can be vectorised
#![allow(clippy::needless_bitwise_bool)]

use super::DepthSettings;
use super::column::{LAYERS, between};
use super::ends::{BATCH, End, Ends};
use super::lattice::Placement;
use super::layers::Layers;
use super::reduction::{INVALID, Reduced};
use super::sightings::{Known, Sightings};
use crate::sensor::CameraRays;
use crate::wide::{self, Loop};
use crate::{DepthImage, PinholeCamera, SensorError};

/// Maximum number of cameras whose pixel directions are cached.
const CAMERAS_MAX: usize = 8;

/// Converts depth images to voxel observations and caches the cameras they came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct DepthReader {
    cameras: Vec<CameraRays>,
    reduced: Reduced,
}

/// Depth image with its camera and pose.
pub(crate) struct DepthView<'a> {
    pub camera: &'a PinholeCamera,
    pub image: &'a DepthImage,
    pub placement: &'a Placement,
    pub resolution_m: f64,
}

impl DepthReader {
    /// Caches the pixel directions of a camera.
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

    /// Adds an image of a camera that was passed to [`Self::prepare`].
    pub(crate) fn add(
        &mut self,
        sightings: &mut Sightings,
        settings: &DepthSettings,
        layers: &Layers,
        view: &DepthView<'_>,
        known: impl Fn(usize, usize) -> Known,
    ) {
        let min_m = settings.range_min_m as f32;
        self.reduced.fill(view.image, settings.decimation, min_m);
        let Some(rays) = self.cameras.iter().find(|rays| rays.is_of(view.camera)) else {
            return;
        };
        sightings.begin_message();
        wide::run(Sight {
            sightings,
            layers,
            placement: view.placement,
            directions: rays.directions(),
            reduced: &self.reduced,
            max_m: settings.range_max_m as f32,
            noise_per_m: settings.noise_per_m as f32,
            weak_from_m: (0.5 * view.resolution_m / settings.noise_per_m).sqrt() as f32,
            flying_share: settings.flying_share as f32,
            looks_for_floor: settings.missing_images > 0,
            known,
        });
        sightings.end_message();
    }
}

/// State for the conversion of one depth image.
struct Sight<'a, F> {
    sightings: &'a mut Sightings,
    layers: &'a Layers,
    placement: &'a Placement,
    directions: &'a [[f32; 2]],
    reduced: &'a Reduced,
    max_m: f32,
    noise_per_m: f32,
    weak_from_m: f32,
    flying_share: f32,
    looks_for_floor: bool,
    known: F,
}

impl<F: Fn(usize, usize) -> Known> Loop for Sight<'_, F> {
    #[inline(always)]
    fn run(mut self) {
        let mut ends = Ends::new();
        for row in 0..self.reduced.rows() {
            for start in (0..self.reduced.columns()).step_by(BATCH) {
                self.place(row, start, &mut ends);
                let placements = std::slice::from_ref(self.placement);
                self.sightings.see(&ends, placements, &self.known);
            }
        }
    }
}

impl<F: Fn(usize, usize) -> Known> Sight<'_, F> {
    /// Computes the ray endpoints of the blocks of a row, beginning at `start`.
    #[inline(always)]
    fn place(&mut self, row: usize, start: usize, ends: &mut Ends) {
        let reduced = self.reduced;
        let count = BATCH.min(reduced.columns() - start);
        let around = |row: usize| {
            let mut depths = [INVALID; BATCH + 2];
            depths[..count + 2].copy_from_slice(&reduced.depths(row)[start..][..count + 2]);
            depths
        };
        let here = around(row);
        let above = around(row.saturating_sub(1));
        let below = around((row + 1).min(reduced.rows() - 1));
        let is_inside = row > 0 && row + 1 < reduced.rows();
        let mut directions = [[f32::NAN; BATCH]; 2];
        for (index, pixel) in reduced.pixels(row)[start..][..count].iter().enumerate() {
            let [x, y] = self.directions[*pixel as usize];
            (directions[0][index], directions[1][index]) = (x, y);
        }
        let mut seen = [[0.0; BATCH]; 3];
        for index in 0..BATCH {
            let depth = here[index + 1];
            let is_flying = is_between(depth, here[index], here[index + 2], self.flying_share)
                | (is_inside
                    & is_between(depth, above[index + 1], below[index + 1], self.flying_share));
            let [x, y] = [directions[0][index], directions[1][index]];
            let is_far = depth > self.max_m;
            let says_nothing = (depth == INVALID) | x.is_nan() | (!is_far & is_flying);
            let weight = if depth > self.weak_from_m {
                End::Weak
            } else {
                End::Hit
            };
            let kind = if is_far { End::Nothing } else { weight };
            ends.kind[index] = if says_nothing { End::None } else { kind };
            let far = if is_far { self.max_m } else { depth };
            for (axis, along) in [x, y, 1.0].into_iter().enumerate() {
                seen[axis][index] = along * far;
            }
            let surely = 1.0 - 2.0 * self.noise_per_m * depth;
            let surely = if surely > 0.0 { surely } else { 0.0 };
            ends.clear_share[index] = if is_far { 1.0 } else { surely };
        }
        self.placement.place_all(&seen, ends);
        if self.looks_for_floor {
            for index in 0..count {
                let [x, y] = [directions[0][index], directions[1][index]];
                if here[index + 1] == INVALID && !x.is_nan() {
                    self.look_for_floor([x, y, 1.0]);
                }
            }
        }
    }

    /// Records the cell in which a pixel without a depth would observe level floor, if no obstacle
    /// occludes it.
    fn look_for_floor(&mut self, direction: [f32; 3]) {
        let from = self.placement.origin();
        let along = self.placement.turn(direction);
        let floor = self.layers.floor as f32 + 0.5;
        let depth = (floor - from[2]) / along[2];
        if !(depth > 0.0 && depth <= self.max_m) {
            return;
        }
        let place = [
            from[0] + depth * along[0],
            from[1] + depth * along[1],
            floor,
        ];
        if !self.placement.is_robot(place)
            && let Some([column, row, _]) = self.sightings.voxel(place)
            && !self.sightings.misses_floor(column, row)
            && !self.is_hidden(from, place)
        {
            self.sightings.miss_floor(column, row);
        }
    }

    /// True if an obstacle is between two points or right beside the line, at its height or above.
    /// Cameras measure no depth of surfaces that are too close, at grazing incidence, or at an
    /// edge.
    fn is_hidden(&self, from: [f32; 3], to: [f32; 3]) -> bool {
        let along = [0, 1, 2].map(|axis| to[axis] - from[axis]);
        let [x, y] = [along[0].abs(), along[1].abs()];
        let aside = if x > y { [0.0, 1.0] } else { [1.0, 0.0] };
        let steps = x.max(y).ceil();
        (1..=steps as u32).any(|step| {
            let share = step as f32 / steps;
            let [x, y, z] = [0, 1, 2].map(|axis| from[axis] + share * along[axis]);
            let above = between(z.floor() as i32, LAYERS as i32 - 1);
            [-1.0, 0.0, 1.0].into_iter().any(|off| {
                let place = [x + off * aside[0], y + off * aside[1], 0.0];
                let found = self.sightings.voxel(place);
                found.is_some_and(|[column, row, _]| {
                    let known = (self.known)(column, row);
                    known.occupied & known.body & above != 0
                })
            })
        })
    }
}

/// True for a depth between that of a nearer and a farther neighbour: light of both fell on the
/// pixel.
#[inline(always)]
fn is_between(depth: f32, one: f32, other: f32, share: f32) -> bool {
    let (nearer, farther) = (depth * (1.0 - share), depth * (1.0 + share));
    ((one < nearer) & (other > farther)) | ((other < nearer) & (one > farther))
}
