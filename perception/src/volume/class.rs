//! What a column means for a robot on the floor.

use crate::Cell;

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
