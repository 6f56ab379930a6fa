//! Free space and paths of a robot on the ground-truth map.
//!
//! The nodes form a lattice with a spacing of 5 cm. A node is free if a disc slightly larger than
//! the robot touches nothing there and lies on even floor, by exact geometry. The segment between
//! two free neighbours is free too: the enlarged discs at its ends cover it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use perception::{Footprint, Point2, Pose2, Vector2};

use crate::World;

/// Node spacing, and enlargement of the robot.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_field_names)] // units
pub(crate) struct Lattice {
    /// Node spacing, m.
    spacing_m: f64,
    /// Enlargement of the robot's radius, m.
    spare_m: f64,
}

impl Lattice {
    /// Nodes 5 cm apart, for paths with some clearance.
    const COARSE: Self = Self {
        spacing_m: 0.05,
        spare_m: 0.02,
    };

    /// Nodes 2.5 cm apart, for paths in the middle of narrow gaps.
    pub const CLOSE: Self = Self {
        spacing_m: 0.025,
        spare_m: 0.02,
    };

    /// Nodes at a spacing, m, with the minimum enlargement: two discs of radius r + s at the ends
    /// of a step d cover the disc of radius r that moves along it if (r + s)² ≥ r² + (d / 2)²; the
    /// longest step is a diagonal.
    pub fn fine(spacing_m: f64, radius_m: f64) -> Self {
        let half_m = std::f64::consts::FRAC_1_SQRT_2 * spacing_m;
        Self {
            spacing_m,
            spare_m: radius_m.hypot(half_m) - radius_m,
        }
    }

    fn position(&self, place: usize, columns: usize) -> Point2 {
        let (column, row) = (place % columns, place / columns);
        Point2::new(column as f64, row as f64) * self.spacing_m
    }
}

/// Desired clearance of paths, m.
const COMFORT_M: f64 = 0.3;
/// Maximum loss of clearance on lines between waypoints, m.
const CUT_M: f64 = 0.01;
/// Additional price of a metre without clearance, relative to a metre with it.
const TIGHTNESS_PRICE: f64 = 4.0;

/// The robot of the path search.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_field_names)] // units
pub(crate) struct Walker {
    pub radius_m: f64,
    pub height_m: f64,
    /// Maximum height of steps up and down, m.
    pub step_max_m: f64,
}

/// Free nodes of a room from the origin to its far corner.
#[derive(Debug, Clone)]
pub(crate) struct Survey {
    lattice: Lattice,
    columns: usize,
    rows: usize,
    /// Clearance of the robot at every node, m, limited to the desired one; none at blocked nodes.
    space_m: Vec<Option<f64>>,
}

impl Survey {
    pub fn of(world: &World, size: Vector2, walker: &Walker) -> Self {
        Self::on(world, size, walker, Lattice::COARSE)
    }

    /// The same on another lattice.
    pub fn on(world: &World, size: Vector2, walker: &Walker, lattice: Lattice) -> Self {
        let (columns, rows) = (
            (size.x / lattice.spacing_m) as usize + 1,
            (size.y / lattice.spacing_m) as usize + 1,
        );
        let disc = Footprint::Disc {
            radius_m: walker.radius_m + lattice.spare_m,
        };
        let space_m = (0..columns * rows)
            .map(|place| {
                let at = lattice.position(place, columns);
                let pose = Pose2::new(at.x, at.y, 0.0);
                let space_m = world
                    .gap(&disc, walker.height_m, pose, COMFORT_M)
                    .map_or(COMFORT_M, |gap| gap.distance_m);
                if space_m <= 0.0 {
                    return None;
                }
                let footing = world.footing(&disc, pose);
                let even = footing.drop_m.max(footing.step_m) <= walker.step_max_m;
                even.then_some(space_m)
            })
            .collect();
        Self {
            lattice,
            columns,
            rows,
            space_m,
        }
    }

    /// Free nodes with a minimum clearance, m.
    pub fn places(&self, space_m: f64) -> Vec<Point2> {
        (0..self.space_m.len())
            .filter(|&place| self.space_m[place].is_some_and(|space| space >= space_m))
            .map(|place| self.lattice.position(place, self.columns))
            .collect()
    }

    /// The cheapest path between the nodes nearest to two points, if they are free and connected
    /// (Dijkstra 1959).
    pub fn way(&self, from: Point2, to: Point2) -> Option<Vec<Point2>> {
        let (start, goal) = (self.nearest(from), self.nearest(to));
        self.space_m[start]?;
        self.space_m[goal]?;
        let mut spent = vec![f64::INFINITY; self.space_m.len()];
        let mut before = vec![usize::MAX; self.space_m.len()];
        let mut open = BinaryHeap::from([(Reverse(0_u64), start)]);
        spent[start] = 0.0;
        while let Some((Reverse(price), place)) = open.pop() {
            if place == goal {
                let mut way = vec![goal];
                while let Some(&last) = way.last().filter(|last| **last != start) {
                    way.push(before[last]);
                }
                way.reverse();
                return Some(
                    way.into_iter()
                        .map(|place| self.lattice.position(place, self.columns))
                        .collect(),
                );
            }
            if price > spent[place].to_bits() {
                continue;
            }
            self.for_each_neighbour(place, |next, length_m, space_m| {
                let tight = 1.0 - space_m / COMFORT_M;
                let price = spent[place] + length_m * (1.0 + TIGHTNESS_PRICE * tight * tight);
                if price < spent[next] {
                    spent[next] = price;
                    before[next] = place;
                    // the bits of positive floats sort in their numeric order
                    open.push((Reverse(price.to_bits()), next));
                }
            });
        }
        None
    }

    /// True if a path connects the node nearest to a point with any node within a distance of
    /// another point, m.
    pub fn are_joined(&self, from: Point2, to: Point2, within_m: f64) -> bool {
        let start = self.nearest(from);
        let mut seen = vec![false; self.space_m.len()];
        let mut open = Vec::new();
        if self.space_m[start].is_some() {
            seen[start] = true;
            open.push(start);
        }
        while let Some(place) = open.pop() {
            if (self.lattice.position(place, self.columns) - to).norm() <= within_m {
                return true;
            }
            self.for_each_neighbour(place, |next, _, _| {
                if !std::mem::replace(&mut seen[next], true) {
                    open.push(next);
                }
            });
        }
        false
    }

    /// Waypoints of a path, at most `spacing_m` apart where possible, including its end and not its
    /// start. On the straight lines between them a disc has the clearance of the path, less at most
    /// 1 cm: the coarse path can be followed.
    pub fn waypoints(
        &self,
        world: &World,
        walker: &Walker,
        way: &[Point2],
        spacing_m: f64,
    ) -> Vec<Point2> {
        let disc = Footprint::Disc {
            radius_m: walker.radius_m,
        };
        let space_m = |at: Point2| {
            let pose = Pose2::new(at.x, at.y, 0.0);
            let gap = world.gap(&disc, walker.height_m, pose, COMFORT_M);
            gap.map_or(COMFORT_M, |gap| gap.distance_m)
        };
        let along: Vec<f64> = way.iter().map(|place| space_m(*place)).collect();
        let is_as_wide = |from: usize, to: usize| {
            let least_m = along[from..=to].iter().copied().fold(COMFORT_M, f64::min);
            let line = way[to] - way[from];
            let steps = (line.norm() / (0.5 * self.lattice.spacing_m))
                .ceil()
                .max(1.0);
            (0..=steps as usize)
                .all(|step| space_m(way[from] + line * (step as f64 / steps)) >= least_m - CUT_M)
        };
        let mut points = Vec::new();
        let mut from = 0;
        while from + 1 < way.len() {
            let mut to = from + 1;
            let mut length_m = (way[to] - way[from]).norm();
            while to + 1 < way.len() {
                length_m += (way[to + 1] - way[to]).norm();
                if length_m > spacing_m || !is_as_wide(from, to + 1) {
                    break;
                }
                to += 1;
            }
            points.push(way[to]);
            from = to;
        }
        points
    }

    fn nearest(&self, point: Point2) -> usize {
        let spacing_m = self.lattice.spacing_m;
        let cell =
            |at: f64, count: usize| ((at / spacing_m).round().max(0.0) as usize).min(count - 1);
        cell(point.y, self.rows) * self.columns + cell(point.x, self.columns)
    }

    /// Visits the free neighbours of a node with their distance and clearance, m.
    fn for_each_neighbour(&self, place: usize, mut give: impl FnMut(usize, f64, f64)) {
        let (column, row) = (place % self.columns, place / self.columns);
        for (right, up) in [
            (1, 0),
            (1, 1),
            (0, 1),
            (-1, 1),
            (-1, 0),
            (-1, -1),
            (0, -1),
            (1, -1),
        ] {
            let (Some(column), Some(row)) = (
                column
                    .checked_add_signed(right)
                    .filter(|c| *c < self.columns),
                row.checked_add_signed(up).filter(|r| *r < self.rows),
            ) else {
                continue;
            };
            let next = row * self.columns + column;
            if let Some(space_m) = self.space_m[next] {
                let length_m = self.lattice.spacing_m * (right as f64).hypot(up as f64);
                give(next, length_m, space_m);
            }
        }
    }
}
