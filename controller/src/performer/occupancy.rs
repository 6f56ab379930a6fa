//! A grid's occupied cells, one bit each.

use perception::{Cell, GridFrame, OccupancyGrid, Pose2, Stamp};

use super::ViewSettings;

/// Bits below a cell in the fixed-point coordinates that lookups walk along.
const FRACTION_BITS: u32 = 32;

/// Which cells of a grid were occupied at one time. Rows begin at a word.
#[derive(Debug, Clone, Default)]
pub(super) struct Occupancy {
    pub(super) stamp: Stamp,
    frame: GridFrame,
    words_a_row: usize,
    words: Vec<u64>,
}

impl Occupancy {
    /// Takes over what a grid holds, keeping this one's memory.
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

    /// Whether the cell is occupied, coordinates in cells as fixed-point numbers; not outside.
    fn at(&self, column: i64, row: i64) -> u64 {
        let (column, row) = (column >> FRACTION_BITS, row >> FRACTION_BITS);
        if (column as u64) < self.frame.width as u64 && (row as u64) < self.frame.height as u64 {
            let (column, row) = (column as usize, row as usize);
            (self.words[row * self.words_a_row + column / 64] >> (column % 64)) & 1
        } else {
            0
        }
    }

    /// Writes 255 where a lookup of the cell lies in an occupied one, else 0: `[cells, cells]`.
    pub(super) fn draw(&self, odom_from_view: &Pose2, view: &ViewSettings, image: &mut [u8]) {
        let lookups = view.lookups;
        let step_m = view.cell_m / lookups as f64;
        // the first lookup is half a step inside the corner
        let corner_m = 0.5 * (step_m - view.cells as f64 * view.cell_m);
        let fixed = |cells: f64| (cells * f64::from(FRACTION_BITS).exp2()).round() as i64;
        let resolution_m = self.frame.resolution_m;
        let (sin, cos) = odom_from_view.yaw.sin_cos();
        let (along, across) = (
            fixed(step_m * cos / resolution_m),
            fixed(step_m * sin / resolution_m),
        );
        image.fill(0);
        for (row, cells) in image.chunks_exact_mut(view.cells).enumerate() {
            for sub_row in 0..lookups {
                let y = corner_m + (row * lookups + sub_row) as f64 * step_m;
                let start_x = odom_from_view.x + cos * corner_m - sin * y;
                let start_y = odom_from_view.y + sin * corner_m + cos * y;
                let mut x = fixed((start_x - self.frame.origin.x) / resolution_m);
                let mut y = fixed((start_y - self.frame.origin.y) / resolution_m);
                for cell in cells.iter_mut() {
                    let mut occupied = 0;
                    for _ in 0..lookups {
                        occupied |= self.at(x, y);
                        x += along;
                        y += across;
                    }
                    *cell |= 0u8.wrapping_sub(occupied as u8);
                }
            }
        }
    }
}
