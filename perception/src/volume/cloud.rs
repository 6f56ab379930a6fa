//! Integration of point clouds into voxel observations.
// functions that are not inlined into a function with target features are compiled without them
#![allow(clippy::inline_always)]

use super::CloudSettings;
use super::ends::{BATCH, End, Ends};
use super::lattice::{Placement, SensorPath};
use super::sightings::{Known, Sightings};
use crate::wide::{self, Loop};
use crate::{CloudPoint, PointCloud};

impl Sightings {
    /// Adds a sweep; `placements` are those of the poses along the path.
    pub(crate) fn add_cloud(
        &mut self,
        settings: &CloudSettings,
        path: &SensorPath<'_>,
        placements: &[Placement],
        cloud: &PointCloud,
        known: impl Fn(usize, usize) -> Known,
    ) {
        self.begin_message();
        wide::run(Sweep {
            sightings: self,
            range_m: [settings.range_min_m as f32, settings.range_max_m as f32],
            path,
            placements,
            points: &cloud.points,
            known,
        });
        self.end_message();
    }
}

struct Sweep<'a, F> {
    sightings: &'a mut Sightings,
    range_m: [f32; 2],
    path: &'a SensorPath<'a>,
    placements: &'a [Placement],
    points: &'a [CloudPoint],
    known: F,
}

impl<F: Fn(usize, usize) -> Known> Loop for Sweep<'_, F> {
    #[inline(always)]
    fn run(self) {
        let mut ends = Ends::new();
        for points in self.points.chunks(BATCH) {
            self.place(points, &mut ends);
            self.sightings.see(&ends, self.placements, &self.known);
        }
    }
}

impl<F> Sweep<'_, F> {
    /// Computes the ray endpoints of a range of points.
    #[inline(always)]
    fn place(&self, points: &[CloudPoint], ends: &mut Ends) {
        let [nearest, range] = self.range_m;
        let mut batch = [CloudPoint::default(); BATCH];
        batch[..points.len()].copy_from_slice(points);
        let mut seen = [[0.0; BATCH]; 3];
        let (mut first, mut last) = (u32::MAX, 0);
        for (index, point) in batch.iter().enumerate() {
            let [x, y, z] = point.position;
            let range_squared = x * x + y * y + z * z;
            let is_far = range_squared > range * range;
            let share = if is_far {
                range / range_squared.sqrt()
            } else {
                1.0
            };
            for (axis, place) in [x, y, z].into_iter().enumerate() {
                seen[axis][index] = share * place;
            }
            let is_near = range_squared < nearest * nearest;
            ends.kind[index] = if is_near {
                End::None
            } else if is_far {
                End::Nothing
            } else {
                End::Hit
            };
            ends.placement[index] = self.path.index(point.time_s);
        }
        ends.kind[points.len()..].fill(End::None);
        for placement in &ends.placement[..points.len()] {
            (first, last) = (first.min(*placement), last.max(*placement));
        }
        if first == last {
            self.placements[first as usize].place_all(&seen, ends);
        } else {
            for index in 0..points.len() {
                let placement = &self.placements[ends.placement[index] as usize];
                let end = placement.place([0, 1, 2].map(|axis| seen[axis][index]));
                for (places, place) in ends.place.iter_mut().zip(end) {
                    places[index] = place;
                }
                if ends.kind[index] == End::Hit && placement.is_robot(end) {
                    ends.kind[index] = End::None;
                }
            }
        }
    }
}
