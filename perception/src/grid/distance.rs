//! Exact Euclidean distance to the nearest occupied cell: Felzenszwalb and Huttenlocher,
//! "Distance transforms of sampled functions", 2012, with the first pass done by counting.

use super::{Cell, GridFrame, OccupancyGrid};
use crate::{Point2, Vector2};

/// Distance and its derivative at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldSample {
    /// To the nearest occupied cell's centre, at most the field's maximum, m.
    pub distance_m: f64,
    /// Exact gradient of the interpolated distance.
    pub gradient: Vector2,
    /// Its one second derivative inside a cell, in x and y together, 1/m.
    pub mixed: f64,
}

/// Distances from cell centres to the nearest occupied cell's centre.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DistanceField {
    frame: GridFrame,
    max_distance_m: f64,
    distance_m: Vec<f32>,
    /// Squared distance within the column, in cells; [`FAR`] where the column is empty.
    column_squared: Vec<i32>,
    hull: Vec<(usize, i32)>,
    starts: Vec<i32>,
}

/// Further than any grid is wide, and its square still fits.
const FAR: i32 = 20_000;

impl DistanceField {
    /// An empty field that will report at most `max_distance_m`.
    pub fn new(max_distance_m: f64) -> Self {
        Self {
            max_distance_m,
            ..Self::default()
        }
    }

    /// Where the field lies.
    pub fn frame(&self) -> &GridFrame {
        &self.frame
    }

    /// The most that it reports, m.
    pub fn max_distance_m(&self) -> f64 {
        self.max_distance_m
    }

    /// Distances at cell centres, m, `[height, width]`, row-major.
    pub fn distances_m(&self) -> &[f32] {
        &self.distance_m
    }

    /// Recomputes the field over the whole grid.
    pub fn update(&mut self, grid: &OccupancyGrid) {
        self.update_window(grid, *grid.frame());
    }

    /// Recomputes the field over a window of the grid: cells of `window` must be cells of the
    /// grid. Obstacles outside the window do not count.
    pub fn update_window(&mut self, grid: &OccupancyGrid, window: GridFrame) {
        let offset = (window.origin - grid.frame().origin) / window.resolution_m;
        let (left, bottom) = (offset.x.round() as usize, offset.y.round() as usize);
        self.update_where(window, |column, row| {
            grid.cell(left + column, bottom + row) == Cell::Occupied
        });
    }

    /// Recomputes the field over a frame whose occupied cells a test by column and row names.
    pub fn update_where(&mut self, frame: GridFrame, occupied: impl Fn(usize, usize) -> bool) {
        self.frame = frame;
        self.distance_m.resize(frame.len(), 0.0);
        self.column_squared.resize(frame.len(), 0);
        self.scan_columns(occupied);
        self.scan_rows();
    }

    /// First pass: distance to the nearest occupied cell in the same column.
    fn scan_columns(&mut self, occupied: impl Fn(usize, usize) -> bool) {
        let (width, height) = (self.frame.width, self.frame.height);
        for row in 0..height {
            for column in 0..width {
                let index = row * width + column;
                self.column_squared[index] = if occupied(column, row) {
                    0
                } else if row == 0 {
                    FAR
                } else {
                    (self.column_squared[index - width] + 1).min(FAR)
                };
            }
        }
        for index in (0..width * height.saturating_sub(1)).rev() {
            let above = self.column_squared[index + width] + 1;
            if above < self.column_squared[index] {
                self.column_squared[index] = above;
            }
        }
        for value in &mut self.column_squared {
            *value *= *value;
        }
    }

    /// Second pass: lower envelope of parabolas along each row.
    fn scan_rows(&mut self) {
        let width = self.frame.width;
        let limit = (self.max_distance_m / self.frame.resolution_m).min(f64::from(FAR)) as f32;
        let resolution = self.frame.resolution_m as f32;
        let rows = self.column_squared.chunks_exact(width.max(1));
        for (squared, out) in rows.zip(self.distance_m.chunks_exact_mut(width.max(1))) {
            self.hull.clear();
            self.starts.clear();
            for (column, &height) in squared.iter().enumerate() {
                if height >= FAR * FAR {
                    continue;
                }
                loop {
                    let Some(&(vertex, vertex_height)) = self.hull.last() else {
                        self.hull.push((column, height));
                        self.starts.push(0);
                        break;
                    };
                    // first column where the new parabola is strictly lower
                    let run = (column - vertex) as i32;
                    let rise = height - vertex_height + run * (column + vertex) as i32;
                    let start = rise.div_euclid(2 * run) + 1;
                    let begin = *self.starts.last().unwrap_or(&0);
                    if start <= begin && begin > 0 || start <= 0 {
                        self.hull.pop();
                        self.starts.pop();
                    } else {
                        if start < width as i32 {
                            self.hull.push((column, height));
                            self.starts.push(start);
                        }
                        break;
                    }
                }
            }
            if self.hull.is_empty() {
                out.fill(limit * resolution);
                continue;
            }
            for (piece, &(vertex, height)) in self.hull.iter().enumerate() {
                let begin = self.starts[piece] as usize;
                let end = self
                    .starts
                    .get(piece + 1)
                    .map_or(width, |&start| start as usize);
                for (column, value) in out.iter_mut().enumerate().take(end).skip(begin) {
                    let run = column as i32 - vertex as i32;
                    *value = ((run * run + height) as f32).sqrt().min(limit) * resolution;
                }
            }
        }
    }

    /// Bilinear interpolation between cell centres, held constant over the outer half cell. Outside
    /// the field: the maximum and no gradient.
    pub fn sample(&self, point: Point2) -> FieldSample {
        let away = FieldSample {
            distance_m: self.max_distance_m,
            gradient: Vector2::zeros(),
            mixed: 0.0,
        };
        let (width, height) = (self.frame.width, self.frame.height);
        let scaled = (point - self.frame.origin) / self.frame.resolution_m;
        let inside = scaled.x >= 0.0
            && scaled.y >= 0.0
            && scaled.x <= width as f64
            && scaled.y <= height as f64;
        if !inside || width < 2 || height < 2 {
            return away;
        }
        let (column, fx, free_x) = split(scaled.x, width);
        let (row, fy, free_y) = split(scaled.y, height);
        let index = row * width + column;
        let corner = |offset: usize| f64::from(self.distance_m[index + offset]);
        let (d00, d10, d01, d11) = (corner(0), corner(1), corner(width), corner(width + 1));
        let (low, high) = (d00 + fx * (d10 - d00), d01 + fx * (d11 - d01));
        let across = (1.0 - fy) * (d10 - d00) + fy * (d11 - d01);
        FieldSample {
            distance_m: low + fy * (high - low),
            gradient: Vector2::new(free_x * across, free_y * (high - low))
                / self.frame.resolution_m,
            mixed: free_x * free_y * (d11 - d01 - d10 + d00)
                / (self.frame.resolution_m * self.frame.resolution_m),
        }
    }

    /// Copies another field's content, keeping this one's memory.
    pub fn copy_from(&mut self, other: &Self) {
        self.frame = other.frame;
        self.max_distance_m = other.max_distance_m;
        self.distance_m.resize(other.distance_m.len(), 0.0);
        self.distance_m.copy_from_slice(&other.distance_m);
    }
}

/// Lower cell, fraction toward the next, and 1 where the fraction is free to move (0 in the outer
/// half cell, where the value is held).
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
