//! Euclidean distance to the nearest obstacle: Felzenszwalb and Huttenlocher, "Distance transforms of
//! sampled functions", 2012, with the first pass done by counting.
//!
//! Told by cells it is exact, from centre to centre. Told by surfaces it is the distance to where in
//! its cell the surface is, of the cell whose surface is nearest within its column: never less than
//! the distance to the nearest surface, and more by less than a cell.

mod sample;

use super::{Cell, GridFrame, OccupancyGrid, SURFACE_SLACK_M, Surface};

pub use sample::FieldSample;

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
    /// Column and row of the cell whose surface is nearest to a cell's centre; [`NOWHERE`] where
    /// there is none. Empty unless surfaces have places.
    sources: Vec<[u32; 2]>,
    /// Row of the nearest obstacle within the column; [`NOWHERE`] where the column is empty.
    nearest: Vec<u32>,
    hull: Vec<Parabola>,
}

/// An obstacle as a row sees it, in cells: where along the row, how far off it squared, how much
/// nearer it may reach; and the first column whose nearest it is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Parabola {
    source: [u32; 2],
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
        self.sources.clear();
        if self.is_placed {
            self.sources.resize(frame.len(), [NOWHERE; 2]);
        }
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

    /// Where in its cell a surface counts as being, from the middle, and how much nearer than that
    /// it may reach, less the slack of all, cells. What is known by its cell alone may be anywhere in
    /// it.
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

    /// Copies another field's content, keeping this one's memory.
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
