//! A* search on a square lattice: Hart, Nilsson and Raphael 1968.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::f64::consts::SQRT_2;

use super::price::Price;
use crate::{GridFrame, Point2, Vector2};

const NOWHERE: u32 = u32::MAX;
/// Tolerance for the end of a route to an unreachable goal, m: among nodes at most this much
/// farther from the goal than the nearest one, the cheapest to reach is chosen.
const NEAREST_BAND_M: f64 = 0.3;
/// Extra distance from an unreachable goal that is accepted for a node with clearance, m.
const ROOMY_BAND_M: f64 = 0.8;

/// Open node: lowest estimate first, ties by index, so that the order is deterministic.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Open {
    estimate: f64,
    node: u32,
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        self.estimate
            .total_cmp(&other.estimate)
            .then(self.node.cmp(&other.node))
    }
}

/// Result of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found {
    /// The goal was reached.
    Goal(u32),
    /// The goal lies outside the map; the search ended at the border.
    Border(u32),
    /// The goal is unreachable; the search ended at the nearest reachable node.
    Nearest(u32),
}

/// Search state over one lattice, reused from search to search.
#[derive(Debug, Clone, Default)]
pub(super) struct Lattice {
    frame: GridFrame,
    /// Cells of the map per side of a node.
    cells: usize,
    price: Vec<f64>,
    /// Column and row of the cell that determines the price of each node.
    cell: Vec<[u8; 2]>,
    spent: Vec<f64>,
    parent: Vec<u32>,
    closed: Vec<bool>,
    open: BinaryHeap<Reverse<Open>>,
}

impl Lattice {
    /// Places the lattice over a map with this frame.
    pub fn lay(&mut self, map: &GridFrame, cell_m: f64) {
        let cells = ((cell_m / map.resolution_m).round() as usize).clamp(1, 255);
        self.cells = cells;
        self.frame = GridFrame {
            origin: map.origin,
            resolution_m: map.resolution_m * cells as f64,
            width: map.width / cells,
            height: map.height / cells,
        };
        let len = self.frame.len();
        self.price.clear();
        self.price.resize(len, f64::NAN);
        self.cell.clear();
        self.cell.resize(len, [(cells / 2) as u8; 2]);
        self.spent.clear();
        self.spent.resize(len, f64::INFINITY);
        self.parent.clear();
        self.parent.resize(len, NOWHERE);
        self.closed.clear();
        self.closed.resize(len, false);
        self.open.clear();
    }

    /// Centre of a node.
    pub fn place(&self, node: u32) -> Point2 {
        let (column, row) = self.column_row(node);
        self.frame.centre_of(column, row)
    }

    /// Waypoint of a route through a node: the centre of the cell that determines its price.
    pub fn waypoint(&self, node: u32) -> Point2 {
        let [column, row] = self.cell[node as usize].map(|cell| f64::from(cell) + 0.5);
        let cell_m = self.frame.resolution_m / self.cells as f64;
        let half = 0.5 * self.frame.resolution_m;
        let corner = self.place(node) - Vector2::new(half, half);
        corner + Vector2::new(column * cell_m, row * cell_m)
    }

    /// Cost of the path from the start to a node.
    #[cfg(test)]
    pub fn spent(&self, node: u32) -> f64 {
        self.spent[node as usize]
    }

    /// Writes the nodes of the path from the start to `node`.
    pub fn trail(&self, node: u32, trail: &mut Vec<u32>) {
        trail.clear();
        let mut node = node;
        while node != NOWHERE {
            trail.push(node);
            node = self.parent[node as usize];
        }
        trail.reverse();
    }

    /// Searches from the node at `from`; `None` if that lies outside the lattice. `heuristic` is
    /// the weight of the heuristic: 1 is A*, 0 is Dijkstra's algorithm, and above 1 it bounds the
    /// cost of the path relative to the optimum. A start too close to an obstacle may be left only
    /// toward larger clearance.
    pub fn search(
        &mut self,
        price: &Price<'_>,
        from: Point2,
        to: Point2,
        heuristic: f64,
    ) -> Option<Found> {
        let (column, row) = self.frame.cell_of(from)?;
        let start = self.frame.index(column, row) as u32;
        let goal = self
            .frame
            .cell_of(to)
            .map(|(column, row)| self.frame.index(column, row) as u32);
        let beyond_price = if goal.is_some() {
            f64::INFINITY
        } else {
            price.settings.unknown_price
        };
        let remaining = |place: Point2| heuristic * (to - place).norm();
        let mut nearest = (f64::INFINITY, start);
        let mut exit: Option<u32> = None;
        let mut exit_spent = f64::INFINITY;
        self.spent[start as usize] = 0.0;
        self.price_of(price, start);
        self.open.push(Reverse(Open {
            estimate: remaining(self.place(start)),
            node: start,
        }));
        while let Some(Reverse(Open { estimate, node })) = self.open.pop() {
            if estimate >= exit_spent {
                break;
            }
            if std::mem::replace(&mut self.closed[node as usize], true) {
                continue;
            }
            if Some(node) == goal {
                return Some(Found::Goal(node));
            }
            let place = self.place(node);
            let left = (to - place).norm();
            if left < nearest.0 {
                nearest = (left, node);
            }
            let (column, row) = self.column_row(node);
            let at_border = column == 0
                || row == 0
                || column + 1 == self.frame.width
                || row + 1 == self.frame.height;
            if at_border && self.spent[node as usize] + beyond_price * left < exit_spent {
                exit_spent = self.spent[node as usize] + beyond_price * left;
                exit = Some(node);
            }
            self.expand(price, node, &remaining);
        }
        Some(exit.map_or_else(
            || Found::Nearest(self.waiting_place(to, nearest, price.settings.unknown_price)),
            Found::Border,
        ))
    }

    /// Waiting position for an unreachable goal: the nearest node with the preferred clearance,
    /// unless it is much farther from the goal than the nearest node of all. Among nodes at about
    /// the same distance the cheapest to reach is chosen, so that the robot does not drive around
    /// an occupied goal.
    fn waiting_place(&self, to: Point2, nearest: (f64, u32), unknown_price: f64) -> u32 {
        let reached = || (0..self.frame.len() as u32).filter(|&n| self.closed[n as usize]);
        let off_m = |node: u32| (to - self.place(node)).norm();
        let is_roomy = |node: &u32| {
            let price = self.price[*node as usize];
            price <= 1.0 || price == unknown_price
        };
        let roomy_m = reached()
            .filter(is_roomy)
            .map(off_m)
            .fold(f64::INFINITY, f64::min);
        let wants_room = roomy_m <= nearest.0 + ROOMY_BAND_M;
        let least_m = if wants_room { roomy_m } else { nearest.0 };
        reached()
            .filter(|node| off_m(*node) <= least_m + NEAREST_BAND_M)
            .filter(|node| !wants_room || is_roomy(node))
            .min_by(|&a, &b| self.spent[a as usize].total_cmp(&self.spent[b as usize]))
            .unwrap_or(nearest.1)
    }

    fn expand(&mut self, price: &Price<'_>, node: u32, remaining: &dyn Fn(Point2) -> f64) {
        let (column, row) = self.column_row(node);
        let here = self.price[node as usize];
        for (dx, dy) in [
            (1, 0),
            (0, 1),
            (-1, 0),
            (0, -1),
            (1, 1),
            (-1, 1),
            (-1, -1),
            (1, -1),
        ] {
            let (column, row) = (column as i64 + dx, row as i64 + dy);
            if !self.frame.contains(column, row) {
                continue;
            }
            let next = self.frame.index(column as usize, row as usize) as u32;
            if self.closed[next as usize] {
                continue;
            }
            let mut there = self.price_of(price, next);
            if there == f64::INFINITY {
                let opens_up = here == f64::INFINITY
                    && price.clearance_m(self.place(next)) > price.clearance_m(self.place(node));
                if !opens_up {
                    continue;
                }
                there = 1.0 + price.settings.clearance_price;
            }
            let here = if here == f64::INFINITY { there } else { here };
            let step = if dx == 0 || dy == 0 { 1.0 } else { SQRT_2 };
            let spent =
                self.spent[node as usize] + 0.5 * (here + there) * step * self.frame.resolution_m;
            if spent < self.spent[next as usize] {
                self.spent[next as usize] = spent;
                self.parent[next as usize] = node;
                self.open.push(Reverse(Open {
                    estimate: spent + remaining(self.place(next)),
                    node: next,
                }));
            }
        }
    }

    fn price_of(&mut self, price: &Price<'_>, node: u32) -> f64 {
        let known = self.price[node as usize];
        if !known.is_nan() {
            return known;
        }
        let (column, row) = self.column_row(node);
        let at = |[dx, dy]: [u8; 2]| {
            let column = column * self.cells + usize::from(dx);
            price.in_cell(column, row * self.cells + usize::from(dy))
        };
        let middle = self.cell[node as usize];
        let mut best = (at(middle), middle);
        if best.0 > 1.0 + price.settings.clearance_price {
            // gaps are not aligned with the lattice: the robot may fit beside the centre of a node
            let side = self.cells as u8;
            for cell in (0..side).flat_map(|dy| (0..side).map(move |dx| [dx, dy])) {
                let value = at(cell);
                if value < best.0 {
                    best = (value, cell);
                }
            }
        }
        (self.price[node as usize], self.cell[node as usize]) = best;
        best.0
    }

    fn column_row(&self, node: u32) -> (usize, usize) {
        let node = node as usize;
        (node % self.frame.width, node / self.frame.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DistanceField, LogOdds, OccupancyGrid, RouteSettings};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_heuristic_changes_the_effort_and_not_the_price(
            blocks in prop::collection::vec((4_usize..56, 4_usize..56), 0..120),
            (x, y) in (0.1_f64..2.9, 0.1_f64..2.9),
        ) {
            let frame = GridFrame {
                origin: Point2::new(-1.0, 2.0),
                resolution_m: 0.05,
                width: 60,
                height: 60,
            };
            let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
            for (column, row) in blocks {
                grid.mark(frame.index(column, row));
            }
            let mut field = DistanceField::new(2.0);
            field.update(&grid);
            let settings = RouteSettings { radius_m: 0.1, ..RouteSettings::default() };
            let price = Price { settings: &settings, grid: &grid, field: &field };
            let (from, to) = (Point2::new(-0.95, 2.05), Point2::new(-1.0 + x, 2.0 + y));
            let search = |heuristic: f64| {
                let mut lattice = Lattice::default();
                lattice.lay(&frame, settings.cell_m);
                let found = lattice.search(&price, from, to, heuristic).unwrap();
                let node = match found {
                    Found::Goal(node) | Found::Border(node) | Found::Nearest(node) => node,
                };
                let mut trail = Vec::new();
                lattice.trail(node, &mut trail);
                for &node in &trail[1..] {
                    let price = |node| lattice.price[node as usize];
                    let opened = price(node).is_finite() || price(trail[0]).is_infinite();
                    assert!(opened, "the way runs through an obstacle");
                }
                (std::mem::discriminant(&found), lattice.spent(node))
            };
            let (informed, blind) = (search(1.0), search(0.0));
            prop_assert_eq!(informed.0, blind.0);
            prop_assert!((informed.1 - blind.1).abs() < 1e-9);
            let hasty = search(1.5);
            prop_assert_eq!(hasty.0, blind.0);
            if hasty.0 == std::mem::discriminant(&Found::Goal(0)) {
                prop_assert!(hasty.1 <= 1.5 * blind.1 + 1e-9);
            }
        }
    }
}
