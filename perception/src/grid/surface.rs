//! Sub-cell offsets of surfaces.
//!
//! ```text
//! s ← s + (p − s) / 4      p: mean of the beam endpoints of one message in a cell
//! ```
//!
//! A wall rarely runs along the border of two cells, and range noise also marks the cell in front
//! of the one that contains it. By cell centres, a gap of 0.7 m then appears up to two cells
//! narrower. The endpoints that marked the front cell lie at its far border, and so does their
//! mean.

use super::{GridFrame, roll};
use crate::Point2;

/// Amount by which a surface may be nearer than its mean offset, m: a standard deviation of range
/// noise, or the edge of an obstacle that fills its cell.
pub const SURFACE_SLACK_M: f64 = 0.015;

/// Steps from the middle of a cell to its border, in the running mean and in [`Surface`].
const KEPT: f32 = 10_000.0;
const TOLD: f32 = 127.0;
/// Gain of the running mean per message.
const SHARE: f32 = 0.25;
/// Marks a cell without endpoints.
const NEVER: [i16; 2] = [i16::MIN; 2];

/// Content of a cell for the distance field: empty, or a surface with or without a sub-cell offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surface {
    offset: [i8; 2],
    is_from_volume: bool,
}

impl Surface {
    /// No surface in the cell.
    pub const NONE: Self = Self::planar([i8::MIN, i8::MIN]);
    /// Surface without a sub-cell offset.
    pub const SOMEWHERE: Self = Self::planar([i8::MIN, 0]);

    const fn planar(offset: [i8; 2]) -> Self {
        Self {
            offset,
            is_from_volume: false,
        }
    }

    /// Marks the surface as observed by depth cameras and point clouds only. It may leave their
    /// field of view before the robot passes it.
    #[must_use]
    pub fn from_volume(self) -> Self {
        Self {
            is_from_volume: self.is_some(),
            ..self
        }
    }

    /// True if no planar scan has observed the surface.
    pub fn is_from_volume(self) -> bool {
        self.is_from_volume
    }

    /// Surface at an offset from the middle of the cell, in half cells, −1 to 1.
    pub fn at(offset: [f32; 2]) -> Self {
        Self::planar(offset.map(|half_cells| (half_cells * TOLD).round().clamp(-TOLD, TOLD) as i8))
    }

    /// True if the cell contains a surface.
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }

    /// Offset from the middle of the cell, in cells, −½ to ½; `None` without a sub-cell offset.
    pub fn offset_cells(self) -> Option<[f32; 2]> {
        let [x, _] = self.offset;
        (x != i8::MIN).then(|| self.offset.map(|step| f32::from(step) * (0.5 / TOLD)))
    }

    /// Surface reflected at the x axis: y becomes −y.
    #[must_use]
    pub fn mirrored(self) -> Self {
        let [x, y] = self.offset;
        Self {
            offset: [x, if x == i8::MIN { y } else { -y }],
            ..self
        }
    }
}

/// Running means of beam endpoints, one per cell of a grid.
#[derive(Debug, Clone, Default)]
pub(crate) struct SurfaceLayer {
    means: Vec<[i16; 2]>,
    /// Accumulator of the current message: sums along x and y, and the number of endpoints. They
    /// are integers, so that the result does not depend on the order.
    sums: Vec<[i32; 3]>,
}

impl SurfaceLayer {
    pub(crate) fn new(cells: usize) -> Self {
        Self {
            means: vec![NEVER; cells],
            sums: vec![[0; 3]; cells],
        }
    }

    /// Adds an endpoint to `sums`; `offset` is its offset from the middle of its cell, in half
    /// cells along x and y.
    #[inline(always)]
    #[allow(clippy::inline_always)] // what is not inlined does without wide registers
    pub(crate) fn add(sums: &mut [i32; 3], offset: [f32; 2]) {
        for (sum, offset) in sums.iter_mut().zip(offset) {
            *sum = sum.saturating_add((offset * KEPT).clamp(-KEPT, KEPT) as i32);
        }
        sums[2] += 1;
    }

    /// Adds the sums of endpoints in a cell.
    pub(crate) fn hits(&mut self, index: usize, sums: [i32; 3]) {
        for (sum, more) in self.sums[index].iter_mut().zip(sums) {
            *sum = sum.saturating_add(more);
        }
    }

    /// Updates the running mean of a cell with the endpoints of the message.
    #[inline]
    pub(crate) fn commit(&mut self, index: usize) {
        let [x, y, count] = std::mem::take(&mut self.sums[index]);
        if count == 0 {
            return;
        }
        let mean = &mut self.means[index];
        let known = *mean != NEVER;
        for (kept, sum) in mean.iter_mut().zip([x, y]) {
            let (old, new) = (f32::from(*kept), sum as f32 / count as f32);
            *kept = if known {
                old + SHARE * (new - old)
            } else {
                new
            } as i16;
        }
    }

    /// Adds the endpoint of a beam at a point of the grid.
    pub(crate) fn hit_at(&mut self, frame: &GridFrame, index: usize, point: Point2) {
        let (column, row) = (index % frame.width, index / frame.width);
        let off = (point - frame.centre_of(column, row)) * (2.0 / frame.resolution_m);
        Self::add(&mut self.sums[index], [off.x as f32, off.y as f32]);
    }

    /// Surface of an occupied cell.
    pub(crate) fn surface(&self, index: usize) -> Surface {
        let mean = self.means[index];
        if mean == NEVER {
            return Surface::SOMEWHERE;
        }
        Surface::at(mean.map(|kept| f32::from(kept) / KEPT))
    }

    pub(crate) fn forget(&mut self) {
        self.means.fill(NEVER);
        self.sums.fill([0; 3]);
    }

    pub(crate) fn roll(&mut self, width: usize, columns: i64, rows: i64) {
        roll(&mut self.means, width, columns, rows, NEVER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_endpoints_has_submillimetre_resolution() {
        let mut layer = SurfaceLayer::new(1);
        assert_eq!(layer.surface(0), Surface::SOMEWHERE);
        for end in 0..200 {
            let noise = if end % 2 == 0 { 0.1 } else { -0.1 };
            SurfaceLayer::add(&mut layer.sums[0], [0.6 + noise, -0.3]);
            layer.commit(0);
        }
        let [x, y] = layer.surface(0).offset_cells().unwrap();
        assert!(
            (x - 0.3).abs() < 0.01 && (y + 0.15).abs() < 0.005,
            "{x} {y}"
        );
        let mirrored = layer.surface(0).mirrored().offset_cells();
        assert_eq!(mirrored, Some([x, -y]));
        assert_eq!(Surface::NONE.mirrored(), Surface::NONE);
        assert_eq!(Surface::SOMEWHERE.mirrored(), Surface::SOMEWHERE);
    }
}
