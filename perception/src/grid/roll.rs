//! Shift of the content of a rolling window.

use crate::GridFrame;

/// Shifts row-major cells for a window that moves by `columns` and `rows`. Cells that leave the
/// window are discarded; cells that enter it are `blank`.
pub(crate) fn roll<T: Copy>(cells: &mut [T], width: usize, columns: i64, rows: i64, blank: T) {
    let height = (cells.len() / width) as i64;
    let (width, len) = (width as i64, cells.len() as i64);
    if columns.abs() >= width || rows.abs() >= height {
        cells.fill(blank);
        return;
    }
    let shift = rows * width + columns;
    if shift >= 0 {
        cells.copy_within(shift as usize.., 0);
        cells[(len - shift) as usize..].fill(blank);
    } else {
        cells.copy_within(..(len + shift) as usize, -shift as usize);
        cells[..-shift as usize].fill(blank);
    }
    // the shift of the flat array wraps around the sides: blank the columns that entered
    let entered = if columns >= 0 {
        width - columns..width
    } else {
        0..-columns
    };
    for row in cells.chunks_exact_mut(width as usize) {
        row[entered.start as usize..entered.end as usize].fill(blank);
    }
}

/// Shifts indices into such an array with it; indices of cells that left the window are removed.
pub(crate) fn roll_indices(indices: &mut Vec<u32>, frame: &GridFrame, columns: i64, rows: i64) {
    let width = frame.width;
    indices.retain_mut(|index| {
        let column = (*index as usize % width) as i64 - columns;
        let row = (*index as usize / width) as i64 - rows;
        let stays = frame.contains(column, row);
        if stays {
            *index = (row * width as i64 + column) as u32;
        }
        stays
    });
}
