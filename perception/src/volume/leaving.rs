//! Evidence of planar scans for columns: tracked objects that cover a column, and obstacles that
//! have left it.
//!
//! The rings of a LiDAR leave most of the voxels between them unobserved, so that its rays alone
//! seldom clear all voxels that a passing pedestrian occupied. A planar scan detects at once that
//! the pedestrian has left.

use super::class::ColumnClass;
use super::grid::VolumeGrid;
use crate::grid::roll_indices;
use crate::{Cell, GridFrame, OccupancyGrid, Point2, Ray, Return, SightLayer, Stamp};

/// Distance from a vacated column within which no cell may be occupied, cells: edges flicker.
const ALONE_CELLS: i64 = 3;
/// Overhang of an obstacle that has left above and below the scan plane, cells.
const OVERHANG_CELLS: i64 = 2;

/// Planar layer after a scan.
pub(crate) struct PlanarLayer<'a> {
    pub grid: &'a OccupancyGrid,
    pub sight: &'a SightLayer,
    pub rays: &'a [Ray],
    pub now: Stamp,
}

impl PlanarLayer<'_> {
    /// True if the scan passed through a free cell.
    fn passes(&self, frame: &GridFrame, index: usize) -> bool {
        let (column, row) = (index % frame.width, index / frame.width);
        self.grid.cell(column, row) == Cell::Free
            && self.sight.age_s(frame.centre_of(column, row), self.now) <= 0.0
    }

    /// True if no neighbouring cell is occupied.
    fn is_alone(&self, frame: &GridFrame, index: usize) -> bool {
        square(frame, index, ALONE_CELLS)
            .all(|[column, row]| self.grid.cell(column, row) != Cell::Occupied)
    }
}

/// Columns for which planar scans provide evidence.
#[derive(Debug, Clone)]
pub(super) struct Followed {
    /// Discs of the tracks: centre and radius, m.
    discs: Vec<(Point2, f64)>,
    /// Columns in which beams ended and that have not been free since.
    stood: Vec<u32>,
    is_in: Vec<bool>,
}

impl Followed {
    pub(super) fn new(cells: usize) -> Self {
        Self {
            discs: Vec::with_capacity(crate::tracking::TRACKS_MAX),
            stood: Vec::with_capacity(cells / 8),
            is_in: vec![false; cells],
        }
    }

    pub(super) fn forget(&mut self) {
        self.discs.clear();
        self.stood.clear();
        self.is_in.fill(false);
    }

    /// True for a point that a track covers.
    pub(super) fn is_tracked(&self, point: Point2) -> bool {
        (self.discs.iter())
            .any(|(middle, radius_m)| (point - middle).norm_squared() <= radius_m * radius_m)
    }

    /// Moves the window by whole cells.
    pub(super) fn roll(&mut self, frame: &GridFrame, columns: i64, rows: i64) {
        for &index in &self.stood {
            self.is_in[index as usize] = false;
        }
        roll_indices(&mut self.stood, frame, columns, rows);
        for &index in &self.stood {
            self.is_in[index as usize] = true;
        }
    }

    fn hit(&mut self, index: usize) {
        if !self.is_in[index] && self.stood.len() < self.stood.capacity() {
            self.is_in[index] = true;
            self.stood.push(index as u32);
        }
    }
}

impl VolumeGrid {
    /// Processes a planar scan and the discs, centre and radius in m, that `fill` writes.
    ///
    /// Voxels that become occupied within a disc are dynamic. They are doubtful once no disc covers
    /// them, as are voxels in a column that planar beams hit before and pass now. Doubtful voxels
    /// are forgotten unless they are observed again.
    pub(crate) fn follow_planar(
        &mut self,
        planar: &PlanarLayer<'_>,
        fill: impl FnOnce(&mut Vec<(Point2, f64)>),
    ) {
        let frame = self.frame;
        fill(&mut self.followed.discs);
        for ray in planar.rays.iter().filter(|ray| ray.outcome == Return::Hit) {
            if let Some((column, row)) = frame.cell_of(ray.end) {
                self.followed.hit(frame.index(column, row));
            }
        }
        let mut stood = std::mem::take(&mut self.followed.stood);
        stood.retain(|&index| {
            let has_left = planar.passes(&frame, index as usize);
            if has_left {
                self.followed.is_in[index as usize] = false;
                if planar.is_alone(&frame, index as usize) {
                    self.leave(index as usize, planar.now);
                }
            }
            !has_left
        });
        self.followed.stood = stood;
        for &index in &self.movers {
            let index = index as usize;
            let centre = frame.centre_of(index % frame.width, index / frame.width);
            if !self.followed.is_tracked(centre) && planar.passes(&frame, index) {
                self.columns[index].doubt_tracked();
            }
        }
    }

    /// True if all obstacles at the robot's height in the column are dynamic.
    pub(crate) fn is_mover(&self, index: usize) -> bool {
        let cell = &self.columns[index];
        let floor = self.floor_layer(index);
        self.classes[index] == ColumnClass::Obstacle
            && cell.occupied() & self.layers.band(floor) & !cell.movers() == 0
    }

    /// Marks a column and the overhang around it as vacated.
    fn leave(&mut self, index: usize, now: Stamp) {
        let frame = self.frame;
        for [column, row] in square(&frame, index, OVERHANG_CELLS) {
            let index = frame.index(column, row);
            let floor = self.layers.floor_about(self.floor_layer(index));
            let cell = &mut self.columns[index];
            let had_movers = cell.movers() != 0;
            cell.leave(floor, now);
            if !had_movers && cell.movers() != 0 {
                self.movers.push(index as u32);
            }
        }
    }

    fn floor_layer(&self, index: usize) -> i32 {
        let (column, row) = (index % self.frame.width, index / self.frame.width);
        i32::from(self.ground.floor(column, row).layer)
    }
}

/// Cells within a number of columns and rows of a cell.
fn square(frame: &GridFrame, index: usize, cells: i64) -> impl Iterator<Item = [usize; 2]> + use<> {
    let [column, row] = [index % frame.width, index / frame.width].map(|at| at as i64);
    let [width, height] = [frame.width, frame.height].map(|count| count as i64 - 1);
    let columns = (column - cells).max(0)..=(column + cells).min(width);
    let rows = (row - cells).max(0)..=(row + cells).min(height);
    rows.flat_map(move |row| {
        columns
            .clone()
            .map(move |column| [column as usize, row as usize])
    })
}
