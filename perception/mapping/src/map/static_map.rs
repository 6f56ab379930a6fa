//! Static map.

use perception::{Cell, GridFrame, OccupancyGrid};

/// Static map: occupancy of every cell in percent, as in `nav_msgs/OccupancyGrid`.
#[derive(Debug, Clone, PartialEq)]
pub struct StaticMap {
    frame: GridFrame,
    occupancy: Vec<i8>,
}

impl StaticMap {
    /// Value of unknown cells.
    pub const UNKNOWN: i8 = -1;
    /// Value of free cells.
    pub const FREE: i8 = 0;
    /// Value of occupied cells.
    pub const OCCUPIED: i8 = 100;

    /// Creates a map from its cells, `[height, width]`, row-major, lowest y first. The readers of
    /// this crate limit values to -1 to 100; the number of cells must match the frame.
    pub(crate) fn new(frame: GridFrame, occupancy: Vec<i8>) -> Self {
        debug_assert_eq!(frame.len(), occupancy.len());
        Self { frame, occupancy }
    }

    /// Creates a map from an occupancy grid.
    pub fn from_grid(grid: &OccupancyGrid) -> Self {
        let occupancy = grid
            .log_odds()
            .iter()
            .map(|&log_odds| match grid.classify(log_odds) {
                Cell::Free => Self::FREE,
                Cell::Unknown => Self::UNKNOWN,
                Cell::Occupied => Self::OCCUPIED,
            })
            .collect();
        Self::new(*grid.frame(), occupancy)
    }

    /// Placement of the map in the plane.
    pub fn frame(&self) -> &GridFrame {
        &self.frame
    }

    /// Occupancy in percent, -1 if unknown, `[height, width]`, row-major, lowest y first.
    pub fn occupancy(&self) -> &[i8] {
        &self.occupancy
    }

    /// Crops the map from column `left` and row `bottom` up to, not including, `right` and `top`.
    pub fn cropped(&self, left: usize, bottom: usize, right: usize, top: usize) -> Self {
        let side = self.frame.resolution_m;
        let (right, top) = (right.min(self.frame.width), top.min(self.frame.height));
        let occupancy = (bottom..top)
            .flat_map(|row| {
                let start = self.frame.index(0, row);
                self.occupancy[start + left..start + right].iter().copied()
            })
            .collect();
        let mut origin = self.frame.origin;
        origin.x += left as f64 * side;
        origin.y += bottom as f64 * side;
        Self::new(
            GridFrame {
                origin,
                resolution_m: side,
                width: right - left,
                height: top - bottom,
            },
            occupancy,
        )
    }
}
