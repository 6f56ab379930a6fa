//! Sampling of a grid along the rows of a rotated view.

use perception::{GridFrame, Pose2};

use super::ViewSettings;

/// Fractional bits of the fixed-point grid coordinates: the error after a thousand steps is below a
/// millionth of a cell.
const FRACTION_BITS: u32 = 32;

/// A lattice of sample points, `lookups` per cell of the view in each direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    width: u64,
    height: u64,
    /// First point of the first row, in cells.
    start: [f64; 2],
    /// Step between points of a row, in cells; rotated by 90 degrees it is the step between rows.
    step: [f64; 2],
}

impl Walk {
    /// The lattice of a view over a grid.
    pub(super) fn new(
        frame: &GridFrame,
        odom_from_view: &Pose2,
        view: &ViewSettings,
        lookups: usize,
    ) -> Self {
        let step_m = view.cell_m / lookups as f64;
        // half a step inside the corner
        let corner_m = 0.5 * (step_m - view.cells as f64 * view.cell_m);
        let (sin, cos) = odom_from_view.yaw.sin_cos();
        let x = odom_from_view.x + (cos - sin) * corner_m - frame.origin.x;
        let y = odom_from_view.y + (sin + cos) * corner_m - frame.origin.y;
        Self {
            width: frame.width as u64,
            height: frame.height as u64,
            start: [x, y].map(|metres| metres / frame.resolution_m),
            step: [cos, sin].map(|share| share * step_m / frame.resolution_m),
        }
    }

    /// Column and row of the grid at each point of a row, an infinite iterator; `None` outside.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = Option<(usize, usize)>> + use<> {
        let fixed = |cells: f64| (cells * f64::from(FRACTION_BITS).exp2()).round() as i64;
        let [along, across] = self.step;
        let mut x = fixed(self.start[0] - row as f64 * across);
        let mut y = fixed(self.start[1] + row as f64 * along);
        let (along, across) = (fixed(along), fixed(across));
        let (width, height) = (self.width, self.height);
        std::iter::repeat_with(move || {
            // negative coordinates, cast to unsigned, exceed any width
            let (column, row) = ((x >> FRACTION_BITS) as u64, (y >> FRACTION_BITS) as u64);
            x = x.wrapping_add(along);
            y = y.wrapping_add(across);
            (column < width && row < height).then_some((column as usize, row as usize))
        })
    }
}
