//! Interpolation of the distance field at arbitrary points.
//!
//! Halfway between two obstacles the distance field has a ridge, and interpolation cuts it off by
//! up to half the sample spacing. With cells of 5 cm that is half of the clearance at each side of
//! the robot in a gap 10 cm wider than its footprint, and on a ridge beside the true one the
//! gradient points to the wrong side. If surfaces have sub-cell offsets, distances are therefore
//! recomputed at samples closer than the cells. The nearest surfaces of the cells limit the
//! candidates at these samples.

use super::{DistanceField, NOWHERE};
use crate::{Point2, Vector2};

/// Samples per side of a cell for interpolation between distances to surfaces.
const FINER: usize = 4;

/// Distance and its derivatives at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldSample {
    /// Distance to the nearest obstacle, at most the maximum of the field, m. The obstacle may be
    /// nearer by [`DistanceField::slack_m`].
    pub distance_m: f64,
    /// Exact gradient of the interpolated distance.
    pub gradient: Vector2,
    /// Second derivative in x and y, the only one that is not zero inside a cell, 1/m.
    pub mixed: f64,
}

impl DistanceField {
    /// Interpolates the distance bilinearly between cell centres, or between finer samples if
    /// surfaces have sub-cell offsets.
    ///
    /// The distance is held constant over the outer half of the sample spacing. Outside the field
    /// it is the maximum, with zero gradient.
    pub fn sample(&self, point: Point2) -> FieldSample {
        if self.is_placed {
            self.interpolate(point, FINER, |column, row| self.to_surface_m(column, row))
        } else {
            self.sample_cells(point)
        }
    }

    /// Interpolates between cell centres only: faster than [`DistanceField::sample`], for
    /// visualisation.
    pub fn sample_cells(&self, point: Point2) -> FieldSample {
        self.interpolate(point, 1, |column, row| {
            f64::from(self.distance_m[self.frame.index(column, row)])
        })
    }

    /// Interpolates between samples of which `finer` lie along the side of a cell.
    fn interpolate(
        &self,
        point: Point2,
        finer: usize,
        distance_m: impl Fn(usize, usize) -> f64,
    ) -> FieldSample {
        let away = FieldSample {
            distance_m: self.max_distance_m,
            gradient: Vector2::zeros(),
            mixed: 0.0,
        };
        let (width, height) = (self.frame.width * finer, self.frame.height * finer);
        let spacing_m = self.frame.resolution_m / finer as f64;
        let scaled = (point - self.frame.origin) / spacing_m;
        let inside = scaled.x >= 0.0
            && scaled.y >= 0.0
            && scaled.x <= width as f64
            && scaled.y <= height as f64;
        if !inside || width < 2 || height < 2 {
            return away;
        }
        let (column, fx, free_x) = split(scaled.x, width);
        let (row, fy, free_y) = split(scaled.y, height);
        let (d00, d10) = (distance_m(column, row), distance_m(column + 1, row));
        let (d01, d11) = (distance_m(column, row + 1), distance_m(column + 1, row + 1));
        let (low, high) = (d00 + fx * (d10 - d00), d01 + fx * (d11 - d01));
        let across = (1.0 - fy) * (d10 - d00) + fy * (d11 - d01);
        FieldSample {
            distance_m: low + fy * (high - low),
            gradient: Vector2::new(free_x * across, free_y * (high - low)) / spacing_m,
            mixed: free_x * free_y * (d11 - d01 - d10 + d00) / (spacing_m * spacing_m),
        }
    }

    /// Distance from a sample of the finer lattice to the closest of the nearest surfaces of the
    /// four cells around it, m.
    fn to_surface_m(&self, column: usize, row: usize) -> f64 {
        let (width, height) = (self.frame.width, self.frame.height);
        let [x, y] = [column, row].map(|index| (index as f32 + 0.5) / FINER as f32);
        let lower = |index: usize| ((index + FINER / 2) / FINER).saturating_sub(1);
        let (left, bottom) = (lower(column), lower(row));
        let mut nearest = (self.max_distance_m / self.frame.resolution_m) as f32;
        let mut last = [NOWHERE; 2];
        for (right, up) in [(0, 0), (1, 0), (1, 1), (0, 1)] {
            let (column, row) = ((left + right).min(width - 1), (bottom + up).min(height - 1));
            let source = self.sources[self.frame.index(column, row)];
            if source == last || source == [NOWHERE; 2] {
                continue;
            }
            last = source;
            let [column, row] = source;
            let surface = self.surfaces[self.frame.index(column as usize, row as usize)];
            let ([along, aside], reach) = self.place(surface);
            let run = column as f32 + 0.5 + along - x;
            let rise = row as f32 + 0.5 + aside - y;
            nearest = nearest.min((run * run + rise * rise).sqrt() - reach);
        }
        f64::from(nearest.max(0.0)) * self.frame.resolution_m
    }
}

/// Returns the lower cell, the fraction toward the next cell, and 1 if the fraction varies with the
/// position (0 in the outer half cell, where the value is held constant).
fn split(scaled: f64, count: usize) -> (usize, f64, f64) {
    let shifted = scaled - 0.5;
    let held = shifted.clamp(0.0, (count - 1) as f64);
    let cell = (held as usize).min(count - 2);
    (
        cell,
        held - cell as f64,
        f64::from(u8::from(held == shifted)),
    )
}
