//! Stuck detection and recovery of a policy with a learned cost.
//!
//! ```text
//! learned ── stalls ──> without ── stalls ──> back ──┐ at the point on its trail, stalls, or for_s over
//!    ^                     │ stalls · away_m, or     │
//!    └─────────────────────┴ for_s 2^(stalls - 1) over ┘
//! stalls: less than within_m moved in after_s, without moving objects nearby;
//!         with the learned cost also: less than stray_m nearer to the point that lay 1 m ahead on
//!         the path stray_s ago
//! ```
//!
//! A learned cost may have a local minimum where the hand-engineered cost has none, and vice versa;
//! alternating between them leaves the local minima of both. If the robot is stuck with either, it
//! backtracks along its trail, farther each time, and replans from there. Waiting for pedestrians
//! does not count as a stall, nor does time in which the policy does not run, as when the guard
//! brakes for lack of sensor data.

use perception::{Point2, SettingsError, Snapshot, Stamp};
use serde::{Deserialize, Serialize};

use super::{Goal, Observation};

/// Maximum number of doublings of `for_s`.
const DOUBLINGS: i32 = 4;
/// Maximum number of points of the trail, and their spacing, m.
const TRAIL_LEN: usize = 100;
const TRAIL_STEP_M: f64 = 0.1;
/// Distance within which a point of the trail is reached, m.
const BACK_TOLERANCE_M: f64 = 0.2;
/// Distance ahead on the path of the point that the robot must approach with the learned cost, m.
const AHEAD_M: f64 = 1.0;
/// Maximum time between updates, s; the timers restart after a longer gap.
const LOOKS_APART_MAX_S: f64 = 0.3;

/// Settings of stuck detection and recovery.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StallSettings {
    /// False: no recovery.
    pub enabled: bool,
    /// Displacement below which the robot counts as stuck, m, ...
    pub within_m: f64,
    /// ... in this time, s.
    pub after_s: f64,
    /// With the learned cost also: approach to a point on the path below which it counts as stuck,
    /// m, ...
    pub stray_m: f64,
    /// ... in this time, s.
    pub stray_s: f64,
    /// Distance within which the robot waits for moving pedestrians, m, ...
    pub people_m: f64,
    /// ... and their minimum speed, m/s.
    pub people_mps: f64,
    /// Time without the learned cost at the first stall, s; doubled with every further one ...
    pub for_s: f64,
    /// ... or until the robot is this far from the position of the stall, m; increased by the same
    /// distance with every further stall.
    pub away_m: f64,
    /// Backtracking distance when the robot is stuck without the learned cost, too, m; increased by
    /// the same distance each time. 0 disables backtracking.
    pub back_m: f64,
}

impl Default for StallSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            within_m: 0.15,
            after_s: 2.5,
            stray_m: 0.4,
            stray_s: 2.5,
            people_m: 4.0,
            people_mps: 0.2,
            for_s: 4.0,
            away_m: 1.0,
            back_m: 1.5,
        }
    }
}

impl StallSettings {
    /// Checks every value against its bounds. The error names the field.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "mpc.stall";
        SettingsError::ensure_within(
            section,
            &[
                ("within_m", self.within_m, 0.0..=100.0),
                ("stray_m", self.stray_m, 0.0..=0.9),
                ("people_m", self.people_m, 0.0..=100.0),
                ("people_mps", self.people_mps, 0.0..=20.0),
                ("back_m", self.back_m, 0.0..=100.0),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("after_s", self.after_s, 0.1..=3600.0),
                ("stray_s", self.stray_s, 0.1..=3600.0),
                ("for_s", self.for_s, 0.1..=3600.0),
                ("away_m", self.away_m, 0.01..=1000.0),
            ],
        )
    }

    fn someone_moves(&self, snapshot: &Snapshot) -> bool {
        let robot = snapshot.odom_from_base.position();
        snapshot.tracks.iter().any(|track| {
            track.moves(self.people_mps) && (track.position - robot).norm() <= self.people_m
        })
    }
}

/// Recovery mode: the cost and the target of the plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// The learned cost, and the goal.
    Learned,
    /// The hand-engineered cost alone, and the goal.
    Without,
    /// The hand-engineered cost alone, and a point of the robot's trail, odometry frame.
    Back(Point2),
}

/// Stuck detector: selects the recovery mode from the progress of the robot.
#[derive(Debug, Clone)]
pub struct Stall {
    settings: StallSettings,
    goal: Option<Goal>,
    looked: Option<Stamp>,
    turn: Turn,
    /// Time and position at which the mode began.
    began: Option<(Stamp, Point2)>,
    /// Time and position of the last progress.
    anchor: Option<(Stamp, Point2)>,
    /// Time at which a point lay ahead on the path, the point, and its distance then, m.
    ahead: Option<(Stamp, Point2, f64)>,
    /// Number of stalls with the learned cost for this goal.
    stalls: i32,
    /// Trail of the robot, latest position last.
    trail: Vec<Point2>,
}

impl Stall {
    /// A detector without history.
    pub fn new(settings: StallSettings) -> Self {
        Self {
            settings,
            goal: None,
            looked: None,
            turn: Turn::Learned,
            began: None,
            anchor: None,
            ahead: None,
            stalls: 0,
            trail: Vec::with_capacity(TRAIL_LEN),
        }
    }

    /// Clears the history.
    pub fn reset(&mut self) {
        (self.goal, self.looked) = (None, None);
        self.restart();
    }

    fn restart(&mut self) {
        self.turn = Turn::Learned;
        (self.began, self.anchor, self.ahead, self.stalls) = (None, None, None, 0);
        self.trail.clear();
    }

    /// Updates the detector; the mode of this tick, and true when it has just changed.
    pub fn look(&mut self, observation: &Observation<'_>) -> (Turn, bool) {
        let before = self.turn;
        self.step(observation);
        (self.turn, self.turn != before)
    }

    fn step(&mut self, observation: &Observation<'_>) {
        let position = observation.snapshot.odom_from_base.position();
        let (now, goal, settings) = (observation.now, observation.goal, self.settings);
        let same = |old: Goal| (old.position - goal.position).norm() <= goal.tolerance_m;
        if !self.goal.is_some_and(same) || self.anchor.is_some_and(|(then, _)| now < then) {
            self.goal = Some(goal);
            self.restart();
        }
        if !matches!(self.turn, Turn::Back(_)) {
            self.follow(position);
        }
        let here = (now, position);
        let looked = self.looked.replace(now);
        if looked.is_some_and(|then| now.secs_since(then) > LOOKS_APART_MAX_S) {
            (self.anchor, self.ahead) = (None, None);
            self.began = self.began.map(|(_, place)| (now, place));
        }
        let since = |then: Option<(Stamp, Point2)>| {
            then.map_or((0.0, 0.0), |(then, place)| {
                (now.secs_since(then), (position - place).norm())
            })
        };
        let (waited_s, moved_m) = since(self.anchor);
        let on_its_way = self.anchor.is_none()
            || moved_m >= settings.within_m
            || (goal.position - position).norm() <= goal.tolerance_m
            || settings.someone_moves(observation.snapshot);
        let strays = settings.enabled && self.turn == Turn::Learned && self.strays(observation);
        let stalls = settings.enabled && !on_its_way && waited_s >= settings.after_s;
        if on_its_way {
            self.anchor = Some(here);
        }
        let (turn_s, away_m) = since(self.began);
        let patience_s = settings.for_s * 2f64.powi((self.stalls - 1).clamp(0, DOUBLINGS));
        let enough_m = settings.away_m * f64::from(self.stalls.max(1));
        let next = match self.turn {
            Turn::Learned if stalls || strays => {
                self.stalls += 1;
                Turn::Without
            }
            Turn::Without if stalls => self.point_back().map_or(Turn::Learned, Turn::Back),
            Turn::Without if away_m >= enough_m || turn_s >= patience_s => Turn::Learned,
            Turn::Back(point)
                if stalls
                    || turn_s >= patience_s
                    || (position - point).norm() <= BACK_TOLERANCE_M =>
            {
                Turn::Learned
            }
            turn => turn,
        };
        if next != self.turn {
            self.turn = next;
            (self.began, self.anchor, self.ahead) = (Some(here), Some(here), None);
        }
    }

    /// True when the robot has not approached the point ahead on its path in time.
    fn strays(&mut self, observation: &Observation<'_>) -> bool {
        let (now, settings) = (observation.now, self.settings);
        let position = observation.snapshot.odom_from_base.position();
        let waits = settings.someone_moves(observation.snapshot);
        if let Some((then, point, far_m)) = self.ahead
            && !waits
            && (point - position).norm() > far_m - settings.stray_m
        {
            return now.secs_since(then) >= settings.stray_s;
        }
        let ahead = point_ahead(observation.path, position).filter(|_| !waits);
        // a nearer point is the goal, which the goal checker handles
        self.ahead = ahead
            .map(|point| (now, point, (point - position).norm()))
            .filter(|(_, _, far_m)| *far_m >= 0.5 * AHEAD_M);
        false
    }

    /// Appends the position to the trail; the oldest point is dropped at capacity.
    fn follow(&mut self, position: Point2) {
        let is_new = |last: &Point2| (position - last).norm() >= TRAIL_STEP_M;
        if self.trail.last().is_none_or(is_new) {
            if self.trail.len() == TRAIL_LEN {
                self.trail.remove(0);
            }
            self.trail.push(position);
        }
    }

    /// The point of the trail for backtracking, to which the trail is truncated; `None` without
    /// one.
    fn point_back(&mut self) -> Option<Point2> {
        if self.settings.back_m == 0.0 {
            return None;
        }
        let mut left_m = self.settings.back_m * f64::from(self.stalls);
        while self.trail.len() > 1 && left_m > 0.0 {
            let last = self.trail.pop()?;
            left_m -= (last - self.trail.last()?).norm();
        }
        self.trail.last().copied()
    }
}

/// The point of a path [`AHEAD_M`] beyond where it is nearest to the robot, or its end.
fn point_ahead(path: &[Point2], position: Point2) -> Option<Point2> {
    let off_m = |point: &Point2| (point - position).norm();
    let (nearest, _) = path
        .iter()
        .enumerate()
        .min_by(|one, other| off_m(one.1).total_cmp(&off_m(other.1)))?;
    let mut left_m = AHEAD_M;
    for pair in path[nearest..].windows(2) {
        let length_m = (pair[1] - pair[0]).norm();
        if length_m >= left_m {
            return Some(pair[0] + (pair[1] - pair[0]) * (left_m / length_m));
        }
        left_m -= length_m;
    }
    path.last().copied()
}
