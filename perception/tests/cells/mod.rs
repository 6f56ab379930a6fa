//! Small grids.

use perception::{GridFrame, LogOdds, OccupancyGrid, Point2};

/// Cells of 5 cm that begin at (-0.7, 0.3).
pub fn frame(width: usize, height: usize) -> GridFrame {
    GridFrame {
        origin: Point2::new(-0.7, 0.3),
        resolution_m: 0.05,
        width,
        height,
    }
}

/// A grid in which these cells are occupied.
pub fn grid_of(frame: GridFrame, occupied: &[(usize, usize)]) -> OccupancyGrid {
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    for &(column, row) in occupied {
        grid.mark(frame.index(column % frame.width, row % frame.height));
    }
    grid
}
