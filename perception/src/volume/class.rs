//! What a column means for a robot on the floor.

use super::column::between;
use super::grid::VolumeGrid;
use super::layers::Layers;
use crate::{Cell, GridFrame};

/// Floor within this many cells counts as beside a cell where it is missing.
const BESIDE_CELLS: i64 = 10;
/// Directions, out of eight, in which there must be floor beside it.
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

/// What a column means for a robot on the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColumnClass {
    /// Not seen.
    #[default]
    Unknown,
    /// Floor was seen, or sight passed at a height that the robot's body would take.
    Free,
    /// Something stands there or hangs into the robot's height.
    Obstacle,
    /// There is no floor: a hole, or a step down.
    Drop,
}

impl ColumnClass {
    /// What the cell of a planar grid says: no robot drives where there is no floor.
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
        let own = occupied & between(i32::from(floor.low), i32::from(floor.high));
        let layer = if own == 0 {
            i32::from(floor.layer)
        } else {
            own.trailing_zeros() as i32
        };
        let band = self.layers.band(layer);
        let has_floor = occupied & self.layers.floor_about(layer) != 0;
        // where the floor is believed to rise, sight must pass below the robot's own to prove a drop
        let drop_from = layer.min(self.layers.floor);
        // what is no proof by itself is one beside a drop, as is no sign at all among drops
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

    /// True where cameras looked for the floor in vain, and saw it all about.
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

/// The cells about a cell, up to eight.
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
