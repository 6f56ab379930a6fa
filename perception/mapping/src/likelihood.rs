//! Likelihood field of beam endpoints: Thrun, Burgard, Fox, "Probabilistic Robotics", section 6.4.
//!
//! ```text
//! L(p) = exp(−d(p)² / 2σ²),   d: distance to the nearest occupied cell
//! ```
//!
//! Level k of the pyramid stores at a cell the maximum of the 2ᵏ x 2ᵏ cells to the upper right of
//! it. A sum over level k is therefore an upper bound for 2ᵏ x 2ᵏ translations at once (Olson 2009,
//! section IV; Hess et al. 2016, eq. 16).

use crate::StaticMap;
use perception::{Cell, DistanceField, GridFrame, OccupancyGrid, Point2, Vector2};

/// Stored value of likelihood 1.
const FULL: f64 = 255.0;
/// Number of standard deviations at which distances are capped.
const DEVIATIONS_MAX: f64 = 4.0;

/// Likelihoods over the cells of a frame, 0 outside of it.
#[derive(Debug, Clone)]
pub struct LikelihoodField {
    frame: GridFrame,
    /// Likelihoods `[level][height, width]`, row-major, in 255ths.
    levels: Vec<Vec<u8>>,
    distances: DistanceField,
}

impl LikelihoodField {
    /// Creates an empty field for returns with standard deviation `sigma_m`. Its pyramid bounds
    /// translations of up to `2^(levels - 1)` cells at once.
    pub fn new(sigma_m: f64, levels: usize) -> Self {
        Self {
            frame: GridFrame::default(),
            levels: vec![Vec::new(); levels.max(1)],
            distances: DistanceField::new(DEVIATIONS_MAX * sigma_m),
        }
    }

    /// Creates the field of a static map.
    pub fn of_map(map: &StaticMap, sigma_m: f64, levels: usize) -> Self {
        let mut field = Self::new(sigma_m, levels);
        let frame = *map.frame();
        field.update(frame, |column, row| {
            map.occupancy()[frame.index(column, row)] == StaticMap::OCCUPIED
        });
        field
    }

    /// Recomputes the field over the part of a grid between two corners.
    pub fn update_from_grid(&mut self, grid: &OccupancyGrid, low: Point2, high: Point2) {
        let whole = grid.frame();
        let clip = |point: Point2| {
            let (column, row) = whole.signed_cell(point);
            (
                column.clamp(0, whole.width as i64) as usize,
                row.clamp(0, whole.height as i64) as usize,
            )
        };
        let ((left, bottom), (right, top)) = (clip(low), clip(high));
        let side = whole.resolution_m;
        let frame = GridFrame {
            origin: whole.origin + Vector2::new(left as f64, bottom as f64) * side,
            resolution_m: side,
            width: right - left,
            height: top - bottom,
        };
        self.update(frame, |column, row| {
            grid.cell(left + column, bottom + row) == Cell::Occupied
        });
    }

    /// Recomputes the field over a frame; `occupied` is true for the occupied cells, by column and
    /// row.
    pub fn update(&mut self, frame: GridFrame, occupied: impl Fn(usize, usize) -> bool) {
        self.distances.update_where(frame, occupied);
        // cells whose squares extend into the frame from the lower left belong to the pyramid
        let pad = 1 << (self.levels.len() - 1);
        self.frame = GridFrame {
            origin: frame.origin - Vector2::repeat(pad as f64 * frame.resolution_m),
            resolution_m: frame.resolution_m,
            width: frame.width + pad,
            height: frame.height + pad,
        };
        let sigma_m = self.sigma_m();
        let base = &mut self.levels[0];
        base.clear();
        base.resize(self.frame.len(), 0);
        for row in 0..frame.height {
            let from = row * frame.width;
            let to = (row + pad) * self.frame.width + pad;
            let distances = &self.distances.distances_m()[from..from + frame.width];
            for (value, &distance_m) in base[to..to + frame.width].iter_mut().zip(distances) {
                let deviations = f64::from(distance_m) / sigma_m;
                *value = (FULL * (-0.5 * deviations * deviations).exp()).round() as u8;
            }
        }
        for level in 1..self.levels.len() {
            let (below, above) = self.levels.split_at_mut(level);
            let step = 1 << (level - 1);
            coarser(&below[level - 1], &mut above[0], &self.frame, step);
        }
    }

    /// Side of a cell, m.
    pub fn resolution_m(&self) -> f64 {
        self.frame.resolution_m
    }

    /// Number of levels of the pyramid.
    pub(super) fn levels(&self) -> usize {
        self.levels.len()
    }

    /// Column and row of a point, inside or outside the field.
    pub(super) fn cell(&self, point: Point2) -> [i32; 2] {
        let (column, row) = self.frame.signed_cell(point);
        [column as i32, row as i32]
    }

    /// Value of a cell, in 255ths; 0 outside.
    pub(super) fn value(&self, level: usize, column: i32, row: i32) -> u8 {
        let inside = self.frame.contains(i64::from(column), i64::from(row));
        if inside {
            self.levels[level][row as usize * self.frame.width + column as usize]
        } else {
            0
        }
    }

    /// Standard deviation of a return, m.
    pub(super) fn sigma_m(&self) -> f64 {
        self.distances.max_distance_m() / DEVIATIONS_MAX
    }

    /// Distance to the nearest occupied cell, m, bilinear between cell centres, and its gradient.
    pub(super) fn distance(&self, point: Point2) -> (f64, Vector2) {
        let sample = self.distances.sample(point);
        (sample.distance_m, sample.gradient)
    }

    /// Likelihood of a return at a distance from the nearest occupied cell.
    pub(super) fn likelihood(&self, distance_m: f64) -> f64 {
        let deviations = distance_m / self.sigma_m();
        (-0.5 * deviations * deviations).exp()
    }
}

/// Maximum of the four values at an offset of `step` cells right and up.
fn coarser(fine: &[u8], coarse: &mut Vec<u8>, frame: &GridFrame, step: usize) {
    coarse.clear();
    coarse.resize(fine.len(), 0);
    let width = frame.width;
    for row in 0..frame.height {
        let here = &fine[row * width..(row + 1) * width];
        let up = (row + step).min(frame.height - 1) * width;
        let above = &fine[up..up + width];
        let line = &mut coarse[row * width..(row + 1) * width];
        for column in 0..width {
            let right = (column + step).min(width - 1);
            line[column] = here[column]
                .max(here[right])
                .max(above[column])
                .max(above[right]);
        }
    }
}
