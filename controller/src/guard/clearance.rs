//! Clearance check: the outline stays clear of obstacles until the robot is at rest.
//!
//! ```text
//! c_i(t) = min over surfaces p nearest to part i of  | p − outline(t) |
//! c_i(t) ≥ slack + margin + padding                                      clear, or
//! c_i(t) ≥ max(margin + padding, c_i(0) − min(3 mm, 0.3 s))              along a surface, s: path length
//! c_i(t) ≥ c_i when the part first came this near, less 2 mm             nearer than that already
//! ```
//!
//! Every part of the outline is checked by itself: a front near one wall does not excuse a rear
//! that swings towards another. Distances between the outline and the surfaces of the map are
//! exact; the sweep advances by no more than the remaining clearance (conservative advancement,
//! Mirtich 1996), at least 1 cm.
//!
//! Surfaces without a hit of a planar scan in their cell or an adjacent one count as nearer by
//! `fused_margin_m`.
//!
//! Assumptions: surfaces are where the map has them, within the slack; the true outline is at most
//! `padding_m` larger than configured; the robot brakes as [`super::braking::Brakes`] say.

use perception::{DistanceField, Point2, Pose2};

use super::finding::Finding;
use super::{BrakingTrajectory, Outline};

/// Maximum loss of clearance per metre travelled along a surface, ...
const GRAZING: f64 = 0.3;
/// ... and in total, m: variation of the map between scans.
const FLICKER_M: f64 = 0.003;
/// Tolerated jitter of the clearance when it is already below the minimum, m.
const JITTER_M: f64 = 0.002;
/// Parts of the outline by which a surface may shift between two ticks.
const PASSING: usize = 3;
/// Shortest and longest step of the sweep, m and s.
const STEP_MIN_M: f64 = 0.01;
const STEP_MAX_S: f64 = 0.05;

/// Obstacle surfaces near the robot, and the clearance of each part of its outline.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clearance {
    /// Surfaces, odometry frame, and how much nearer than mapped they may be, m.
    surfaces: Vec<(Point2, f64)>,
    /// Clearance by part at the start of the command, smoothed over neighbours, m.
    start: Vec<f64>,
    /// Clearance by part when it first fell below the floor, m; infinite above it.
    anchored: Vec<f64>,
    /// Clearance by part at the current step of the sweep, m.
    now: Vec<f64>,
    /// Clearance beyond which no surface restricts a command, m.
    clear_m: f64,
    /// Minimum clearance along a surface, m.
    floor_m: f64,
}

impl Clearance {
    pub(crate) fn new(outline: &Outline) -> Self {
        let parts = outline.parts();
        Self {
            surfaces: Vec::with_capacity(4096),
            start: vec![f64::INFINITY; parts],
            anchored: vec![f64::INFINITY; parts],
            now: vec![f64::INFINITY; parts],
            clear_m: 0.0,
            floor_m: 0.0,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.anchored.fill(f64::INFINITY);
    }

    /// Collects the surfaces within `reach_m` of `base` and measures the clearances there.
    pub(crate) fn look(
        &mut self,
        outline: &Outline,
        field: &DistanceField,
        base: Pose2,
        reach_m: f64,
        [margin_m, fused_margin_m, padding_m]: [f64; 3],
    ) {
        self.floor_m = margin_m + padding_m;
        self.clear_m = field.slack_m() + self.floor_m;
        self.gather(field, base.position(), reach_m, fused_margin_m);
        self.measure(outline, base);
        let parts = outline.parts();
        for part in 0..parts {
            let beside = [parts - 1, 0, 1].map(|off| self.now[(part + off) % parts]);
            let start = beside.into_iter().fold(f64::INFINITY, f64::min);
            self.start[part] = start;
            if start >= self.floor_m {
                self.anchored[part] = f64::INFINITY;
            } else if self.anchored[part].is_infinite() {
                // a surface that passes from part to part keeps its anchor
                let beside = (0..=2 * PASSING)
                    .map(|off| self.anchored[(part + parts - PASSING + off) % parts])
                    .filter(|anchored| anchored.is_finite());
                self.anchored[part] = beside.fold(start, f64::max);
            }
        }
    }

    /// Smallest clearance of the outline now, m.
    pub(super) fn smallest_m(&self) -> f64 {
        self.start.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The first violation of clearance along a trajectory from `base`; `None` if there is none.
    pub(super) fn obstructs(
        &mut self,
        outline: &Outline,
        base: Pose2,
        mut trajectory: BrakingTrajectory,
    ) -> Option<Finding> {
        let (mut pose, mut path_m) = (base, 0.0);
        let mut nearest_m = self.smallest_m();
        loop {
            let velocity = trajectory.velocity();
            let speed = velocity.linear.abs() + velocity.angular.abs() * outline.radius_m();
            let free_m = (nearest_m - self.clear_m).max(STEP_MIN_M);
            let step_s = (free_m / speed.max(1e-6)).min(STEP_MAX_S);
            pose = trajectory.next_pose(pose, step_s)?;
            path_m += speed * step_s;
            nearest_m = self.measure(outline, pose);
            if nearest_m >= self.clear_m {
                continue;
            }
            let along_m = FLICKER_M.min(GRAZING * path_m);
            for part in 0..outline.parts() {
                let allowed_m = self.allowed_m(part, along_m);
                if self.now[part] < allowed_m - 1e-9 {
                    return Some(Finding::Obstacle {
                        clearance_m: self.now[part],
                        allowed_m,
                        in_s: trajectory.elapsed_s(),
                    });
                }
            }
        }
    }

    /// True when the outline at a pose has the clearance that the guard requires of a command, with
    /// half of the permitted loss along a surface in reserve.
    pub(crate) fn allows(&mut self, outline: &Outline, pose: Pose2) -> bool {
        let nearest_m = self.measure(outline, pose);
        nearest_m >= self.clear_m
            || (0..outline.parts())
                .all(|part| self.now[part] >= self.allowed_m(part, 0.5 * FLICKER_M) - 1e-9)
    }

    /// Smallest clearance at the end of a trajectory, m, by which escapes are ranked.
    pub(super) fn at_rest_m(
        &mut self,
        outline: &Outline,
        base: Pose2,
        mut trajectory: BrakingTrajectory,
    ) -> f64 {
        let mut pose = base;
        while let Some(next) = trajectory.next_pose(pose, STEP_MAX_S) {
            pose = next;
        }
        self.measure(outline, pose)
    }

    fn allowed_m(&self, part: usize, along_m: f64) -> f64 {
        let start = self.start[part];
        if start >= self.floor_m {
            self.clear_m.min((start - along_m).max(self.floor_m))
        } else {
            start.min(self.anchored[part] - JITTER_M)
        }
    }

    /// Writes the clearance of every part at `pose`, and returns the smallest, m.
    fn measure(&mut self, outline: &Outline, pose: Pose2) -> f64 {
        self.now.fill(f64::INFINITY);
        let (sin, cos) = pose.yaw.sin_cos();
        let within_m = outline.radius_m() + self.clear_m + 0.05;
        let mut nearest_m = f64::INFINITY;
        for &(surface, reach_m) in &self.surfaces {
            let offset = surface - pose.position();
            let away_m = offset.norm();
            if away_m > within_m + reach_m {
                // farther than any part can be; its distance bounds the step of the sweep
                nearest_m = nearest_m.min(away_m - reach_m - outline.radius_m());
                continue;
            }
            let seen = Point2::new(
                cos * offset.x + sin * offset.y,
                cos * offset.y - sin * offset.x,
            );
            let (distance_m, part) = outline.nearest(seen);
            let clearance_m = distance_m - reach_m;
            self.now[part] = self.now[part].min(clearance_m);
            nearest_m = nearest_m.min(clearance_m);
        }
        nearest_m
    }

    fn gather(&mut self, field: &DistanceField, base: Point2, reach_m: f64, fused_margin_m: f64) {
        self.surfaces.clear();
        let frame = field.frame();
        if frame.is_empty() || field.surfaces().len() != frame.len() {
            return;
        }
        let resolution_m = frame.resolution_m;
        let unplaced_m = 0.5 * resolution_m - field.slack_m();
        let (column, row) = frame.signed_cell(base);
        let cells = (reach_m / resolution_m).ceil() as i64;
        let columns = (column - cells).max(0)..(column + cells + 1).min(frame.width as i64);
        for row in (row - cells).max(0)..(row + cells + 1).min(frame.height as i64) {
            for column in columns.clone() {
                let (column, row) = (column as usize, row as usize);
                let surface = field.surfaces()[frame.index(column, row)];
                if !surface.is_some() {
                    continue;
                }
                let centre = frame.centre_of(column, row);
                let (offset, nearer_m) = match surface.offset_cells() {
                    Some([x, y]) => ([f64::from(x), f64::from(y)], 0.0),
                    None => ([0.0; 2], unplaced_m),
                };
                let place = Point2::new(
                    centre.x + offset[0] * resolution_m,
                    centre.y + offset[1] * resolution_m,
                );
                let is_low = surface.is_from_volume() && !has_planar_beside(field, column, row);
                let fused_m = if is_low { fused_margin_m } else { 0.0 };
                self.surfaces.push((place, nearer_m + fused_m));
            }
        }
    }
}

/// True when a planar scan has hit a surface in an adjacent cell.
fn has_planar_beside(field: &DistanceField, column: usize, row: usize) -> bool {
    let frame = field.frame();
    let rows = row.saturating_sub(1)..(row + 2).min(frame.height);
    let columns = column.saturating_sub(1)..(column + 2).min(frame.width);
    rows.flat_map(|row| columns.clone().map(move |column| (column, row)))
        .map(|(column, row)| field.surfaces()[frame.index(column, row)])
        .any(|surface| surface.is_some() && !surface.is_from_volume())
}
