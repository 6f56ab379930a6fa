//! Route planner: lattice search, path shortening, and hysteresis between routes.

use super::lattice::{Found, Lattice};
use super::price::{Price, RouteSettings};
use crate::{DistanceField, OccupancyGrid, Point2, SettingsError};

/// Maximum number of nodes that one straight segment may replace.
const TAUT_NODES: usize = 60;
/// Distances need not be exact beyond the clearance that affects prices plus this margin, m.
const FIELD_MARGIN_M: f64 = 0.5;

/// Extent of a planned route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RouteStatus {
    /// The route reaches the goal.
    Complete,
    /// The route leaves the map and continues straight to the goal.
    BeyondMap,
    /// The route ends at the reachable position nearest to the goal.
    Partial,
    /// No route: the start is not on the map.
    #[default]
    None,
}

/// Plans routes, with hysteresis to the previous one.
#[derive(Debug, Clone)]
pub struct RoutePlanner {
    settings: RouteSettings,
    field: DistanceField,
    lattice: Lattice,
    trail: Vec<u32>,
    spent: Vec<f64>,
    /// Shortened route before resampling to waypoints.
    corners: Vec<Point2>,
    kept: Vec<Point2>,
    kept_goal: Option<Point2>,
    kept_status: RouteStatus,
}

impl RoutePlanner {
    /// Creates a planner without a previous route.
    pub fn new(settings: RouteSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            field: DistanceField::new(settings.clearance_m + FIELD_MARGIN_M),
            lattice: Lattice::default(),
            trail: Vec::new(),
            spent: Vec::new(),
            corners: Vec::new(),
            kept: Vec::new(),
            kept_goal: None,
            kept_status: RouteStatus::None,
            settings,
        })
    }

    /// Clears the previous route.
    pub fn reset(&mut self) {
        self.kept.clear();
        self.kept_goal = None;
    }

    /// Writes a route from `from` to `to` as waypoints `spacing_m` apart, all in the frame of the
    /// map.
    pub fn plan(
        &mut self,
        grid: &OccupancyGrid,
        from: Point2,
        to: Point2,
        route: &mut Vec<Point2>,
    ) -> RouteStatus {
        let goal = to;
        let to = within_reach(grid, from, goal);
        route.clear();
        self.field.update(grid);
        self.lattice.lay(grid.frame(), self.settings.cell_m);
        let price = Price {
            settings: &self.settings,
            grid,
            field: &self.field,
        };
        let Some(found) = self.lattice.search(&price, from, to, self.settings.haste) else {
            self.kept_goal = None;
            return RouteStatus::None;
        };
        let (node, status) = match found {
            Found::Goal(node) => (node, RouteStatus::Complete),
            Found::Border(node) => (node, RouteStatus::BeyondMap),
            Found::Nearest(node) => (node, RouteStatus::Partial),
        };
        self.lattice.trail(node, &mut self.trail);
        self.corners.clear();
        self.corners.push(from);
        self.corners
            .extend(self.trail.iter().skip(1).map(|&n| self.lattice.waypoint(n)));
        if status != RouteStatus::Partial {
            self.corners.push(to);
        }
        pull_taut(&price, &mut self.corners, &mut self.spent);
        let status = self.keep_the_better(grid, goal, to, status);
        spread(&self.kept, self.settings.spacing_m, route);
        status
    }

    /// Finds the first blocked section of a path: clearance less than `beyond_m` beyond the robot
    /// on either side. Returns the point from which the path has been free for `open_m`, or its
    /// end, and the index of the next point of the path after that.
    pub fn closed_stretch(
        &mut self,
        grid: &OccupancyGrid,
        path: &[Point2],
        beyond_m: f64,
        open_m: f64,
    ) -> Option<(Point2, usize)> {
        self.field.update(grid);
        let price = Price {
            settings: &self.settings,
            grid,
            field: &self.field,
        };
        let least_m = self.settings.radius_m + beyond_m;
        let step_m = 0.5 * self.settings.cell_m;
        let mut open_for_m: Option<f64> = None;
        for (index, pair) in path.windows(2).enumerate() {
            let length_m = (pair[1] - pair[0]).norm();
            let steps = (length_m / step_m).ceil().max(1.0);
            for step in 1..=steps as usize {
                let point = pair[0] + (pair[1] - pair[0]) * (step as f64 / steps);
                if price.clearance_m(point) < least_m {
                    open_for_m = Some(0.0);
                } else if let Some(open) = &mut open_for_m {
                    *open += length_m / steps;
                    if *open >= open_m {
                        return Some((point, index + 1));
                    }
                }
            }
        }
        open_for_m.and_then(|_| path.last().map(|&end| (end, path.len())))
    }

    /// Keeps the previous route from the current position on if it is still valid and the new one
    /// is not clearly cheaper.
    fn keep_the_better(
        &mut self,
        grid: &OccupancyGrid,
        goal: Point2,
        to: Point2,
        status: RouteStatus,
    ) -> RouteStatus {
        let price = Price {
            settings: &self.settings,
            grid,
            field: &self.field,
        };
        if self.kept_goal == Some(goal)
            && self.kept_status == status
            && status != RouteStatus::Partial
        {
            rejoin(&price, &mut self.kept, self.corners[0]);
            if let Some(last) = self.kept.last_mut() {
                *last = to;
            }
            let old = length_price(&price, &self.kept);
            let new = length_price(&price, &self.corners);
            if old <= new * (1.0 + self.settings.hysteresis) {
                return status;
            }
        }
        self.kept.clear();
        self.kept.extend_from_slice(&self.corners);
        self.kept_goal = Some(goal);
        self.kept_status = status;
        status
    }
}

/// Returns the goal, or the point where the straight line to a far goal has left the map. The part
/// beyond does not change the route and would cost computing time.
fn within_reach(grid: &OccupancyGrid, from: Point2, goal: Point2) -> Point2 {
    let frame = grid.frame();
    let reach_m = 2.0 * frame.resolution_m * frame.width.max(frame.height) as f64;
    let ahead = goal - from;
    let distance_m = ahead.norm();
    if distance_m <= reach_m {
        goal
    } else {
        from + ahead * (reach_m / distance_m)
    }
}

/// Replaces sections of the path by straight segments that cost no more.
fn pull_taut(price: &Price<'_>, way: &mut Vec<Point2>, spent: &mut Vec<f64>) {
    spent.clear();
    spent.push(0.0);
    for pair in way.windows(2) {
        let last = spent[spent.len() - 1];
        // a section that leaves the surroundings of an obstacle has no price of its own
        let piece = price.straight(pair[0], pair[1]).min(1e3);
        spent.push(last + piece);
    }
    let (mut kept, mut anchor) = (1, 0);
    while anchor + 1 < way.len() {
        let furthest = (anchor + TAUT_NODES).min(way.len() - 1);
        // while the shortcut remains valid: searching further rarely finds more
        let next = (anchor + 2..=furthest)
            .take_while(|&to| {
                price.straight(way[anchor], way[to]) <= spent[to] - spent[anchor] + 1e-9
            })
            .last()
            .unwrap_or(anchor + 1);
        way[kept] = way[next];
        kept += 1;
        anchor = next;
    }
    way.truncate(kept);
}

/// Removes the part of the path behind `from` and connects `from` to the rest.
fn rejoin(price: &Price<'_>, way: &mut Vec<Point2>, from: Point2) {
    let mut nearest = (f64::INFINITY, 0);
    for (index, pair) in way.windows(2).enumerate() {
        let along = pair[1] - pair[0];
        let share =
            ((from - pair[0]).dot(&along) / along.norm_squared().max(1e-12)).clamp(0.0, 1.0);
        let distance = (pair[0] + along * share - from).norm();
        if distance < nearest.0 {
            nearest = (distance, index);
        }
    }
    let mut next = nearest.1 + 1;
    // a direct connection to the next corner but one saves the detour over the nearest
    if next + 1 < way.len()
        && price.straight(from, way[next + 1])
            <= price.straight(from, way[next]) + price.straight(way[next], way[next + 1])
    {
        next += 1;
    }
    if next < way.len() {
        way.drain(..next - 1);
        way[0] = from;
    }
}

fn length_price(price: &Price<'_>, way: &[Point2]) -> f64 {
    way.windows(2)
        .map(|pair| price.straight(pair[0], pair[1]))
        .sum()
}

/// Resamples the corners to equidistant waypoints, the last corner included.
fn spread(corners: &[Point2], spacing_m: f64, route: &mut Vec<Point2>) {
    let Some((&first, rest)) = corners.split_first() else {
        return;
    };
    route.push(first);
    let (mut at, mut due) = (first, spacing_m);
    for &corner in rest {
        let mut left = (corner - at).norm();
        while left > due {
            at += (corner - at) * (due / left);
            left -= due;
            due = spacing_m;
            route.push(at);
        }
        due -= left;
        at = corner;
    }
    if route.last() != Some(&at) {
        route.push(at);
    }
}
