//! Euclidean distance to the nearest obstacle: Felzenszwalb and Huttenlocher, "Distance transforms of
//! sampled functions", 2012, with the first pass done by counting.
//!
//! Told by cells it is exact, from centre to centre. Told by surfaces it is the distance to where in
//! its cell the surface is, of the cell whose surface is nearest within its column: never less than
//! the distance to the nearest surface, and more by less than a cell.

use super::{Cell, GridFrame, OccupancyGrid, SURFACE_SLACK_M, Surface};
use crate::{Point2, Vector2};

/// Distance and its derivative at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldSample {
    /// To the nearest obstacle, at most the field's maximum, m. It may be nearer by
    /// [`DistanceField::slack_m`].
    pub distance_m: f64,
    /// Exact gradient of the interpolated distance.
    pub gradient: Vector2,
    /// Its one second derivative inside a cell, in x and y together, 1/m.
    pub mixed: f64,
}

/// Distances from cell centres to the nearest obstacle.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DistanceField {
    frame: GridFrame,
    max_distance_m: f64,
    distance_m: Vec<f32>,
    /// What the cells hold.
    surfaces: Vec<Surface>,
    /// Surfaces count by their places, not by their cells.
    is_placed: bool,
    /// Row of the nearest obstacle within the column; [`NOWHERE`] where the column is empty.
    nearest: Vec<u32>,
    hull: Vec<Parabola>,
}

/// An obstacle as a row sees it, in cells: where along the row, how far off it squared, how much
/// nearer it may reach; and the first column whose nearest it is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Parabola {
    place: f32,
    height: f32,
    reach: f32,
    start: usize,
}

/// No row.
const NOWHERE: u32 = u32::MAX;
/// Places along a row that are nearer to each other than this are one, cells.
const SAME_CELLS: f32 = 1e-4;

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

    /// How much nearer than told an obstacle may be, m: half a cell, or less where it is known where
    /// in their cells surfaces are.
    pub fn slack_m(&self) -> f64 {
        let half_cell_m = 0.5 * self.frame.resolution_m;
        if self.is_placed {
            half_cell_m.min(SURFACE_SLACK_M)
        } else {
            half_cell_m
        }
    }

    /// Distances at cell centres, m, `[height, width]`, row-major.
    pub fn distances_m(&self) -> &[f32] {
        &self.distance_m
    }

    /// What the cells held, `[height, width]`, row-major.
    pub fn surfaces(&self) -> &[Surface] {
        &self.surfaces
    }

    /// True when surfaces counted by their places in their cells.
    pub fn is_placed(&self) -> bool {
        self.is_placed
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
        self.is_placed = false;
        self.compute(frame, |column, row| {
            if occupied(column, row) {
                Surface::SOMEWHERE
            } else {
                Surface::NONE
            }
        });
    }

    /// Recomputes the field over a frame with surfaces in its cells, by column and row.
    pub fn update_surfaces(&mut self, frame: GridFrame, surface: impl Fn(usize, usize) -> Surface) {
        self.is_placed = true;
        self.compute(frame, surface);
    }

    fn compute(&mut self, frame: GridFrame, surface: impl Fn(usize, usize) -> Surface) {
        self.frame = frame;
        self.distance_m.resize(frame.len(), 0.0);
        self.surfaces.resize(frame.len(), Surface::NONE);
        self.nearest.resize(frame.len(), NOWHERE);
        self.scan_columns(surface);
        self.scan_rows();
    }

    /// First pass: the nearest obstacle in the same column.
    fn scan_columns(&mut self, surface: impl Fn(usize, usize) -> Surface) {
        let (width, height) = (self.frame.width, self.frame.height);
        for row in 0..height {
            for column in 0..width {
                let index = row * width + column;
                let found = surface(column, row);
                self.surfaces[index] = found;
                self.nearest[index] = if found.is_some() {
                    row as u32
                } else if row == 0 {
                    NOWHERE
                } else {
                    self.nearest[index - width]
                };
            }
        }
        for row in (0..height.saturating_sub(1)).rev() {
            for column in 0..width {
                let index = row * width + column;
                let (below, above) = (self.nearest[index], self.nearest[index + width]);
                if above == below || above == NOWHERE {
                    continue;
                }
                let off = |nearest: u32| (self.rise(column, nearest) - row as f32).abs();
                if below == NOWHERE || off(above) < off(below) {
                    self.nearest[index] = above;
                }
            }
        }
    }

    /// Height of a cell's surface, in rows.
    fn rise(&self, column: usize, row: u32) -> f32 {
        let surface = self.surfaces[row as usize * self.frame.width + column];
        row as f32 + surface.offset_cells().map_or(0.0, |[_, y]| y)
    }

    /// Second pass: lower envelope of parabolas along each row.
    fn scan_rows(&mut self) {
        let (width, height) = (self.frame.width, self.frame.height);
        let limit = (self.max_distance_m / self.frame.resolution_m) as f32;
        let resolution = self.frame.resolution_m as f32;
        // what may be anywhere in its cell reaches half a cell, less the slack of all
        let somewhere = if self.is_placed {
            0.5 - (self.slack_m() / self.frame.resolution_m) as f32
        } else {
            0.0
        };
        let mut hull = std::mem::take(&mut self.hull);
        for row in 0..height {
            hull.clear();
            for column in 0..width {
                let nearest = self.nearest[row * width + column];
                if nearest == NOWHERE {
                    continue;
                }
                let offset = self.surfaces[nearest as usize * width + column].offset_cells();
                let [x, y] = offset.unwrap_or([0.0; 2]);
                let rise = nearest as f32 - row as f32 + y;
                let next = Parabola {
                    place: column as f32 + x,
                    height: rise * rise,
                    reach: offset.map_or(somewhere, |_| 0.0),
                    start: 0,
                };
                add(&mut hull, next, width);
            }
            let out = &mut self.distance_m[row * width..(row + 1) * width];
            if hull.is_empty() {
                out.fill(limit * resolution);
                continue;
            }
            for (piece, parabola) in hull.iter().enumerate() {
                let end = hull.get(piece + 1).map_or(width, |next| next.start);
                for (column, value) in out.iter_mut().enumerate().take(end).skip(parabola.start) {
                    let run = column as f32 - parabola.place;
                    let distance = (run * run + parabola.height).sqrt() - parabola.reach;
                    *value = distance.clamp(0.0, limit) * resolution;
                }
            }
        }
        self.hull = hull;
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
        self.surfaces.resize(other.surfaces.len(), Surface::NONE);
        self.surfaces.copy_from_slice(&other.surfaces);
        self.is_placed = other.is_placed;
    }
}

/// Adds a parabola, farther along the row than all others but for a cell, to their lower envelope.
fn add(hull: &mut Vec<Parabola>, mut next: Parabola, width: usize) {
    while let Some(last) = hull.last() {
        let run = next.place - last.place;
        let start = if run > SAME_CELLS {
            // the first column where the new parabola is strictly lower
            let cross = 0.5 * ((next.height - last.height) / run + next.place + last.place);
            cross.floor() + 1.0
        } else if next.height < last.height {
            0.0
        } else {
            return;
        };
        if start <= last.start as f32 {
            hull.pop();
            continue;
        }
        if start < width as f32 {
            next.start = start as usize;
            hull.push(next);
        }
        return;
    }
    next.start = 0;
    hull.push(next);
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
