//! Occupied cells of a grid as a bitmap.

use perception::{Cell, GridFrame, OccupancyGrid, Pose2, Stamp};

use super::ViewSettings;
use super::walk::Walk;

/// Bitmap of the occupied cells of a grid at one time. Rows are aligned to words.
#[derive(Debug, Clone, Default)]
pub(super) struct Occupancy {
    pub(super) stamp: Stamp,
    frame: GridFrame,
    words_a_row: usize,
    words: Vec<u64>,
}

impl Occupancy {
    /// Copies the occupied cells of a grid into the allocated memory.
    pub(super) fn copy_from(&mut self, grid: &OccupancyGrid, stamp: Stamp) {
        self.stamp = stamp;
        self.frame = *grid.frame();
        self.words_a_row = self.frame.width.div_ceil(64);
        self.words.clear();
        if self.frame.is_empty() {
            return;
        }
        for row in grid.log_odds().chunks_exact(self.frame.width) {
            for cells in row.chunks(64) {
                let mut word = 0;
                for (bit, &log_odds) in cells.iter().enumerate() {
                    word |= u64::from(grid.classify(log_odds) == Cell::Occupied) << bit;
                }
                self.words.push(word);
            }
        }
    }

    fn at(&self, column: usize, row: usize) -> u64 {
        (self.words[row * self.words_a_row + column / 64] >> (column % 64)) & 1
    }

    /// Draws occupied cells: 255 if a lookup of the cell is occupied, else 0, `[cells, cells]`.
    pub(super) fn draw(&self, odom_from_view: &Pose2, view: &ViewSettings, image: &mut [u8]) {
        let walk = Walk::new(&self.frame, odom_from_view, view, view.lookups);
        image.fill(0);
        for (row, cells) in image.chunks_exact_mut(view.cells).enumerate() {
            for line in row * view.lookups..(row + 1) * view.lookups {
                let mut places = walk.row(line);
                for cell in cells.iter_mut() {
                    let mut occupied = 0;
                    for place in places.by_ref().take(view.lookups) {
                        occupied |= place.map_or(0, |(column, row)| self.at(column, row));
                    }
                    *cell |= 0u8.wrapping_sub(occupied as u8);
                }
            }
        }
    }
}
