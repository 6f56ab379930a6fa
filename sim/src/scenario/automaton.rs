//! Random cells smoothed by a cellular automaton.
//!
//! Perille, Truong, Xiao and Stone, "Benchmarking Metric Ground Navigation", SSRR 2020, section
//! III: a cell with 5 or more filled neighbours of 8 is filled, one with 1 or fewer is cleared. The
//! first and last row start filled; cells beyond them count as filled.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::{Rng, RngExt as _};

/// A cell by row and column.
pub(super) type Place = (usize, usize);

/// Filled and empty cells, `[rows, cols]`, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    rows: usize,
    cols: usize,
    filled: Vec<bool>,
}

impl Field {
    /// Fills a random share of the cells, and the first and last row.
    pub fn random(rows: usize, cols: usize, share: f64, rng: &mut impl Rng) -> Self {
        let filled = (0..rows * cols)
            .map(|cell| {
                let row = cell / cols;
                row == 0 || row == rows - 1 || rng.random::<f64>() < share
            })
            .collect();
        Self { rows, cols, filled }
    }

    /// One step of the automaton.
    #[must_use]
    pub fn smoothed(&self) -> Self {
        let mut next = self.clone();
        for row in 0..self.rows {
            for col in 0..self.cols {
                let cell = row * self.cols + col;
                match self.filled_neighbours((row, col)) {
                    5.. => next.filled[cell] = true,
                    0..=1 => next.filled[cell] = false,
                    _ => {}
                }
            }
        }
        next
    }

    /// Filled cells with at least one empty neighbour of eight.
    pub fn visible(&self) -> impl Iterator<Item = Place> {
        (0..self.rows * self.cols)
            .map(|cell| (cell / self.cols, cell % self.cols))
            .filter(|&(row, col)| {
                let rim = row == 0 || col == 0 || row + 1 == self.rows || col + 1 == self.cols;
                self.is_filled((row, col)) && (rim || self.filled_neighbours((row, col)) < 8)
            })
    }

    /// Cells at which the centre of a robot of `2 reach + 1` cells per side touches a filled cell.
    #[must_use]
    pub fn grown(&self, reach: usize) -> Self {
        let mut grown = self.clone();
        for row in 0..self.rows {
            for col in 0..self.cols {
                let rows = row.saturating_sub(reach)..(row + reach + 1).min(self.rows);
                grown.filled[row * self.cols + col] = rows.into_iter().any(|r| {
                    (col.saturating_sub(reach)..(col + reach + 1).min(self.cols))
                        .any(|c| self.is_filled((r, c)))
                });
            }
        }
        grown
    }

    /// The largest 4-connected empty region that touches a column.
    pub fn largest_region_at(&self, col: usize) -> Vec<bool> {
        let mut largest = (0, vec![false; self.filled.len()]);
        for row in 0..self.rows {
            let region = self.region((row, col));
            let size = region.iter().filter(|inside| **inside).count();
            if size > largest.0 {
                largest = (size, region);
            }
        }
        largest.1
    }

    /// Rows at which a region touches a column.
    pub fn openings(&self, region: &[bool], col: usize) -> Vec<usize> {
        (0..self.rows)
            .filter(|row| region[row * self.cols + col])
            .collect()
    }

    /// The shortest 8-connected path over empty cells that never passes between two filled corners,
    /// both ends included; none without a path.
    pub fn shortest_way(&self, from: Place, to: Place) -> Option<Vec<Place>> {
        // lengths in thousandths of a cell: integers, so that ties are resolved identically on all
        // platforms
        let mut length = vec![u64::MAX; self.filled.len()];
        let mut before = vec![usize::MAX; self.filled.len()];
        let mut open = BinaryHeap::new();
        let index = |(row, col): Place| row * self.cols + col;
        length[index(from)] = 0;
        open.push(Reverse((0, index(from))));
        while let Some(Reverse((so_far, cell))) = open.pop() {
            if so_far > length[cell] {
                continue;
            }
            let place = (cell / self.cols, cell % self.cols);
            for next in self.neighbours(place).filter(|next| !self.is_filled(*next)) {
                let diagonal = next.0 != place.0 && next.1 != place.1;
                if diagonal
                    && self.is_filled((next.0, place.1))
                    && self.is_filled((place.0, next.1))
                {
                    continue;
                }
                let through = so_far + if diagonal { 1414 } else { 1000 };
                if through < length[index(next)] {
                    length[index(next)] = through;
                    before[index(next)] = cell;
                    open.push(Reverse((through, index(next))));
                }
            }
        }
        if length[index(to)] == u64::MAX {
            return None;
        }
        let mut way = vec![to];
        let mut cell = index(to);
        while cell != index(from) {
            cell = before[cell];
            way.push((cell / self.cols, cell % self.cols));
        }
        way.reverse();
        Some(way)
    }

    fn is_filled(&self, (row, col): Place) -> bool {
        self.filled[row * self.cols + col]
    }

    fn filled_neighbours(&self, place: Place) -> usize {
        let beyond = if place.0 == 0 || place.0 + 1 == self.rows {
            3
        } else {
            0
        };
        beyond
            + self
                .neighbours(place)
                .filter(|next| self.is_filled(*next))
                .count()
    }

    fn neighbours(&self, (row, col): Place) -> impl Iterator<Item = Place> {
        let rows = row.saturating_sub(1)..(row + 2).min(self.rows);
        let cols = col.saturating_sub(1)..(col + 2).min(self.cols);
        rows.flat_map(move |r| cols.clone().map(move |c| (r, c)))
            .filter(move |next| *next != (row, col))
    }

    fn region(&self, seed: Place) -> Vec<bool> {
        let mut region = vec![false; self.filled.len()];
        let mut open = vec![seed];
        while let Some((row, col)) = open.pop() {
            let cell = row * self.cols + col;
            if self.filled[cell] || region[cell] {
                continue;
            }
            region[cell] = true;
            open.extend(
                self.neighbours((row, col))
                    .filter(|next| next.0 == row || next.1 == col),
            );
        }
        region
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of `#` and `.`.
    fn field(rows: &[&str]) -> Field {
        Field {
            rows: rows.len(),
            cols: rows[0].len(),
            filled: rows.concat().bytes().map(|cell| cell == b'#').collect(),
        }
    }

    #[test]
    fn lone_cells_vanish_and_gaps_close() {
        let before = field(&["#####", ".....", "...#.", ".....", "#####"]);
        // the single cell has no neighbour; cells next to the walls have 3 at most
        assert_eq!(
            before.smoothed(),
            field(&["#####", ".....", ".....", ".....", "#####"])
        );
        let gap = field(&["#####", "#.###", ".....", ".....", "#####"]);
        // the gap has 6 filled neighbours
        assert!(gap.smoothed().is_filled((1, 1)));
    }

    #[test]
    fn the_shortest_path_never_passes_between_filled_corners() {
        let maze = field(&["...", "##.", "..."]);
        let way = maze.shortest_way((0, 0), (2, 0)).unwrap();
        assert_eq!(way, [(0, 0), (0, 1), (1, 2), (2, 1), (2, 0)]);
        let corners = field(&[".#", "#."]);
        assert_eq!(corners.shortest_way((0, 0), (1, 1)), None);
    }

    #[test]
    fn growing_leaves_room_for_the_robot() {
        let grown = field(&[".....", ".....", "....#"]).grown(1);
        assert_eq!(grown, field(&[".....", "...##", "...##"]));
    }

    #[test]
    fn the_inside_of_a_solid_is_not_visible() {
        let solid = field(&[".....", ".###.", ".###.", ".###.", "....."]);
        assert_eq!(solid.visible().count(), 8);
    }
}
