//! Euclidean distance transform of an occupancy grid.
//!
//! The method is that of Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions",
//! 2012, with the first pass done by counting.
//!
//! For occupied cells the result is exact, from cell centre to cell centre. For surfaces with
//! sub-cell offsets it is the distance to the surface point of the cell whose surface is nearest
//! within its column: never less than the distance to the nearest surface, and more by less than a
//! cell.

mod sample;

use super::{Cell, GridFrame, OccupancyGrid, SURFACE_SLACK_M, Surface};

pub use sample::FieldSample;

/// Distances from cell centres to the nearest obstacle.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DistanceField {
    frame: GridFrame,
    max_distance_m: f64,
    distance_m: Vec<f32>,
    /// Content of each cell.
    surfaces: Vec<Surface>,
    /// Distances refer to the sub-cell offsets of surfaces instead of cell centres.
    is_placed: bool,
    /// Column and row of the cell whose surface is nearest to a cell's centre; [`NOWHERE`] if there
    /// is none. Empty unless surfaces have sub-cell offsets.
    sources: Vec<[u32; 2]>,
    /// Row of the nearest obstacle within the column; [`NOWHERE`] if the column is free.
    nearest: Vec<u32>,
    hull: Vec<Parabola>,
}

/// Parabola of an obstacle in the row pass, in cells: position along the row, squared distance from
/// the row, possible reduction of the distance; and the first column to which it is the nearest.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Parabola {
    source: [u32; 2],
    place: f32,
    height: f32,
    reach: f32,
    start: usize,
}

/// Marks the absence of a row.
const NOWHERE: u32 = u32::MAX;
/// Obstacles closer than this along a row share one position, cells.
const SAME_CELLS: f32 = 1e-4;

impl DistanceField {
    /// Creates an empty field that reports at most `max_distance_m`.
    pub fn new(max_distance_m: f64) -> Self {
        Self {
            max_distance_m,
            ..Self::default()
        }
    }

    /// Placement of the field in the plane.
    pub fn frame(&self) -> &GridFrame {
        &self.frame
    }

    /// Largest distance that the field reports, m.
    pub fn max_distance_m(&self) -> f64 {
        self.max_distance_m
    }

    /// Largest amount by which an obstacle may be nearer than the reported distance, m.
    ///
    /// It is half a cell, or less if surfaces have sub-cell offsets.
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

    /// Content of the cells at the last update, `[height, width]`, row-major.
    pub fn surfaces(&self) -> &[Surface] {
        &self.surfaces
    }

    /// True if distances refer to the sub-cell offsets of surfaces.
    pub fn is_placed(&self) -> bool {
        self.is_placed
    }

    /// Recomputes the field over the whole grid.
    pub fn update(&mut self, grid: &OccupancyGrid) {
        self.update_window(grid, *grid.frame());
    }

    /// Recomputes the field over a window of the grid. The cells of `window` must be cells of the
    /// grid; obstacles outside the window are ignored.
    pub fn update_window(&mut self, grid: &OccupancyGrid, window: GridFrame) {
        let offset = (window.origin - grid.frame().origin) / window.resolution_m;
        let (left, bottom) = (offset.x.round() as usize, offset.y.round() as usize);
        self.update_where(window, |column, row| {
            grid.cell(left + column, bottom + row) == Cell::Occupied
        });
    }

    /// Recomputes the field over a frame; `occupied` is true for the occupied cells, by column and
    /// row.
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

    /// Recomputes the field over a frame; `surface` returns the surface of a cell, by column and
    /// row.
    pub fn update_surfaces(&mut self, frame: GridFrame, surface: impl Fn(usize, usize) -> Surface) {
        self.is_placed = true;
        self.compute(frame, surface);
    }

    fn compute(&mut self, frame: GridFrame, surface: impl Fn(usize, usize) -> Surface) {
        self.frame = frame;
        self.distance_m.resize(frame.len(), 0.0);
        self.surfaces.resize(frame.len(), Surface::NONE);
        self.nearest.resize(frame.len(), NOWHERE);
        self.sources.clear();
        if self.is_placed {
            self.sources.resize(frame.len(), [NOWHERE; 2]);
        }
        self.scan_columns(surface);
        self.scan_rows();
    }

    /// First pass: nearest obstacle in the same column.
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

    /// Offset of a surface from the middle of its cell, and the amount by which it may be nearer in
    /// excess of the common slack, cells. A surface without a sub-cell offset may be anywhere in
    /// its cell.
    fn place(&self, surface: Surface) -> ([f32; 2], f32) {
        match surface.offset_cells() {
            Some(offset) => (offset, 0.0),
            None if self.is_placed => {
                let reach = 0.5 - (self.slack_m() / self.frame.resolution_m) as f32;
                ([0.0; 2], reach)
            }
            None => ([0.0; 2], 0.0),
        }
    }

    /// Second pass: lower envelope of parabolas along each row.
    fn scan_rows(&mut self) {
        let (width, height) = (self.frame.width, self.frame.height);
        let limit = (self.max_distance_m / self.frame.resolution_m) as f32;
        let resolution = self.frame.resolution_m as f32;
        let mut hull = std::mem::take(&mut self.hull);
        for row in 0..height {
            hull.clear();
            for column in 0..width {
                let nearest = self.nearest[row * width + column];
                if nearest == NOWHERE {
                    continue;
                }
                let ([x, y], reach) = self.place(self.surfaces[nearest as usize * width + column]);
                let rise = nearest as f32 - row as f32 + y;
                let next = Parabola {
                    source: [column as u32, nearest],
                    place: column as f32 + x,
                    height: rise * rise,
                    reach,
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
                if self.is_placed {
                    self.sources[row * width..(row + 1) * width][parabola.start..end]
                        .fill(parabola.source);
                }
            }
        }
        self.hull = hull;
    }

    /// Copies the content of another field and keeps the memory allocated for this one.
    pub fn copy_from(&mut self, other: &Self) {
        self.frame = other.frame;
        self.max_distance_m = other.max_distance_m;
        self.distance_m.resize(other.distance_m.len(), 0.0);
        self.distance_m.copy_from_slice(&other.distance_m);
        self.surfaces.resize(other.surfaces.len(), Surface::NONE);
        self.surfaces.copy_from_slice(&other.surfaces);
        self.is_placed = other.is_placed;
        self.sources.resize(other.sources.len(), [NOWHERE; 2]);
        self.sources.copy_from_slice(&other.sources);
    }
}

/// Adds a parabola to the lower envelope. It lies farther along the row than all others, or at most
/// a cell before them.
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
