//! Placement of a grid in the plane.

use crate::Point2;

/// Placement of a grid: axis-aligned in its frame (odometry or map), row 0 at the lowest y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridFrame {
    /// Corner of cell (0, 0) with the lowest coordinates, m.
    pub origin: Point2,
    /// Side of a cell, m.
    pub resolution_m: f64,
    /// Columns, along x.
    pub width: usize,
    /// Rows, along y.
    pub height: usize,
}

impl Default for GridFrame {
    fn default() -> Self {
        Self {
            origin: Point2::origin(),
            resolution_m: 1.0,
            width: 0,
            height: 0,
        }
    }
}

impl GridFrame {
    /// Column and row that hold `point`, which may lie outside the grid.
    pub fn signed_cell(&self, point: Point2) -> (i64, i64) {
        let scaled = (point - self.origin) / self.resolution_m;
        (scaled.x.floor() as i64, scaled.y.floor() as i64)
    }

    /// Column and row that hold `point`; `None` outside the grid.
    pub fn cell_of(&self, point: Point2) -> Option<(usize, usize)> {
        let (column, row) = self.signed_cell(point);
        self.contains(column, row)
            .then_some((column as usize, row as usize))
    }

    /// True if the cell belongs to the grid.
    pub fn contains(&self, column: i64, row: i64) -> bool {
        (0..self.width as i64).contains(&column) && (0..self.height as i64).contains(&row)
    }

    /// Centre of a cell, m.
    pub fn centre_of(&self, column: usize, row: usize) -> Point2 {
        Point2::new(
            self.origin.x + (column as f64 + 0.5) * self.resolution_m,
            self.origin.y + (row as f64 + 0.5) * self.resolution_m,
        )
    }

    /// Index of a cell in row-major storage.
    pub fn index(&self, column: usize, row: usize) -> usize {
        row * self.width + column
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.width * self.height
    }

    /// True if the grid has no cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
