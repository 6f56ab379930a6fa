//! Recovery of a robot that is stuck.
//!
//! ```text
//! idle      ── stuck: commands refused for an obstacle or unseen ground, 1 s ─▶ stopping
//! stopping  ── at rest ─▶ searching
//! searching ── a manoeuvre was found ─▶ driving       ── none ─▶ idle, for 1, 2, … 16 s
//! driving   ── its end was reached, or refused for 0.8 s ─▶ idle
//! ```
//!
//! Another goal, and commands that pass again while it searches, make it idle. Every command of a
//! manoeuvre passes the same checks as those of the policy.

use perception::{Point2, Pose2, Stamp, Twist, wrap_angle};

use super::manoeuvre::{Fit, ManoeuvreSearch, Progress, SPEED_MPS, STEP_M, Step};

/// A robot that has moved less than this, m and rad, in this time, s, is stuck.
const STUCK_M: f64 = 0.05;
const STUCK_RAD: f64 = 0.15;
const STUCK_S: f64 = 1.0;
/// Pause after the first manoeuvre from a place, s, and how often it doubles.
const PAUSE_S: f64 = 0.5;
const DOUBLINGS_MAX: i32 = 5;
/// A robot this far from where it was stuck first has left, m.
const AWAY_M: f64 = 0.8;
/// Time for which a manoeuvre may be refused, s.
const REFUSED_S: f64 = 0.8;
/// A step ends this near to its end, m and rad.
const REACHED_M: f64 = 0.01;
const REACHED_RAD: f64 = 0.03;
/// Approach to a change of gear: speed at its end, m/s and rad/s, and gain, 1/s.
const CREEP_MPS: f64 = 0.03;
const CREEP_RADPS: f64 = 0.08;
const GAIN_PER_S: f64 = 2.0;
/// Commands in a row that pass until the search is given up.
const PASSED: u32 = 5;
/// A goal that moved less than this is the same, m.
const SAME_GOAL_M: f64 = 0.3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Stopping,
    Searching,
    Driving,
}

/// What recovery asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wish {
    /// Nothing: the policy drives.
    Nothing,
    /// Rest.
    Rest,
    /// A command of the manoeuvre.
    Drive(Twist),
}

/// Detection of a robot that is stuck, and the manoeuvre that frees it.
#[derive(Debug)]
pub(super) struct Recovery {
    phase: Phase,
    search: ManoeuvreSearch,
    turn_rate_radps: f64,
    /// When and where the robot last got on.
    anchor: Option<(Stamp, Pose2)>,
    /// Where it was stuck first, how often since, and the pause it waits: since when, and how long, s.
    first: Option<Pose2>,
    count: i32,
    pause: Option<(Stamp, f64)>,
    goal: Point2,
    target: Point2,
    start: Pose2,
    steps: Vec<Step>,
    next: usize,
    refused_since: Option<Stamp>,
    /// Commands of the policy in a row that passed.
    passed: u32,
}

impl Recovery {
    /// Turns at `turn_rate_radps`.
    pub(super) fn new(turn_rate_radps: f64) -> Self {
        Self {
            phase: Phase::Idle,
            search: ManoeuvreSearch::new(turn_rate_radps),
            turn_rate_radps,
            anchor: None,
            first: None,
            count: 0,
            pause: None,
            goal: Point2::origin(),
            target: Point2::origin(),
            start: Pose2::IDENTITY,
            steps: Vec::with_capacity(ManoeuvreSearch::STEPS_MAX),
            next: 0,
            refused_since: None,
            passed: 0,
        }
    }

    pub(super) fn reset(&mut self) {
        self.phase = Phase::Idle;
        (self.anchor, self.first, self.pause) = (None, None, None);
        self.count = 0;
    }

    /// Takes in where the robot is and where it is to go.
    pub(super) fn look(&mut self, now: Stamp, base: Pose2, goal: Point2) {
        let gets_on = self.anchor.is_none_or(|(_, anchor)| {
            let moved = anchor.inverse() * base;
            moved.position().coords.norm() > STUCK_M || moved.yaw.abs() > STUCK_RAD
        });
        if gets_on {
            self.anchor = Some((now, base));
        }
        let away_m = |first: Pose2| (base.position() - first.position()).norm();
        let has_left = self.first.is_some_and(|first| away_m(first) > AWAY_M);
        let is_other_goal = (goal - self.goal).norm() > SAME_GOAL_M;
        if has_left || is_other_goal {
            (self.first, self.count, self.pause) = (None, 0, None);
        }
        if is_other_goal {
            self.goal = goal;
            self.phase = Phase::Idle;
        }
    }

    /// True when a robot whose command is refused has been stuck for long enough.
    pub(super) fn is_due(&self, now: Stamp) -> bool {
        let is_stuck = self
            .anchor
            .is_some_and(|(since, _)| now.secs_since(since) >= STUCK_S);
        let waits = self
            .pause
            .is_some_and(|(since, pause_s)| (0.0..pause_s).contains(&now.secs_since(since)));
        self.phase == Phase::Idle && is_stuck && !waits
    }

    /// Begins: the robot is to face `target` in the end.
    pub(super) fn begin(&mut self, target: Point2) {
        self.phase = Phase::Stopping;
        self.target = target;
        self.passed = 0;
    }

    /// What recovery asks for now. `rests`: the robot is at rest; `is_refused`: the policy's command
    /// is refused. `fits` and `knows` are those of [`ManoeuvreSearch::search`].
    pub(super) fn wish(
        &mut self,
        now: Stamp,
        base: Pose2,
        (rests, is_refused): (bool, bool),
        fits: impl FnMut(Pose2) -> Fit,
        knows: impl FnMut(Pose2) -> bool,
    ) -> Wish {
        self.passed = if is_refused { 0 } else { self.passed + 1 };
        match self.phase {
            Phase::Idle => Wish::Nothing,
            Phase::Stopping | Phase::Searching if self.passed >= PASSED => {
                self.phase = Phase::Idle;
                Wish::Nothing
            }
            Phase::Stopping => {
                if rests {
                    self.phase = Phase::Searching;
                    self.first.get_or_insert(base);
                    self.start = base;
                    self.search.begin(base, self.target);
                }
                Wish::Rest
            }
            Phase::Searching => {
                match self.search.search(fits, knows) {
                    Progress::Searching => {}
                    Progress::Exhausted => self.end(now),
                    Progress::Found => {
                        self.search.path(&mut self.steps);
                        (self.next, self.refused_since) = (0, None);
                        self.phase = Phase::Driving;
                    }
                }
                Wish::Rest
            }
            Phase::Driving => {
                if let Some(command) = self.follow(base) {
                    return Wish::Drive(command);
                }
                self.end(now);
                Wish::Nothing
            }
        }
    }

    /// A command of the manoeuvre passed the checks, or not.
    pub(super) fn was_refused(&mut self, now: Stamp, is_refused: bool) {
        if !is_refused {
            self.refused_since = None;
            return;
        }
        let since = *self.refused_since.get_or_insert(now);
        if now.secs_since(since) > REFUSED_S {
            self.end(now);
        }
    }

    fn end(&mut self, now: Stamp) {
        self.phase = Phase::Idle;
        self.anchor = None;
        self.count += 1;
        let pause_s = PAUSE_S * 2_f64.powi(self.count.min(DOUBLINGS_MAX));
        self.pause = Some((now, pause_s));
    }

    /// The command toward the next step; none at the end.
    fn follow(&mut self, base: Pose2) -> Option<Twist> {
        loop {
            let step = *self.steps.get(self.next)?;
            let same_gear = self.steps[self.next..]
                .iter()
                .take_while(|later| later.gear == step.gear);
            let count = same_gear.count();
            if step.gear == 0 {
                let before = self.next.checked_sub(1);
                let from = before.map_or(self.start, |before| self.steps[before].end);
                let direction = wrap_angle(step.end.yaw - from.yaw).signum();
                if direction * wrap_angle(step.end.yaw - base.yaw) <= REACHED_RAD {
                    self.next += 1;
                    continue;
                }
                let last = self.steps[self.next + count - 1].end;
                let error = wrap_angle(last.yaw - base.yaw).abs();
                let rate = (CREEP_RADPS + GAIN_PER_S * error).min(self.turn_rate_radps);
                return Some(Twist::new(0.0, direction * rate));
            }
            let gear = f64::from(step.gear);
            let (sin, cos) = base.yaw.sin_cos();
            let offset = step.end.position() - base.position();
            let left_m = gear * (cos * offset.x + sin * offset.y);
            if left_m <= REACHED_M {
                self.next += 1;
                continue;
            }
            let to_shift_m = left_m + (count - 1) as f64 * STEP_M;
            let speed = (CREEP_MPS + GAIN_PER_S * to_shift_m).min(SPEED_MPS);
            let turn = wrap_angle(step.end.yaw - base.yaw) / left_m.max(STEP_M);
            let turn = turn.clamp(-self.turn_rate_radps / speed, self.turn_rate_radps / speed);
            return Some(Twist::new(gear * speed, turn * speed));
        }
    }
}
