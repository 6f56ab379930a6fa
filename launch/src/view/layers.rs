//! Layers of a map for pictures: one code byte per cell.

use mapping::StaticMap;
use perception::{Cell, ColumnClass, GridFrame, OccupancyGrid, Snapshot, VolumeGrid};

/// Mask of the occupancy of a cell: one of the four kinds below.
pub const KIND: u8 = 3;
/// Not seen.
pub const UNKNOWN: u8 = 0;
/// Observed free.
pub const FREE: u8 = 1;
/// Occupied.
pub const STANDS: u8 = 2;
/// No floor; treated as occupied.
pub const DROP: u8 = 3;
/// Nearer to an obstacle than the robot's outline and a margin.
pub const NEAR: u8 = 4;
/// Recently appeared.
pub const CAME: u8 = 8;
/// Recently vanished.
pub const WENT: u8 = 16;

/// Minimum displayed value of the motion layer: about a second at the default half-life.
pub const MOTION_MIN: f32 = 0.25;

/// A part of a map with coded cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers {
    /// Frame of the cells.
    pub frame: GridFrame,
    /// Code of each cell, `[height, width]`, row-major.
    pub cells: Vec<u8>,
}

impl Layers {
    /// The layers of a robot's map, cropped to known cells. `near_m` is the distance to an obstacle
    /// within which a cell is near, m.
    pub fn of_snapshot(snapshot: &Snapshot, volume: Option<&VolumeGrid>, near_m: f64) -> Self {
        let (grid, field, motion) = (&snapshot.grid, &snapshot.field, &snapshot.motion);
        let shift = |other: &GridFrame| cells_between(other, grid.frame());
        let shift_field = shift(field.frame());
        let shift_motion = shift(motion.frame());
        let volume = volume.map(|volume| (volume, shift(volume.frame())));
        let look = |column: usize, row: usize| {
            let drop = volume.is_some_and(|(volume, shift)| {
                let cell = moved(volume.frame(), shift, column, row);
                cell.is_some_and(|index| volume.classes()[index] == ColumnClass::Drop)
            });
            let mut code = kind(grid.cell(column, row), drop);
            let field_cell = moved(field.frame(), shift_field, column, row);
            if field_cell.is_some_and(|index| f64::from(field.distances_m()[index]) < near_m) {
                code |= NEAR;
            }
            match moved(motion.frame(), shift_motion, column, row).map(|i| motion.values()[i]) {
                Some(value) if value >= MOTION_MIN => code | CAME,
                Some(value) if value <= -MOTION_MIN => code | WENT,
                _ => code,
            }
        };
        Self::cropped(grid.frame(), look)
    }

    /// The layers of a grid without motion, cropped to known cells.
    pub fn of_grid(grid: &OccupancyGrid) -> Self {
        Self::cropped(grid.frame(), |column, row| {
            kind(grid.cell(column, row), false)
        })
    }

    /// The layers of a volume without motion, cropped to known cells.
    pub fn of_volume(volume: &VolumeGrid) -> Self {
        Self::cropped(volume.frame(), |column, row| {
            let class = volume.class(column, row);
            kind(class.cell(), class == ColumnClass::Drop)
        })
    }

    /// The layers of a finished map.
    pub fn of_map(map: &StaticMap) -> Self {
        Self::cropped(map.frame(), |column, row| {
            match map.occupancy()[map.frame().index(column, row)] {
                StaticMap::OCCUPIED => STANDS,
                StaticMap::FREE => FREE,
                _ => UNKNOWN,
            }
        })
    }

    /// Crops to the known cells.
    fn cropped(frame: &GridFrame, look: impl Fn(usize, usize) -> u8) -> Self {
        let mut all = Vec::with_capacity(frame.len());
        let (mut left, mut right, mut bottom, mut top) = (frame.width, 0, frame.height, 0);
        for row in 0..frame.height {
            for column in 0..frame.width {
                let code = look(column, row);
                all.push(code);
                if code & KIND != UNKNOWN {
                    (left, right) = (left.min(column), right.max(column + 1));
                    (bottom, top) = (bottom.min(row), row + 1);
                }
            }
        }
        if left >= right {
            (left, right, bottom, top) = (0, 0, 0, 0);
        }
        let rows = (bottom..top).map(|row| frame.index(0, row));
        let cells = rows.flat_map(|row| all[row + left..row + right].iter().copied());
        let mut part = GridFrame {
            width: right - left,
            height: top - bottom,
            ..*frame
        };
        part.origin.x += left as f64 * frame.resolution_m;
        part.origin.y += bottom as f64 * frame.resolution_m;
        Self {
            cells: cells.collect(),
            frame: part,
        }
    }

    /// Column and row of the lowest cell, from the common origin of all maps of one robot.
    pub fn corner(&self) -> [i64; 2] {
        let cells = self.frame.origin.coords / self.frame.resolution_m;
        [cells.x.round() as i64, cells.y.round() as i64]
    }

    /// The same with cells `block` times as wide. A wide cell is a drop if any of its cells is,
    /// else occupied, else free, else unknown, so that no wall is lost.
    #[must_use]
    pub fn coarser(&self, block: usize) -> Self {
        let [left, bottom] = self.corner();
        let side = block.max(1) as i64;
        let (first, lowest) = (left.div_euclid(side), bottom.div_euclid(side));
        let wide = |low: i64, count: usize, from: i64| {
            ((low + count as i64 - 1).div_euclid(side) + 1 - from).max(0) as usize
        };
        let width = wide(left, self.frame.width, first);
        let height = wide(bottom, self.frame.height, lowest);
        let mut cells = vec![0_u8; width * height];
        for (index, &code) in self.cells.iter().enumerate() {
            let column = left + (index % self.frame.width) as i64;
            let row = bottom + (index / self.frame.width) as i64;
            let (column, row) = (
                column.div_euclid(side) - first,
                row.div_euclid(side) - lowest,
            );
            if let Some(cell) = cells.get_mut(row as usize * width + column as usize) {
                *cell = (*cell & KIND).max(code & KIND) | ((*cell | code) & !KIND);
            }
        }
        let resolution_m = side as f64 * self.frame.resolution_m;
        let mut frame = GridFrame {
            resolution_m,
            width,
            height,
            ..self.frame
        };
        frame.origin.x = first as f64 * resolution_m;
        frame.origin.y = lowest as f64 * resolution_m;
        Self { frame, cells }
    }
}

fn kind(cell: Cell, drop: bool) -> u8 {
    match cell {
        Cell::Unknown => UNKNOWN,
        Cell::Free => FREE,
        Cell::Occupied if drop => DROP,
        Cell::Occupied => STANDS,
    }
}

/// Offset from column and row in `from` to those in `to`.
fn cells_between(to: &GridFrame, from: &GridFrame) -> [i64; 2] {
    let cells = (from.origin - to.origin) / from.resolution_m;
    [cells.x.round() as i64, cells.y.round() as i64]
}

/// Storage index of a cell given by column and row of another frame.
fn moved(frame: &GridFrame, shift: [i64; 2], column: usize, row: usize) -> Option<usize> {
    let (column, row) = (column as i64 + shift[0], row as i64 + shift[1]);
    frame
        .contains(column, row)
        .then(|| frame.index(column as usize, row as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use perception::{LogOdds, Point2};

    /// Two rows of free cells below a wall, in a larger grid.
    fn wall() -> OccupancyGrid {
        let frame = GridFrame {
            origin: Point2::new(-0.5, 0.25),
            resolution_m: 0.05,
            width: 20,
            height: 30,
        };
        let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
        for column in 3..10 {
            grid.declare(frame.index(column, 4), Cell::Free);
            grid.declare(frame.index(column, 5), Cell::Free);
            grid.declare(frame.index(column, 6), Cell::Occupied);
        }
        grid
    }

    #[test]
    fn maps_are_cropped_to_what_is_known() {
        let layers = Layers::of_grid(&wall());
        assert_eq!((layers.frame.width, layers.frame.height), (7, 3));
        assert_eq!(layers.corner(), [-7, 9]);
        assert_eq!(layers.cells[..14], [FREE; 14]);
        assert_eq!(layers.cells[14..], [STANDS; 7]);
        let nothing = OccupancyGrid::unknown(*wall().frame(), LogOdds::default());
        assert!(Layers::of_grid(&nothing).cells.is_empty());
    }

    #[test]
    fn coarse_cells_hold_what_is_in_them() {
        let layers = Layers::of_grid(&wall());
        for block in 1..6 {
            let coarse = layers.coarser(block);
            let [left, bottom] = layers.corner();
            let [first, lowest] = coarse.corner();
            let side = block as i64;
            for row in 0..coarse.frame.height as i64 {
                for column in 0..coarse.frame.width as i64 {
                    let fine = (0..side * side).filter_map(|part| {
                        let x = (first + column) * side + part % side - left;
                        let y = (lowest + row) * side + part / side - bottom;
                        let inside = layers.frame.contains(x, y);
                        inside.then(|| layers.cells[layers.frame.index(x as usize, y as usize)])
                    });
                    let index = coarse.frame.index(column as usize, row as usize);
                    assert_eq!(Some(coarse.cells[index]), fine.max(), "{block}");
                }
            }
        }
    }
}
