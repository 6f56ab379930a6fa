//! Cost-to-go from all cells to a goal by the fast marching method.
//!
//! ```text
//! |∇T(x)| = F(x),   T(goal) = 0
//! ```
//!
//! is solved cell by cell from the goal outward with first-order upwind differences (Sethian, "A
//! fast marching level set method for monotonically advancing fronts", 1996). The cheapest path
//! from any place descends the gradient of `T`; unlike a path on a lattice it is smooth.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use perception::{Point2, Vector2};

use super::ground::Ground;

/// Step along the path, cells.
const STEP_CELLS: f64 = 1.0;
/// Radius around the goal with straight-line cost, cells.
const SOURCE_CELLS: i64 = 2;

/// A cell on the front: lowest cost first, ties by index, so that the order is deterministic.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Front {
    cost: f64,
    cell: usize,
}

impl Eq for Front {}

impl PartialOrd for Front {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Front {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cost
            .total_cmp(&other.cost)
            .then(self.cell.cmp(&other.cell))
    }
}

/// Cost-to-go to a goal over a ground.
#[derive(Debug, Clone)]
pub(super) struct CostToGo {
    ground: Ground,
    goal: Point2,
    /// `[height, width]`; infinite without a path.
    cost: Vec<f64>,
}

impl CostToGo {
    /// Computes the cost-to-go over the whole ground.
    pub fn march(ground: Ground, goal: Point2) -> Self {
        let len = ground.frame.len();
        let mut this = Self {
            ground,
            goal,
            cost: vec![f64::INFINITY; len],
        };
        let mut front = BinaryHeap::new();
        this.kindle(&mut front);
        let mut accepted = vec![false; len];
        while let Some(Reverse(Front { cell, .. })) = front.pop() {
            if std::mem::replace(&mut accepted[cell], true) {
                continue;
            }
            for next in this.neighbours(cell).into_iter().flatten() {
                if accepted[next] || this.ground.price[next].is_infinite() {
                    continue;
                }
                let cost = this.update(next);
                if cost < this.cost[next] {
                    this.cost[next] = cost;
                    front.push(Reverse(Front { cost, cell: next }));
                }
            }
        }
        this
    }

    fn kindle(&mut self, front: &mut BinaryHeap<Reverse<Front>>) {
        let frame = self.ground.frame;
        let (column, row) = frame.signed_cell(self.goal);
        for dy in -SOURCE_CELLS..=SOURCE_CELLS {
            for dx in -SOURCE_CELLS..=SOURCE_CELLS {
                let (column, row) = (column + dx, row + dy);
                if !frame.contains(column, row) {
                    continue;
                }
                let (column, row) = (column as usize, row as usize);
                let cell = frame.index(column, row);
                let price = self.ground.price[cell];
                if price.is_finite() {
                    let cost = price * (frame.centre_of(column, row) - self.goal).norm();
                    self.cost[cell] = cost;
                    front.push(Reverse(Front { cost, cell }));
                }
            }
        }
    }

    /// Left, right, below, above; none beyond the border.
    fn neighbours(&self, cell: usize) -> [Option<usize>; 4] {
        let (width, height) = (self.ground.frame.width, self.ground.frame.height);
        let (column, row) = (cell % width, cell / width);
        [
            (column > 0).then(|| cell - 1),
            (column + 1 < width).then(|| cell + 1),
            (row > 0).then(|| cell - width),
            (row + 1 < height).then(|| cell + width),
        ]
    }

    /// The cheaper neighbour along each axis.
    fn upwind(&self, cell: usize) -> [f64; 2] {
        let [left, right, below, above] = self
            .neighbours(cell)
            .map(|neighbour| neighbour.map_or(f64::INFINITY, |cell| self.cost[cell]));
        [left.min(right), below.min(above)]
    }

    /// Solves `(T - a)₊² + (T - b)₊² = (F h)²` for `T`.
    fn update(&self, cell: usize) -> f64 {
        let step = self.ground.price[cell] * self.ground.frame.resolution_m;
        let [a, b] = self.upwind(cell);
        let (low, high) = (a.min(b), a.max(b));
        if high - low >= step {
            return low + step;
        }
        let apart = high - low;
        0.5 * (low + high + (2.0 * step * step - apart * apart).sqrt())
    }

    /// Unit vector of the steepest descent at the centre of a cell; none without a path.
    fn downhill(&self, column: usize, row: usize) -> Option<Vector2> {
        let frame = &self.ground.frame;
        let cell = frame.index(column, row);
        let here = self.cost[cell];
        if here.is_infinite() {
            return None;
        }
        let [left, right, below, above] = self
            .neighbours(cell)
            .map(|neighbour| neighbour.map_or(f64::INFINITY, |cell| self.cost[cell]));
        // toward the neighbour of lower cost, in proportion to the difference
        let toward = |minus: f64, plus: f64| {
            let (back, ahead) = ((here - minus).max(0.0), (here - plus).max(0.0));
            if ahead >= back { ahead } else { -back }
        };
        let fall = Vector2::new(toward(left, right), toward(below, above));
        fall.try_normalize(1e-12)
    }

    /// Direction of the path at a place, interpolated between the four nearest cells.
    fn direction(&self, place: Point2) -> Option<Vector2> {
        let frame = &self.ground.frame;
        let scaled = (place - frame.origin) / frame.resolution_m - Vector2::repeat(0.5);
        let (column, row) = (scaled.x.floor(), scaled.y.floor());
        let (fx, fy) = (scaled.x - column, scaled.y - row);
        let mut sum = Vector2::zeros();
        for (dx, dy, weight) in [
            (0, 0, (1.0 - fx) * (1.0 - fy)),
            (1, 0, fx * (1.0 - fy)),
            (0, 1, (1.0 - fx) * fy),
            (1, 1, fx * fy),
        ] {
            let (column, row) = (column as i64 + dx, row as i64 + dy);
            if frame.contains(column, row)
                && let Some(downhill) = self.downhill(column as usize, row as usize)
            {
                sum += downhill * weight;
            }
        }
        sum.try_normalize(1e-6)
    }

    /// Cost of the path from a place; infinite without a path.
    pub fn cost_from(&self, place: Point2) -> f64 {
        let frame = &self.ground.frame;
        frame.cell_of(place).map_or(f64::INFINITY, |(column, row)| {
            self.cost[frame.index(column, row)]
        })
    }

    /// The priced ground.
    pub fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Distance from a place to the nearest obstacle, m; limited to 1 m beyond the robot's radius.
    pub fn distance_m(&self, place: Point2) -> f64 {
        self.ground.field.sample(place).distance_m
    }

    /// Writes the path from a place to the goal, both included; false if there is none.
    pub fn way_from(&self, place: Point2, way: &mut Vec<Point2>) -> bool {
        let frame = &self.ground.frame;
        let step_m = STEP_CELLS * frame.resolution_m;
        let most = 8 * (frame.width + frame.height);
        way.clear();
        way.push(place);
        let mut at = place;
        for _ in 0..most {
            if (self.goal - at).norm() <= (SOURCE_CELLS as f64) * frame.resolution_m {
                way.push(self.goal);
                return true;
            }
            let before = self.cost_from(at);
            let next = self
                .direction(at)
                .map(|direction| at + direction * step_m)
                .filter(|&next| self.cost_from(next) <= before)
                .or_else(|| self.cheapest_about(at));
            let Some(next) = next else { return false };
            at = next;
            way.push(at);
        }
        false
    }

    /// Centre of the neighbouring cell of lowest cost, if that is below the cost of the place.
    fn cheapest_about(&self, place: Point2) -> Option<Point2> {
        let frame = &self.ground.frame;
        let (column, row) = frame.signed_cell(place);
        let mut best = (self.cost_from(place), None);
        for dy in -1..=1 {
            for dx in -1..=1 {
                let (column, row) = (column + dx, row + dy);
                if frame.contains(column, row) {
                    let centre = frame.centre_of(column as usize, row as usize);
                    let cost = self.cost_from(centre);
                    if cost < best.0 {
                        best = (cost, Some(centre));
                    }
                }
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Obstacle, RobotModel, Shape, World};
    use perception::Pose2;

    fn over(obstacles: Vec<Obstacle>, from: Point2, goal: Point2) -> CostToGo {
        let world = World::new(obstacles).unwrap();
        let robot = RobotModel::round();
        let ground = Ground::of(&world, 0.3, &robot, &[from, goal], None).unwrap();
        CostToGo::march(ground, goal)
    }

    /// A wall along y at x = 2 with a door from y = 1 to y = 2.
    fn wall() -> Vec<Obstacle> {
        let piece = |y: f64, width_m: f64| {
            let shape = Shape::rectangle(Pose2::new(2.0, y, 0.0), 0.2, width_m);
            Obstacle::standing(shape, 2.0)
        };
        vec![piece(-9.5, 21.0), piece(12.0, 20.0)]
    }

    #[test]
    fn in_open_space_cost_is_distance_and_the_path_is_straight() {
        let (from, goal) = (Point2::new(3.3, 1.7), Point2::new(-1.0, -0.4));
        let open = over(Vec::new(), from, goal);
        let distance = (from - goal).norm();
        // first-order differences overestimate diagonal paths by a few percent
        let cost = open.cost_from(from);
        assert!((cost / distance - 1.0).abs() < 0.05, "{cost} {distance}");
        let mut way = Vec::new();
        assert!(open.way_from(from, &mut way));
        let along = (goal - from) / distance;
        for point in &way {
            let off = (point - from).perp(&along).abs();
            assert!(off < 0.12, "{off} m off the line");
        }
        assert_eq!((way[0], *way.last().unwrap()), (from, goal));
    }

    #[test]
    fn cost_obeys_the_eikonal_equation() {
        let (from, goal) = (Point2::new(0.0, -3.0), Point2::new(4.0, -3.0));
        let walled = over(wall(), from, goal);
        for cell in 0..walled.cost.len() {
            let here = walled.cost[cell];
            let centre = walled.ground.frame.centre_of(
                cell % walled.ground.frame.width,
                cell / walled.ground.frame.width,
            );
            if here.is_infinite() || (centre - goal).norm() < 0.3 {
                continue;
            }
            let step = walled.ground.price[cell] * walled.ground.frame.resolution_m;
            let squares: f64 = walled
                .upwind(cell)
                .iter()
                .map(|&neighbour| (here - neighbour).max(0.0).powi(2))
                .sum();
            assert!((squares.sqrt() / step - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_path_passes_the_centre_of_the_door() {
        let (from, goal) = (Point2::new(0.0, -3.0), Point2::new(4.0, -3.0));
        let walled = over(wall(), from, goal);
        let mut way = Vec::new();
        assert!(walled.way_from(from, &mut way));
        let crossing = way
            .windows(2)
            .find(|pair| pair[0].x <= 2.0 && pair[1].x > 2.0)
            .unwrap();
        assert!((crossing[0].y - 1.5).abs() < 0.15, "{}", crossing[0].y);
        let along = crossing[1] - crossing[0];
        assert!(along.y.atan2(along.x).abs() < 0.25);
    }

    #[test]
    fn no_path_leaves_a_closed_room() {
        let room: Vec<Obstacle> = [(0.0, 1.0, 2.2, 0.2), (0.0, -1.0, 2.2, 0.2)]
            .into_iter()
            .chain([(1.0, 0.0, 0.2, 2.2), (-1.0, 0.0, 0.2, 2.2)])
            .map(|(x, y, length_m, width_m)| {
                let shape = Shape::rectangle(Pose2::new(x, y, 0.0), length_m, width_m);
                Obstacle::standing(shape, 2.0)
            })
            .collect();
        let (from, goal) = (Point2::origin(), Point2::new(3.0, 0.0));
        let closed = over(room, from, goal);
        assert_eq!(closed.cost_from(from), f64::INFINITY);
        assert!(!closed.way_from(from, &mut Vec::new()));
    }
}
