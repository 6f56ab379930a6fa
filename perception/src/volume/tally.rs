//! Hit counts of one message per voxel, and the rejection of stray hits.
//!
//! Ranges have a noise of one or two standard deviations. Of the many endpoints on a surface near
//! the border of two cells, a few fall into the cell in front of it. They are distinguished from an
//! obstacle in that cell by their number: an obstacle occludes the surface behind it and has at
//! least as many endpoints. Endpoints with at most half the count of the cell behind are stray;
//! fewer than that count have half the weight.

use super::column::LayerSet;
use crate::grid::SurfaceLayer;

/// Bits of a count; it saturates at 31.
const PLANES: usize = 5;
/// Number of cells behind a voxel that are compared.
const BEHIND: i64 = 2;
/// Ratio of the shorter to the longer component of a direction: from the first on, a ray may
/// continue into the diagonal cell; up to the second, into the adjacent one.
const CORNER_FROM: f32 = 0.2;
const SIDE_TO: f32 = 0.7;

/// Endpoints in the column of one cell: counts per layer as bit planes, and sums of offsets. It
/// fills no more than one cache line, because endpoints come in any order.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Tally {
    planes: [LayerSet; PLANES],
    /// Sums of offsets for [`SurfaceLayer::hits`].
    offsets: [i32; 3],
}

impl Tally {
    #[inline(always)]
    #[allow(clippy::inline_always)] // what is not inlined does without wide registers
    fn count(&mut self, layer: usize) {
        let full = self.planes.iter().fold(!0, |all, plane| all & plane);
        let mut carry = 1 << layer & !full;
        for plane in &mut self.planes {
            (*plane, carry) = (*plane ^ carry, *plane & carry);
        }
    }

    fn any(&self) -> LayerSet {
        self.planes.iter().fold(0, |all, plane| all | plane)
    }

    /// Layers with at most half as many endpoints as the same layer of the cell behind, and layers
    /// with fewer. Endpoints behind at another height are not occluded and are ignored.
    fn compared(&self, behind: &Self) -> [LayerSet; 2] {
        let (mut more_than_half, mut fewer) = (0, 0);
        for (own, behind) in self.planes.into_iter().zip(behind.planes) {
            fewer = (!own & behind) | (!(own ^ behind) & fewer);
        }
        for (own, half) in self.planes.iter().zip(&behind.planes[1..]) {
            more_than_half = (own & !half) | (!(own ^ half) & more_than_half);
        }
        let sparse = !(more_than_half | self.planes[PLANES - 1]);
        [self.any() & sparse, fewer]
    }
}

/// Hit counts of a message in all cells, `[rows, columns]`, row-major.
#[derive(Debug, Clone)]
pub(crate) struct Tallies {
    columns: usize,
    cells: Vec<Tally>,
    /// One bit per cell: the cell has endpoints.
    filled: Vec<u64>,
    /// Position of the sensor, in cells.
    eye: [f32; 2],
}

impl Tallies {
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        Self {
            columns,
            cells: vec![Tally::default(); columns * rows],
            filled: vec![0; (columns * rows).div_ceil(64)],
            eye: [0.0; 2],
        }
    }

    pub(crate) fn look_from(&mut self, [x, y, _]: [f32; 3]) {
        self.eye = [x, y];
    }

    /// Counts an endpoint.
    #[inline(always)]
    #[allow(clippy::inline_always)] // what is not inlined does without wide registers
    pub(crate) fn count(&mut self, cell: usize, layer: usize) {
        self.filled[cell / 64] |= 1 << (cell % 64);
        self.cells[cell].count(layer);
    }

    /// Adds the sub-cell offset of a counted endpoint, in half cells from the middle.
    #[inline(always)]
    #[allow(clippy::inline_always)] // what is not inlined does without wide registers
    pub(crate) fn note(&mut self, cell: usize, offset: [f32; 2]) {
        SurfaceLayer::add(&mut self.cells[cell].offsets, offset);
    }

    /// Adds the hits without the stray endpoints in front of surfaces, and clears the counts.
    pub(crate) fn deliver(
        &mut self,
        hit: &mut [LayerSet],
        weak: &mut [LayerSet],
        surfaces: &mut SurfaceLayer,
    ) {
        for cell in filled(&self.filled) {
            let tally = &self.cells[cell];
            let [mut stray, mut doubtful] = [0; 2];
            for behind in self.behind(cell) {
                let [sparse, fewer] = tally.compared(&self.cells[behind]);
                stray |= sparse;
                doubtful |= fewer;
            }
            let kept = tally.any() & !stray;
            if kept != 0 {
                hit[cell] |= kept & !doubtful;
                weak[cell] |= kept & doubtful;
                surfaces.hits(cell, tally.offsets);
            }
        }
        for cell in filled(&self.filled) {
            self.cells[cell] = Tally::default();
        }
        self.filled.fill(0);
    }

    /// Cells into which a ray from the sensor continues, adjacent or diagonal.
    fn behind(&self, cell: usize) -> impl Iterator<Item = usize> + use<> {
        let (columns, rows) = (self.columns, self.cells.len() / self.columns);
        let place = [cell % columns, cell / columns];
        let [x, y] = [0, 1].map(|axis| place[axis] as f32 + 0.5 - self.eye[axis]);
        let ratio = x.abs().min(y.abs()) / x.abs().max(y.abs()).max(1.0);
        let (right, up) = (x.signum() as i64, y.signum() as i64);
        let side = if x.abs() > y.abs() {
            [right, 0]
        } else {
            [0, up]
        };
        let side = (ratio < SIDE_TO).then_some(side);
        let corner = (ratio > CORNER_FROM).then_some([right, up]);
        let ways = side.into_iter().chain(corner);
        ways.flat_map(move |[right, up]| {
            (1..=BEHIND).filter_map(move |far| {
                let column = place[0] as i64 + far * right;
                let row = place[1] as i64 + far * up;
                let inside =
                    (0..columns as i64).contains(&column) && (0..rows as i64).contains(&row);
                inside.then(|| row as usize * columns + column as usize)
            })
        })
    }
}

/// Indices of the set bits, from the lowest.
fn filled(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(index, &word)| {
        let rest = |word: &u64| Some(word & (word - 1)).filter(|rest| *rest != 0);
        std::iter::successors(Some(word).filter(|word| *word != 0), rest)
            .map(move |word| 64 * index + word.trailing_zeros() as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(counts: &[usize]) -> Tally {
        let mut tally = Tally::default();
        for (layer, count) in counts.iter().enumerate() {
            for _ in 0..*count {
                tally.count(layer);
            }
        }
        tally
    }

    #[test]
    fn sparse_layers_are_those_with_half_as_many_ends_as_behind() {
        for own in 0..40_usize {
            for behind in 0..40_usize {
                let (front, back) = (tally(&[0, own, 3]), tally(&[0, behind]));
                let [sparse, fewer] = front.compared(&back);
                let (own, behind) = (own.min(31), behind.min(31));
                let is_sparse = own > 0 && own < 16 && own <= behind / 2;
                let expected = u64::from(is_sparse) << 1;
                assert_eq!(sparse, expected, "{own} before {behind}");
                let expected = u64::from(own < behind) << 1;
                assert_eq!(fewer, expected, "{own} before {behind}");
            }
        }
    }

    #[test]
    fn stray_ends_are_those_on_the_sensors_side() {
        let (columns, middle) = (9, 4 * 9 + 4);
        for (eye, behind) in [
            ([-50.0, 4.0], 4 * 9 + 5),
            ([60.0, 4.0], 4 * 9 + 3),
            ([4.0, 50.0], 3 * 9 + 4),
            ([-50.0, -50.0], 5 * 9 + 5),
        ] {
            let mut tallies = Tallies::new(columns, 9);
            let mut surfaces = SurfaceLayer::new(81);
            for other in [middle - 1, middle + 1, middle - 9, middle + 9, middle + 10] {
                let (mut hit, mut weak) = (vec![0; 81], vec![0; 81]);
                let ends = if other == behind { 8 } else { 1 };
                tallies.look_from([eye[0], eye[1], 10.0]);
                tallies.count(middle, 20);
                for _ in 0..ends {
                    tallies.count(other, 20);
                }
                tallies.deliver(&mut hit, &mut weak, &mut surfaces);
                assert_eq!(hit[middle] == 0, other == behind, "{eye:?} {other}");
                assert_eq!(hit[other], 1 << 20);
            }
        }
    }
}
