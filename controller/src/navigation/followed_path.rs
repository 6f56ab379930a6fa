//! The remaining path that the robot follows: a given path with detours, or a planned route.

use perception::{
    OccupancyGrid, Point2, RoutePlanner, RouteSettings, RouteStatus, SettingsError, Snapshot, Stamp,
};

use super::path_progress::PathProgress;
use crate::policy::Goal;
use crate::settings::PlanningSettings;

/// Maximum length of the given path that the policy receives, m.
const AHEAD_M: f64 = 10.0;
/// Lookahead distance on the path that defines its initial direction, m.
const LOOKAHEAD_M: f64 = 0.6;
/// Clearance beyond the route's radius below which the given path is closed and a detour begins, m.
const CLOSED_M: f64 = 0.1;
/// Distance beyond the obstacle at which a detour rejoins the given path, m.
const REJOIN_M: f64 = 0.5;
/// Time for which routes have been partial, s, after which the robot waits within this distance of
/// their end, m.
const PARTIAL_S: f64 = 2.0;
const WAITING_PLACE_M: f64 = 0.3;

/// The given path or planned route, with its status.
pub(super) struct FollowedPath {
    planning: PlanningSettings,
    planner: RoutePlanner,
    /// The map without moving objects.
    at_rest: OccupancyGrid,
    given: PathProgress,
    /// Remaining path, odometry frame.
    ahead: Vec<Point2>,
    detour: Vec<Point2>,
    is_detour: bool,
    status: RouteStatus,
    /// Time since which routes are partial: they end short of the goal.
    partial_since: Option<Stamp>,
    planned_at: Option<Stamp>,
}

impl FollowedPath {
    pub(super) fn new(
        planning: PlanningSettings,
        route: RouteSettings,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            planning,
            planner: RoutePlanner::new(route)?,
            at_rest: OccupancyGrid::default(),
            given: PathProgress::default(),
            ahead: Vec::new(),
            detour: Vec::new(),
            is_detour: false,
            status: RouteStatus::None,
            partial_since: None,
            planned_at: None,
        })
    }

    /// Clears the routes that were planned on a discarded map.
    pub(super) fn forget_map(&mut self) {
        self.planner.reset();
        self.planned_at = None;
    }

    /// Clears the path.
    pub(super) fn clear(&mut self) {
        self.given.clear();
        self.ahead.clear();
        self.begin();
    }

    /// Starts a new goal: replanning is due at once.
    pub(super) fn begin(&mut self) {
        self.planned_at = None;
        self.is_detour = false;
        self.status = RouteStatus::None;
        self.partial_since = None;
    }

    /// Sets a path from outside; an empty path removes it.
    pub(super) fn set_given(&mut self, path: &[Point2]) {
        if !path.is_empty() {
            self.given.set(path);
            return;
        }
        if !self.given.is_empty() {
            self.ahead.clear();
            self.planned_at = None;
        }
        self.given.clear();
    }

    /// The remaining path, odometry frame, m.
    pub(super) fn ahead(&self) -> &[Point2] {
        &self.ahead
    }

    /// Updates the path; true when a new leg of the given path begins.
    pub(super) fn update(&mut self, now: Stamp, snapshot: &Snapshot, goal: Goal) -> bool {
        let due = self.planning.enabled
            && snapshot.scan_stamp.is_some()
            && self.planned_at.is_none_or(|then| {
                now.secs_since(then) >= self.planning.period_s - 1e-6 || now < then
            });
        let position = snapshot.odom_from_base.position();
        let mut begins_leg = false;
        if due {
            self.at_rest.copy_from(&snapshot.grid);
            for &index in &snapshot.moving_cells {
                self.at_rest.declare_free(index as usize);
            }
        }
        if !self.given.is_empty() {
            begins_leg = self.given.advance(position);
            if due || !self.is_detour {
                let is_whole = self.given.ahead(AHEAD_M, &mut self.ahead);
                if is_whole && self.given.off_end_m(goal.position) > goal.tolerance_m {
                    self.ahead.push(goal.position);
                }
            }
            if due {
                self.avoid(position);
            }
        } else if due {
            let grid = &self.at_rest;
            self.status = (self.planner).plan(grid, position, goal.position, &mut self.ahead);
        }
        if due {
            self.planned_at = Some(now);
        }
        self.partial_since =
            (self.status == RouteStatus::Partial).then(|| self.partial_since.unwrap_or(now));
        begins_leg
    }

    /// Replaces a blocked stretch of the given path by a detour around it.
    fn avoid(&mut self, position: Point2) {
        self.status = RouteStatus::Complete;
        self.is_detour = false;
        let grid = &self.at_rest;
        let closed = (self.planner).closed_stretch(grid, &self.ahead, CLOSED_M, REJOIN_M);
        let Some((rejoin, after)) = closed else {
            return;
        };
        self.status = (self.planner).plan(grid, position, rejoin, &mut self.detour);
        if self.detour.len() < 2 {
            return;
        }
        if self.status == RouteStatus::Complete {
            self.detour.extend_from_slice(&self.ahead[after..]);
        }
        self.is_detour = true;
        std::mem::swap(&mut self.ahead, &mut self.detour);
    }

    /// The lookahead point that defines the initial direction of the path; `None` without a path.
    pub(super) fn lookahead(&self, position: Point2) -> Option<Point2> {
        let off_m = |point: &Point2| (point - position).norm();
        let nearest = (self.ahead.iter().enumerate())
            .min_by(|a, b| off_m(a.1).total_cmp(&off_m(b.1)))
            .map_or(0, |(index, _)| index);
        let mut from_here = self.ahead[nearest..].iter();
        let far = from_here.find(|point| off_m(point) >= LOOKAHEAD_M);
        far.or(self.ahead.last()).copied()
    }

    /// Remaining length of the path to the goal, m.
    pub(super) fn left_m(&self, position: Point2, goal: Goal) -> f64 {
        if !self.given.is_empty() {
            return self.given.left_m() + self.given.off_end_m(goal.position);
        }
        let straight_m = (goal.position - position).norm();
        let pieces = self.ahead.windows(2);
        pieces
            .map(|pair| (pair[1] - pair[0]).norm())
            .sum::<f64>()
            .max(straight_m)
    }

    /// False when the planner found that no route reaches the goal.
    pub(super) fn leads_to_goal(&self) -> bool {
        !self.planning.enabled || self.status != RouteStatus::Partial
    }

    /// True when the robot is at the end of a partial route, where it waits for a route to the
    /// goal.
    pub(super) fn ends_here(&self, now: Stamp, position: Point2) -> bool {
        let is_settled = self
            .partial_since
            .is_some_and(|since| now.secs_since(since) >= PARTIAL_S);
        let end = self.ahead.last();
        is_settled && end.is_none_or(|end| (end - position).norm() <= WAITING_PLACE_M)
    }
}
