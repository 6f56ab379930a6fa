//! Where in their cells surfaces are.
//!
//! ```text
//! s ← s + (p − s) / 4      p: mean of where the beams of one message ended in a cell
//! ```
//!
//! A wall rarely runs along the border of two cells, and noise marks the cell before the one that
//! holds it: told by cells, a gap of 0.7 m is up to two cells narrower. The ends that marked that cell
//! lie at its far border, and so does their mean.

use super::{GridFrame, roll};
use crate::Point2;

/// How much nearer than its mean a surface may be, m: a deviation of ranges, or the edge of
/// something that fills its cell.
pub const SURFACE_SLACK_M: f64 = 0.015;

/// Steps from the middle of a cell to its border, as kept and as told.
const KEPT: f32 = 10_000.0;
const TOLD: f32 = 127.0;
/// Share of a mean that a further message takes.
const SHARE: f32 = 0.25;
/// No end yet.
const NEVER: [i16; 2] = [i16::MIN; 2];

/// What a cell holds for distances: nothing, a surface somewhere, or a surface at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surface {
    offset: [i8; 2],
    is_from_volume: bool,
}

impl Surface {
    /// Nothing stands in the cell.
    pub const NONE: Self = Self::planar([i8::MIN, i8::MIN]);
    /// Something does, wherever in it.
    pub const SOMEWHERE: Self = Self::planar([i8::MIN, 0]);

    const fn planar(offset: [i8; 2]) -> Self {
        Self {
            offset,
            is_from_volume: false,
        }
    }

    /// The same, met by depth cameras and clouds alone: it may leave their view before the robot
    /// passes it.
    #[must_use]
    pub fn from_volume(self) -> Self {
        Self {
            is_from_volume: self.is_some(),
            ..self
        }
    }

    /// True when no planar scan has met it.
    pub fn is_from_volume(self) -> bool {
        self.is_from_volume
    }

    /// At an offset from the middle of the cell, in half cells, −1 to 1.
    pub fn at(offset: [f32; 2]) -> Self {
        Self::planar(offset.map(|half_cells| (half_cells * TOLD).round().clamp(-TOLD, TOLD) as i8))
    }

    /// Something stands in the cell.
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }

    /// Its offset from the middle, in cells, −½ to ½; none where that is not known.
    pub fn offset_cells(self) -> Option<[f32; 2]> {
        let [x, _] = self.offset;
        (x != i8::MIN).then(|| self.offset.map(|step| f32::from(step) * (0.5 / TOLD)))
    }

    /// The same in a world where y becomes −y.
    #[must_use]
    pub fn mirrored(self) -> Self {
        let [x, y] = self.offset;
        Self {
            offset: [x, if x == i8::MIN { y } else { -y }],
            ..self
        }
    }
}

/// Means of where beams ended, one a cell of a grid.
#[derive(Debug, Clone, Default)]
pub(crate) struct SurfaceLayer {
    means: Vec<[i16; 2]>,
    /// Of the message that is being read: sums along x and y, and the number of ends. They are whole
    /// numbers, so that their order does not matter.
    sums: Vec<[i32; 3]>,
}

impl SurfaceLayer {
    pub(crate) fn new(cells: usize) -> Self {
        Self {
            means: vec![NEVER; cells],
            sums: vec![[0; 3]; cells],
        }
    }

    /// Adds to sums of ends one that lies so far from the middle of its cell, in half cells along x
    /// and y.
    #[inline(always)]
    #[allow(clippy::inline_always)] // what is not inlined does without wide registers
    pub(crate) fn add(sums: &mut [i32; 3], offset: [f32; 2]) {
        for (sum, offset) in sums.iter_mut().zip(offset) {
            *sum = sum.saturating_add((offset * KEPT).clamp(-KEPT, KEPT) as i32);
        }
        sums[2] += 1;
    }

    /// Beams ended in a cell, with these sums.
    pub(crate) fn hits(&mut self, index: usize, sums: [i32; 3]) {
        for (sum, more) in self.sums[index].iter_mut().zip(sums) {
            *sum = sum.saturating_add(more);
        }
    }

    /// Takes what the message says of a cell into its mean.
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

    /// A beam ended at a point of the grid.
    pub(crate) fn hit_at(&mut self, frame: &GridFrame, index: usize, point: Point2) {
        let (column, row) = (index % frame.width, index / frame.width);
        let off = (point - frame.centre_of(column, row)) * (2.0 / frame.resolution_m);
        Self::add(&mut self.sums[index], [off.x as f32, off.y as f32]);
    }

    /// Where the surface of a cell is that something stands in.
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
    fn the_mean_of_ends_is_told_to_a_fraction_of_a_millimetre() {
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
