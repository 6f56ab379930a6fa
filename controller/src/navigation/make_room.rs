//! Room to turn: the shortest way out of a place that is too narrow for a turn on the spot.
//!
//! ```text
//! arc of curvature κ over l, then straight on;  both forward or both backward
//! the outline keeps the clearance that the guard asks for
//! ends where the circumscribed circle is clear, or with the most clearance of the base
//! ```
//!
//! Beside a wall the far end of the robot swings out when the near one turns away, so that only slight
//! curvatures fit at first. What is found is planned again as the robot moves.

use perception::{Pose2, Snapshot, Stamp, Twist};

use super::Behavior;
use crate::guard::{Clearance, GuardSettings, Outline};

/// Curvatures of the first arc, rad/m, in the order in which they are tried, and its lengths, m.
const CURVATURES: [f64; 13] = [
    0.0, 0.03, -0.03, 0.06, -0.06, 0.1, -0.1, 0.2, -0.2, 0.4, -0.4, 1.0, -1.0,
];
const ARCS_M: [f64; 2] = [0.5, 1.5];
/// Longest way, and its steps, m.
const WAY_MAX_M: f64 = 1.5;
const STEP_M: f64 = 0.075;
/// A way that does not lead to room must gain this much clearance of the base, m.
const GAIN_MIN_M: f64 = 0.01;
/// The way is planned again after this time, s.
const PERIOD_S: f64 = 0.25;
/// A robot that is held for so long, or looks for room for so long, leaves it to the policy, s. Slower is held, m/s.
const HELD_S: f64 = 1.0;
const LASTS_MAX_S: f64 = 15.0;
const HELD_MPS: f64 = 0.02;

/// A way to a place with room to turn.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Way {
    curvature: f64,
    /// Forward or, negative, backward, m.
    length_m: f64,
}

/// Where a way ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// There is room, after this length, m.
    Room(f64),
    /// There is none, but so much clearance of the base, m.
    Clearance(f64),
}

/// Plans and follows a way to a place with room.
#[derive(Debug)]
pub(super) struct MakeRoom {
    outline: Outline,
    clearance: Clearance,
    margins_m: [f64; 3],
    /// Clearance of the base at which the robot can turn on the spot, m.
    turning_m: f64,
    /// When a way was looked for last, and the way.
    planned: Option<(Stamp, Option<Way>)>,
    began: Option<Stamp>,
    moved: Option<Stamp>,
    has_failed: bool,
    /// The robot was blocked: it makes room wherever its path leads.
    is_demanded: bool,
}

impl MakeRoom {
    /// `turning_m`: clearance of the base at which the robot can turn on the spot.
    pub(super) fn new(outline: Outline, guard: &GuardSettings, turning_m: f64) -> Self {
        Self {
            clearance: Clearance::new(&outline),
            outline,
            margins_m: [guard.margin_m, guard.fused_margin_m, guard.padding_m],
            turning_m,
            planned: None,
            began: None,
            moved: None,
            has_failed: false,
            is_demanded: false,
        }
    }

    /// A new drive begins.
    pub(super) fn begin(&mut self) {
        self.end();
        self.has_failed = false;
    }

    /// The robot has room, or does not need it.
    pub(super) fn end(&mut self) {
        (self.planned, self.began, self.moved) = (None, None, None);
        self.is_demanded = false;
    }

    /// Another attempt of a robot that was blocked begins with making room.
    pub(super) fn demand(&mut self) {
        self.begin();
        self.is_demanded = true;
    }

    /// True while the robot is on such a way, or has to look for one.
    pub(super) fn is_demanded(&self) -> bool {
        self.is_demanded || self.began.is_some()
    }

    /// Where to drive from a place without room; none when nothing leads out, or the guard holds the robot.
    pub(super) fn decide(&mut self, now: Stamp, snapshot: &Snapshot) -> Option<Behavior> {
        if self.has_failed {
            return None;
        }
        let age_s = (self.planned).map_or(f64::INFINITY, |(then, _)| now.secs_since(then));
        if !(0.0..PERIOD_S).contains(&age_s) {
            self.planned = Some((now, self.plan(snapshot)));
        }
        let (_, way) = self.planned?;
        let way = way?;
        let began = *self.began.get_or_insert(now);
        let moved = self.moved.get_or_insert(now);
        if snapshot.velocity.linear.abs() > HELD_MPS {
            *moved = now;
        }
        if now.secs_since(*moved) > HELD_S || now.secs_since(began) > LASTS_MAX_S {
            self.fail();
            return None;
        }
        Some(Behavior::Arc {
            curvature: way.curvature,
            length_m: way.length_m,
        })
    }

    fn fail(&mut self) {
        self.end();
        self.has_failed = true;
    }

    /// The shortest way to room, or else the one that gains most clearance.
    fn plan(&mut self, snapshot: &Snapshot) -> Option<Way> {
        let base = snapshot.odom_from_base;
        let reach_m = self.outline.radius_m() + WAY_MAX_M;
        self.clearance.reset();
        (self.clearance).look(
            &self.outline,
            &snapshot.field,
            base,
            reach_m,
            self.margins_m,
        );
        let here_m = snapshot.field.sample(base.position()).distance_m;
        let mut shortest: Option<(f64, Way)> = None;
        let mut clearest: Option<(f64, Way)> = None;
        for curvature in CURVATURES {
            for (arc_m, sign) in ARCS_M
                .into_iter()
                .flat_map(|arc_m| [(arc_m, -1.0), (arc_m, 1.0)])
            {
                let way = |length_m: f64| Way {
                    curvature,
                    length_m: sign * length_m,
                };
                match self.end_of(snapshot, base, [curvature, sign, arc_m]) {
                    Some(End::Room(length_m))
                        if shortest.is_none_or(|(least_m, _)| length_m < least_m) =>
                    {
                        shortest = Some((length_m, way(length_m)));
                    }
                    Some(End::Clearance(end_m))
                        if end_m > clearest.map_or(here_m + GAIN_MIN_M, |(most_m, _)| most_m) =>
                    {
                        clearest = Some((end_m, way(WAY_MAX_M)));
                    }
                    _ => {}
                }
            }
        }
        shortest.or(clearest).map(|(_, way)| way)
    }

    /// Where an arc of a curvature and a length leads, with the straight line behind it; none when it does not
    /// fit.
    fn end_of(
        &mut self,
        snapshot: &Snapshot,
        base: Pose2,
        [curvature, sign, arc_m]: [f64; 3],
    ) -> Option<End> {
        let (mut pose, mut length_m) = (base, 0.0);
        let mut clearance_m = 0.0;
        while length_m < WAY_MAX_M {
            let turn = if length_m < arc_m { curvature } else { 0.0 };
            let step = Twist::new(sign, sign * turn);
            pose = pose * Pose2::exp(step, STEP_M);
            if !self.clearance.allows(&self.outline, pose) {
                return None;
            }
            length_m += STEP_M;
            clearance_m = snapshot.field.sample(pose.position()).distance_m;
            if clearance_m - snapshot.field.slack_m() >= self.turning_m {
                return Some(End::Room(length_m));
            }
        }
        Some(End::Clearance(clearance_m))
    }
}
