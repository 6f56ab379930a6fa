//! Uniform grid of primitives: limits queries to nearby primitives.

use perception::{Point2, Vector2};

use super::primitive::Primitive;

/// Maximum number of cells.
const CELLS_MAX: f64 = 250_000.0;
/// Maximum number of cell entries in a world of few primitives.
const MEMBERS_MAX: usize = 4_000_000;
/// Maximum mean number of cells per primitive in a world of many.
const MEMBERS_EACH: usize = 16;

/// Primitives by the cells that their bounding boxes touch, `[rows * cols]` row-major.
#[derive(Debug, Clone)]
pub(super) struct Index {
    low: Point2,
    high: Point2,
    cell_m: f64,
    cols: usize,
    rows: usize,
    /// Cell `i` holds `members[starts[i]..starts[i + 1]]`.
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Index {
    /// Builds the grid, with cells of about the mean area per primitive.
    pub fn new(primitives: &[Primitive]) -> Self {
        let (low, high) = primitives
            .iter()
            .map(Primitive::bounds)
            .reduce(|(low, high), (a, b)| (low.inf(&a), high.sup(&b)))
            .unwrap_or((Point2::origin(), Point2::origin()));
        let extent = high - low;
        let (width, height) = (extent.x.max(1e-3), extent.y.max(1e-3));
        let own = (width * height / primitives.len().max(1) as f64).sqrt();
        let mut index = Self {
            low,
            high,
            cell_m: 0.0,
            cols: 0,
            rows: 0,
            starts: Vec::new(),
            members: Vec::new(),
        };
        index.divide(
            own.clamp(0.1, 2.0)
                .max((width * height / CELLS_MAX).sqrt())
                .max(width.max(height) / CELLS_MAX),
        );
        // large overlapping primitives touch many cells each
        let members_max = MEMBERS_MAX.max(MEMBERS_EACH * primitives.len());
        while index.count(primitives) > members_max {
            index.divide(2.0 * index.cell_m);
        }
        let (cols, rows) = (index.cols, index.rows);
        index.starts = vec![0; rows * cols + 1];
        for primitive in primitives {
            let (low, high) = primitive.bounds();
            index.for_each_cell(low, high, |starts, cell| starts[cell + 1] += 1);
        }
        for cell in 0..rows * cols {
            index.starts[cell + 1] += index.starts[cell];
        }
        let mut members = vec![0; index.starts[rows * cols] as usize];
        let mut next = index.starts.clone();
        for (id, primitive) in primitives.iter().enumerate() {
            let (low, high) = primitive.bounds();
            index.for_each_cell(low, high, |_, cell| {
                members[next[cell] as usize] = id as u32;
                next[cell] += 1;
            });
        }
        index.members = members;
        index
    }

    /// Covers the bounding box with cells of this width.
    fn divide(&mut self, cell_m: f64) {
        let extent = self.high - self.low;
        let count = |length_m: f64| (length_m.max(1e-3) / cell_m).ceil() as usize;
        (self.cols, self.rows) = (count(extent.x), count(extent.y));
        self.cell_m = cell_m;
    }

    /// Total number of cells touched by the bounding boxes of all primitives.
    fn count(&self, primitives: &[Primitive]) -> usize {
        let boxes = primitives.iter().map(Primitive::bounds);
        boxes
            .filter_map(|(low, high)| self.cells_of(low, high))
            .map(|(cols, rows)| (cols.1 - cols.0 + 1) * (rows.1 - rows.0 + 1))
            .sum()
    }

    /// Corners of the bounding box.
    pub fn bounds(&self) -> (Point2, Point2) {
        (self.low, self.high)
    }

    /// Width of a cell, m.
    pub fn cell_m(&self) -> f64 {
        self.cell_m
    }

    /// Visits every primitive that may touch the box from `low` to `high`; some more than once.
    pub fn for_each_near(&self, low: Point2, high: Point2, mut give: impl FnMut(usize)) {
        let Some((cols, rows)) = self.cells_of(low, high) else {
            return;
        };
        for row in rows.0..=rows.1 {
            for col in cols.0..=cols.1 {
                for member in self.members_of(row * self.cols + col) {
                    give(*member as usize);
                }
            }
        }
    }

    /// Traverses the cells along a ray (Amanatides and Woo 1987) and visits their primitives.
    ///
    /// `give` returns the range of the nearest hit so far; the traversal ends at the first cell
    /// beyond it. `reach_m` is the maximum range.
    pub fn for_each_along(
        &self,
        origin: Point2,
        along: Vector2,
        reach_m: f64,
        mut give: impl FnMut(usize) -> f64,
    ) {
        let Some((enter, leave)) = self.overlap(origin, along, reach_m) else {
            return;
        };
        let first = (origin + along * enter - self.low) / self.cell_m;
        let mut col = (first.x as usize).min(self.cols - 1);
        let mut row = (first.y as usize).min(self.rows - 1);
        let edge_after = |cell: usize, axis: usize| {
            let step = along[axis];
            if step == 0.0 {
                return (f64::INFINITY, f64::INFINITY);
            }
            let edge = self.low[axis] + self.cell_m * (cell as f64 + f64::from(step > 0.0));
            ((edge - origin[axis]) / step, self.cell_m / step.abs())
        };
        let (mut next_col, col_step) = edge_after(col, 0);
        let (mut next_row, row_step) = edge_after(row, 1);
        loop {
            let mut nearest = reach_m;
            for member in self.members_of(row * self.cols + col) {
                nearest = give(*member as usize);
            }
            let exit = next_col.min(next_row);
            if exit > leave || exit > nearest {
                return;
            }
            if next_col < next_row {
                let Some(next) = neighbour(col, along.x, self.cols) else {
                    return;
                };
                col = next;
                next_col += col_step;
            } else {
                let Some(next) = neighbour(row, along.y, self.rows) else {
                    return;
                };
                row = next;
                next_row += row_step;
            }
        }
    }

    fn members_of(&self, cell: usize) -> &[u32] {
        &self.members[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    fn for_each_cell(
        &mut self,
        low: Point2,
        high: Point2,
        mut give: impl FnMut(&mut Vec<u32>, usize),
    ) {
        if let Some((cols, rows)) = self.cells_of(low, high) {
            for row in rows.0..=rows.1 {
                for col in cols.0..=cols.1 {
                    give(&mut self.starts, row * self.cols + col);
                }
            }
        }
    }

    /// First and last column and row that a box touches.
    fn cells_of(&self, low: Point2, high: Point2) -> Option<((usize, usize), (usize, usize))> {
        if high.x < self.low.x || high.y < self.low.y || low.x > self.high.x || low.y > self.high.y
        {
            return None;
        }
        // a cast of a negative number gives 0; the margin assigns primitives on an edge to both
        // cells
        let first = |value: f64| (value / self.cell_m - 1e-9) as usize;
        let last =
            |value: f64, count: usize| ((value / self.cell_m + 1e-9) as usize).min(count - 1);
        Some((
            (
                first(low.x - self.low.x).min(self.cols - 1),
                last(high.x - self.low.x, self.cols),
            ),
            (
                first(low.y - self.low.y).min(self.rows - 1),
                last(high.y - self.low.y, self.rows),
            ),
        ))
    }

    /// Interval of a ray within the bounds, m.
    fn overlap(&self, origin: Point2, along: Vector2, reach_m: f64) -> Option<(f64, f64)> {
        let (mut enter, mut leave) = (0.0_f64, reach_m);
        for axis in 0..2 {
            let (low, high) = (self.low[axis] - 1e-9, self.high[axis] + 1e-9);
            if along[axis] == 0.0 {
                if origin[axis] < low || origin[axis] > high {
                    return None;
                }
                continue;
            }
            let one = (low - origin[axis]) / along[axis];
            let other = (high - origin[axis]) / along[axis];
            enter = enter.max(one.min(other));
            leave = leave.min(one.max(other));
        }
        (enter <= leave).then_some((enter, leave))
    }
}

fn neighbour(cell: usize, direction: f64, count: usize) -> Option<usize> {
    if direction < 0.0 {
        cell.checked_sub(1)
    } else {
        Some(cell + 1).filter(|next| *next < count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::primitive::Circle;
    use super::*;

    fn circles(count: usize, radius_m: f64) -> Vec<Primitive> {
        let circle = |index: usize| Circle {
            centre: Point2::new(index as f64, 0.5 * index as f64),
            radius_m,
        };
        (0..count)
            .map(|index| Primitive::Circle(circle(index)))
            .collect()
    }

    #[test]
    fn large_things_over_each_other_take_bounded_memory() {
        let index = Index::new(&circles(2000, 5000.0));
        assert!(index.members.len() <= MEMBERS_MAX);
        assert!(index.rows * index.cols <= 2 * CELLS_MAX as usize);
        let mut near = vec![false; 2000];
        let middle = Point2::new(1000.0, 500.0);
        index.for_each_near(middle, middle, |member| near[member] = true);
        assert!(near.iter().all(|near| *near));
    }

    #[test]
    fn a_world_as_large_as_may_be_takes_bounded_memory() {
        for far_m in [1e4, 2e4] {
            let mut few = circles(3, 1e-4);
            few.push(Primitive::Circle(Circle {
                centre: Point2::new(far_m, -far_m),
                radius_m: 1e-4,
            }));
            let index = Index::new(&few);
            assert!(index.rows * index.cols <= 2 * CELLS_MAX as usize);
        }
    }
}
