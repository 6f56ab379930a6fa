//! A search for short moves out of a tight place.
//!
//! Hybrid A* (Dolgov, Thrun, Montemerlo, Diebel 2010) over poses within 0.6 m: steps along straight
//! lines and arcs, forward and backward, and turns on the spot.
//!
//! ```text
//! cost of a step   time, more where the outline comes near, and for every change of gear
//! heuristic        time to turn from the pose's heading to the bearing of the target
//! goal             heading within 0.35 rad of the target, 0.25 m free ahead, away from the start
//! ```
//!
//! Where no pose fulfils the goal, the one that faces the target most is taken if it faces it more
//! than the start does. The search is spread over ticks.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::f64::consts::TAU;

use perception::{Point2, Pose2, Twist, wrap_angle};

/// Cell of the grid in which the cheapest way to a pose is kept, and cells from its middle, m.
const CELL_M: f64 = 0.02;
const HALF: i32 = 30;
const SIDE: usize = 2 * HALF as usize + 1;
/// Headings of that grid.
const YAWS: usize = 48;
/// Most poses of a search.
const NODES_MAX: usize = 40_000;
/// Poses that are expanded in a tick.
const EXPANSIONS: usize = 200;
/// Length of a step, m, and curvature of an arc, 1/m.
pub(super) const STEP_M: f64 = 0.03;
const CURVATURE: f64 = 3.0;
/// Speed of a step, m/s.
pub(super) const SPEED_MPS: f64 = 0.12;
/// Factor of the cost of a step on which the outline is near something.
const TIGHT: f64 = 3.0;
/// Cost of a change of gear, s.
const GEAR_S: f64 = 0.6;
/// The goal: heading error, rad, and free ground ahead, m, ...
const FACING_RAD: f64 = 0.35;
const AHEAD_M: f64 = 0.25;
/// ... and so far from the start, m or rad.
const MOVED_M: f64 = 0.2;
const MOVED_RAD: f64 = 0.35;
/// A pose is worth going to without fulfilling the goal if it faces the target more by this, rad.
const BETTER_RAD: f64 = 0.3;

/// How an outline fits at a pose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Clear of everything.
    Free,
    /// Nearer to something than commands may come head-on.
    Tight,
    /// Too near.
    Blocked,
}

/// A step of a manoeuvre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// Direction of travel: 1, -1, or 0 for a turn on the spot.
    pub(super) gear: i8,
    /// Where it ends, odometry frame.
    pub(super) end: Pose2,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    pose: Pose2,
    gear: i8,
    parent: u32,
    cost_s: f32,
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It goes on at the next tick.
    Searching,
    /// It ended; [`ManoeuvreSearch::path`] has what it found.
    Found,
    /// There is no way out.
    Exhausted,
}

/// A search that is under way, and its memory.
#[derive(Debug)]
pub(super) struct ManoeuvreSearch {
    start: Pose2,
    target: Point2,
    turn_rate_radps: f64,
    nodes: Vec<Node>,
    open: BinaryHeap<Reverse<(u32, u32)>>,
    /// Cost of the cheapest way to a cell, s.
    cheapest_s: Vec<f32>,
    /// The pose that faces the target most.
    best: (f64, u32),
}

impl ManoeuvreSearch {
    /// Most steps of a path: the cheapest way through the cells repeats none.
    pub(super) const STEPS_MAX: usize = 4096;

    /// Turns at `turn_rate_radps`.
    pub(super) fn new(turn_rate_radps: f64) -> Self {
        Self {
            start: Pose2::IDENTITY,
            target: Point2::origin(),
            turn_rate_radps,
            nodes: Vec::with_capacity(NODES_MAX),
            open: BinaryHeap::with_capacity(NODES_MAX),
            cheapest_s: vec![f32::INFINITY; SIDE * SIDE * YAWS],
            best: (f64::INFINITY, 0),
        }
    }

    /// Begins a search from `start` that is to face `target`, both in the odometry frame.
    pub(super) fn begin(&mut self, start: Pose2, target: Point2) {
        (self.start, self.target) = (start, target);
        self.nodes.clear();
        self.open.clear();
        self.cheapest_s.fill(f32::INFINITY);
        self.best = (self.error(start), 0);
        self.add(Node {
            pose: start,
            gear: 0,
            parent: 0,
            cost_s: 0.0,
        });
    }

    /// Searches on. `fits` says how the outline fits at a pose; `knows` is false where a move to a
    /// pose would enter ground that may not be entered.
    pub(super) fn search(
        &mut self,
        mut fits: impl FnMut(Pose2) -> Fit,
        mut knows: impl FnMut(Pose2) -> bool,
    ) -> Progress {
        for _ in 0..EXPANSIONS {
            let Some(Reverse((_, index))) = self.open.pop() else {
                return self.settle();
            };
            let node = self.nodes[index as usize];
            if self.is_goal(node.pose, &mut fits) {
                self.best = (0.0, index);
                return Progress::Found;
            }
            let turn_rad = TAU / YAWS as f64;
            for (gear, curvature) in [
                (1, 0.0),
                (1, CURVATURE),
                (1, -CURVATURE),
                (-1, 0.0),
                (-1, CURVATURE),
                (-1, -CURVATURE),
                (0, 1.0),
                (0, -1.0),
            ] {
                let (motion, time_s) = if gear == 0 {
                    let turn = Twist::new(0.0, curvature * turn_rad);
                    (turn, turn_rad / self.turn_rate_radps)
                } else {
                    let along_m = f64::from(gear) * STEP_M;
                    let arc = Twist::new(along_m, curvature * STEP_M);
                    (arc, STEP_M / SPEED_MPS)
                };
                let pose = node.pose * Pose2::exp(motion, 1.0);
                let halfway = node.pose * Pose2::exp(motion, 0.5);
                let fit = match (fits(halfway), fits(pose)) {
                    (Fit::Blocked, _) | (_, Fit::Blocked) => continue,
                    (Fit::Free, Fit::Free) => Fit::Free,
                    _ => Fit::Tight,
                };
                if gear != 0 && !knows(pose) {
                    continue;
                }
                let near = if fit == Fit::Tight { TIGHT } else { 1.0 };
                let shift = if gear == node.gear { 0.0 } else { GEAR_S };
                self.add(Node {
                    pose,
                    gear,
                    parent: index,
                    cost_s: node.cost_s + (near * time_s + shift) as f32,
                });
            }
            if self.nodes.len() + 8 > NODES_MAX {
                return self.settle();
            }
        }
        Progress::Searching
    }

    /// Writes the steps that were found.
    pub(super) fn path(&self, steps: &mut Vec<Step>) {
        steps.clear();
        let mut index = self.best.1;
        while index != 0 {
            let node = self.nodes[index as usize];
            steps.push(Step {
                gear: node.gear,
                end: node.pose,
            });
            index = node.parent;
        }
        steps.reverse();
    }

    fn add(&mut self, node: Node) {
        let Some(cell) = self.cell(node.pose) else {
            return;
        };
        if self.cheapest_s[cell] <= node.cost_s {
            return;
        }
        self.cheapest_s[cell] = node.cost_s;
        let error = self.error(node.pose);
        let index = self.nodes.len() as u32;
        if error < self.best.0 - 0.01 {
            self.best = (error, index);
        }
        let to_go_s = (error - FACING_RAD).max(0.0) / self.turn_rate_radps;
        let priority = node.cost_s + to_go_s as f32;
        self.nodes.push(node);
        self.open.push(Reverse((priority.to_bits(), index))); // bits of positive floats are in order
    }

    fn cell(&self, pose: Pose2) -> Option<usize> {
        let offset = pose.position() - self.start.position();
        let index = |along: f64| {
            let cell = (along / CELL_M).round() as i32 + HALF;
            usize::try_from(cell).ok().filter(|cell| *cell < SIDE)
        };
        let turn = wrap_angle(pose.yaw).rem_euclid(TAU) / TAU;
        let yaw = (turn * YAWS as f64) as usize % YAWS;
        Some((index(offset.x)? * SIDE + index(offset.y)?) * YAWS + yaw)
    }

    /// Angle between a pose's heading and the bearing of the target, rad.
    fn error(&self, pose: Pose2) -> f64 {
        let to_target = self.target - pose.position();
        wrap_angle(to_target.y.atan2(to_target.x) - pose.yaw).abs()
    }

    fn is_goal(&self, pose: Pose2, fits: &mut impl FnMut(Pose2) -> Fit) -> bool {
        let moved = self.start.inverse() * pose;
        let is_away = moved.position().coords.norm() >= MOVED_M || moved.yaw.abs() >= MOVED_RAD;
        let steps = (AHEAD_M / STEP_M).ceil() as u32;
        is_away
            && self.error(pose) <= FACING_RAD
            && (1..=steps).all(|step| {
                let ahead = Pose2::new(f64::from(step) * STEP_M, 0.0, 0.0);
                fits(pose * ahead) != Fit::Blocked
            })
    }

    fn settle(&self) -> Progress {
        if self.best.0 < self.error(self.start) - BETTER_RAD {
            Progress::Found
        } else {
            Progress::Exhausted
        }
    }
}
