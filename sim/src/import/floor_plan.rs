//! Obstacles from a part of a building's map.
//!
//! Cells that are not known to be free are solid. They are merged greedily to rectangles, row by
//! row upward. Rectangles that touch no free cell are omitted: no sensor or robot can reach them. A
//! wall closes the part. Within discs known to be free, cells that overlap the disc are free.

use mapping::StaticMap;
use perception::{Point2, Pose2, Vector2};

use crate::{Obstacle, Shape};

/// Percentage of occupancy above which cells are solid, as the ROS map server writes it.
const PERCENT_FREE: i8 = 25;
/// Height of obstacles, m.
const HEIGHT_M: f64 = 2.5;
/// Thickness of the outer wall, m.
const WALL_M: f64 = 0.2;

/// A rectangle of map cells: half-open ranges of columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    left: usize,
    bottom: usize,
    right: usize,
    top: usize,
}

impl Window {
    /// The cells of a map within `reach_m` of the bounding box of some points; none if empty.
    pub fn about(map: &StaticMap, points: &[Point2], reach_m: f64) -> Option<Self> {
        let frame = map.frame();
        let first = *points.first()?;
        let (low, high) = points
            .iter()
            .fold((first, first), |(low, high), p| (low.inf(p), high.sup(p)));
        let reach = Vector2::repeat(reach_m);
        let (left, bottom) = frame.signed_cell(low - reach);
        let (right, top) = frame.signed_cell(high + reach);
        let cut = |at: i64, count: usize| at.clamp(0, count as i64) as usize;
        let window = Self {
            left: cut(left, frame.width),
            bottom: cut(bottom, frame.height),
            right: cut(right + 1, frame.width),
            top: cut(top + 1, frame.height),
        };
        (window.left < window.right && window.bottom < window.top).then_some(window)
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.columns() * self.rows()
    }

    fn columns(&self) -> usize {
        self.right - self.left
    }

    fn rows(&self) -> usize {
        self.top - self.bottom
    }
}

/// A disc without obstacles, map frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FreeDisc {
    pub centre: Point2,
    pub radius_m: f64,
}

impl FreeDisc {
    /// True if a square around a point overlaps the disc.
    fn meets(&self, middle: Point2, side_m: f64) -> bool {
        let aside = (self.centre - middle).abs() - Vector2::repeat(0.5 * side_m);
        aside.sup(&Vector2::zeros()).norm() < self.radius_m
    }
}

/// Obstacles of a window of a map and the outer wall, map frame.
pub(super) fn obstacles(map: &StaticMap, window: &Window, free: &[FreeDisc]) -> Vec<Obstacle> {
    let plan = Plan::of(map, window, free);
    let side = map.frame().resolution_m;
    let corner =
        map.frame().origin + Vector2::new(window.left as f64 * side, window.bottom as f64 * side);
    let block = |low: Point2, high: Point2| {
        let middle = nalgebra::center(&low, &high);
        let size = high - low;
        let outline = Shape::rectangle(Pose2::new(middle.x, middle.y, 0.0), size.x, size.y);
        Obstacle::standing(outline, HEIGHT_M)
    };
    let at =
        |column: usize, row: usize| corner + Vector2::new(column as f64 * side, row as f64 * side);
    let (low, high) = (at(0, 0), at(plan.columns, plan.rows));
    let out = Vector2::repeat(WALL_M);
    let mut found = vec![
        block(low - out, Point2::new(high.x + WALL_M, low.y)),
        block(Point2::new(low.x - WALL_M, high.y), high + out),
        block(
            Point2::new(low.x - WALL_M, low.y),
            Point2::new(low.x, high.y),
        ),
        block(
            Point2::new(high.x, low.y),
            Point2::new(high.x + WALL_M, high.y),
        ),
    ];
    found.extend(
        plan.rectangles()
            .into_iter()
            .map(|[left, bottom, right, top]| block(at(left, bottom), at(right, top))),
    );
    found
}

/// Solid cells of a window, `[rows, columns]`, row-major.
struct Plan {
    columns: usize,
    rows: usize,
    solid: Vec<bool>,
}

impl Plan {
    fn of(map: &StaticMap, window: &Window, free: &[FreeDisc]) -> Self {
        let frame = map.frame();
        let solid = (window.bottom..window.top)
            .flat_map(|row| (window.left..window.right).map(move |column| (column, row)))
            .map(|(column, row)| {
                let percent = map.occupancy()[frame.index(column, row)];
                let middle = frame.centre_of(column, row);
                !(StaticMap::FREE..=PERCENT_FREE).contains(&percent)
                    && !free
                        .iter()
                        .any(|disc| disc.meets(middle, frame.resolution_m))
            })
            .collect();
        Self {
            columns: window.columns(),
            rows: window.rows(),
            solid,
        }
    }

    /// Left, bottom, right and top, in cells, half-open, of rectangles that cover all solid cells
    /// next to free ones and no free cell.
    fn rectangles(&self) -> Vec<[usize; 4]> {
        let mut left_over = self.solid.clone();
        let mut found = Vec::new();
        for bottom in 0..self.rows {
            for left in 0..self.columns {
                if !left_over[bottom * self.columns + left] {
                    continue;
                }
                let span = |row: usize, right: usize| {
                    row * self.columns + left..row * self.columns + right
                };
                let right = (left..self.columns)
                    .find(|column| !left_over[bottom * self.columns + column])
                    .unwrap_or(self.columns);
                let top = (bottom..self.rows)
                    .find(|row| !left_over[span(*row, right)].iter().all(|solid| *solid))
                    .unwrap_or(self.rows);
                for row in bottom..top {
                    left_over[span(row, right)].fill(false);
                }
                let rectangle = [left, bottom, right, top];
                if self.is_seen(rectangle) {
                    found.push(rectangle);
                }
            }
        }
        found
    }

    /// True if a free cell touches a rectangle, at least at a corner.
    fn is_seen(&self, [left, bottom, right, top]: [usize; 4]) -> bool {
        let columns = left.saturating_sub(1)..(right + 1).min(self.columns);
        (bottom.saturating_sub(1)..(top + 1).min(self.rows)).any(|row| {
            columns
                .clone()
                .any(|column| !self.solid[row * self.columns + column])
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rectangles_cover_every_solid_cell_beside_a_free_one_once(
            solid in proptest::collection::vec(any::<bool>(), 63)
        ) {
            let plan = Plan { columns: 9, rows: 7, solid };
            let mut covered = vec![0; 63];
            for [left, bottom, right, top] in plan.rectangles() {
                for row in bottom..top {
                    for column in left..right {
                        covered[row * 9 + column] += 1;
                    }
                }
            }
            for (cell, &count) in covered.iter().enumerate() {
                let (column, row) = (cell % 9, cell / 9);
                let beside = plan.is_seen([column, row, column + 1, row + 1]);
                if plan.solid[cell] && beside {
                    prop_assert_eq!(count, 1);
                } else {
                    prop_assert!(count <= usize::from(plan.solid[cell]));
                }
            }
        }
    }
}
