//! Classification of columns for a robot that drives on the floor.

use super::column::between;
use super::grid::VolumeGrid;
use super::layers::Layers;
use crate::{Cell, GridFrame};

/// Distance within which floor counts as beside a cell without floor, cells.
const BESIDE_CELLS: i64 = 10;
/// Minimum number of the eight directions with floor beside the cell.
const BESIDE_MIN: usize = 3;
const DIRECTIONS: [[i64; 2]; 8] = [
    [1, 0],
    [1, 1],
    [0, 1],
    [-1, 1],
    [-1, 0],
    [-1, -1],
    [0, -1],
    [1, -1],
];

/// Class of a column for a robot that drives on the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColumnClass {
    /// Unobserved.
    #[default]
    Unknown,
    /// Free: floor was observed, or rays passed at a height of the robot's body.
    Free,
    /// Obstacle on the floor, or one that overhangs into the robot's height.
    Obstacle,
    /// No floor: a hole or a step down.
    Drop,
}

impl ColumnClass {
    /// Corresponding state in a planar grid; a drop is occupied, because no robot can drive there.
    pub fn cell(self) -> Cell {
        match self {
            Self::Unknown => Cell::Unknown,
            Self::Free => Cell::Free,
            Self::Obstacle | Self::Drop => Cell::Occupied,
        }
    }
}

impl VolumeGrid {
    pub(super) fn classify(&self, index: usize) -> ColumnClass {
        let (column, row) = (index % self.frame.width, index / self.frame.width);
        let cell = &self.columns[index];
        let floor = self.ground.floor(column, row);
        let occupied = cell.occupied();
        // a cell's own floor is at most one layer above the lowest around it: higher surfaces did
        // not rise there as floor does
        // rise there as floor does
        let low = i32::from(floor.low);
        let own = occupied & between(low, low + 1);
        let layer = if own == 0 {
            low
        } else {
            own.trailing_zeros() as i32
        };
        let band = self.layers.band(layer);
        let has_floor = occupied & self.layers.floor_about(layer) != 0;
        // where the floor is estimated to rise, rays must pass below the robot's own floor to prove
        // a drop
        let drop_from = layer.min(self.layers.floor);
        // weak evidence counts as proof beside a drop, as does no evidence of floor among drops
        let passed_just_below = cell.free() & Layers::just_below(drop_from) != 0;
        let drops_needed = if passed_just_below { 1 } else { 4 };
        if occupied & band != 0 {
            ColumnClass::Obstacle
        } else if has_floor {
            ColumnClass::Free
        } else if cell.clear() & self.layers.below(drop_from) != 0
            || (self.drops > 0 && self.drops_about(index) >= drops_needed)
            || self.is_gap(column, row)
        {
            ColumnClass::Drop
        } else if cell.free() & band != 0 {
            ColumnClass::Free
        } else {
            ColumnClass::Unknown
        }
    }

    fn drops_about(&self, index: usize) -> usize {
        around(&self.frame, index)
            .filter(|&beside| self.classes[beside] == ColumnClass::Drop)
            .count()
    }

    /// True if cameras found no floor in the cell although they observed it all around.
    fn is_gap(&self, column: usize, row: usize) -> bool {
        let needed = self.settings.depth.missing_images;
        if needed == 0 || self.columns[self.frame.index(column, row)].missing < needed {
            return false;
        }
        let has_floor = |column: i64, row: i64| {
            self.frame.contains(column, row) && {
                let (column, row) = (column as usize, row as usize);
                let layer = i32::from(self.ground.floor(column, row).layer);
                let cell = &self.columns[self.frame.index(column, row)];
                cell.occupied() & self.layers.floor_about(layer) != 0
            }
        };
        let beside = DIRECTIONS.iter().filter(|[right, up]| {
            (1..=BESIDE_CELLS)
                .any(|far| has_floor(column as i64 + far * right, row as i64 + far * up))
        });
        beside.count() >= BESIDE_MIN
    }
}

/// Neighbours of a cell, up to eight.
pub(super) fn around(frame: &GridFrame, index: usize) -> impl Iterator<Item = usize> + use<> {
    let frame = *frame;
    let (column, row) = ((index % frame.width) as i64, (index / frame.width) as i64);
    DIRECTIONS.into_iter().filter_map(move |[right, up]| {
        let (column, row) = (column + right, row + up);
        frame
            .contains(column, row)
            .then(|| frame.index(column as usize, row as usize))
    })
}
