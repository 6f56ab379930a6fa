//! Making room to turn: the shortest motion out of a space too narrow for a turn on the spot.
//!
//! ```text
//! arc of curvature κ and length l, then a straight line;  both forward or both backward
//! the outline keeps the clearance that the guard requires
//! ends when the circumscribed circle is clear, or at the maximum clearance of the base
//! ```
//!
//! Beside a wall the rear of the robot swings out when the front turns away, so that only small
//! curvatures are feasible at first. The motion is replanned as the robot moves.

use perception::{Pose2, Snapshot, Stamp, Twist};

use super::Behavior;
use crate::guard::{Clearance, GuardSettings, Outline};

/// Candidate curvatures of the arc, rad/m, in the order in which they are tried, and lengths, m.
const CURVATURES: [f64; 13] = [
    0.0, 0.03, -0.03, 0.06, -0.06, 0.1, -0.1, 0.2, -0.2, 0.4, -0.4, 1.0, -1.0,
];
const ARCS_M: [f64; 2] = [0.5, 1.5];
/// Maximum length of the motion and step of its check, m.
const WAY_MAX_M: f64 = 1.5;
const STEP_M: f64 = 0.075;
/// Minimum gain of clearance of the base for a motion that does not reach room to turn, m.
const GAIN_MIN_M: f64 = 0.01;
/// Replanning period, s.
const PERIOD_S: f64 = 0.25;
/// Times without motion and in total, s, after which the policy takes over, and the speed below
/// which the robot counts as not moving, m/s.
const HELD_S: f64 = 1.0;
const LASTS_MAX_S: f64 = 15.0;
const HELD_MPS: f64 = 0.02;

/// Motion to a pose with room to turn.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Way {
    curvature: f64,
    /// Length, m; negative: backward.
    length_m: f64,
}

/// Result of a candidate motion.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// Room to turn after this length, m.
    Room(f64),
    /// No room to turn; final clearance of the base, m.
    Clearance(f64),
}

/// Plans and follows a motion to a pose with room to turn.
#[derive(Debug)]
pub(super) struct MakeRoom {
    outline: Outline,
    clearance: Clearance,
    margins_m: [f64; 3],
    /// Clearance of the base at which the robot can turn on the spot, m.
    turning_m: f64,
    /// Time and result of the last plan.
    planned: Option<(Stamp, Option<Way>)>,
    began: Option<Stamp>,
    moved: Option<Stamp>,
    has_failed: bool,
    /// The robot was blocked: it makes room whatever the direction of its path.
    is_demanded: bool,
}

impl MakeRoom {
    /// A planner for an outline; `turning_m` is the clearance of the base that a turn on the spot
    /// needs.
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

    /// Resets for a new goal.
    pub(super) fn begin(&mut self) {
        self.end();
        self.has_failed = false;
    }

    /// Ends the motion: the robot has room, or does not need it.
    pub(super) fn end(&mut self) {
        (self.planned, self.began, self.moved) = (None, None, None);
        self.is_demanded = false;
    }

    /// Demands room for another attempt of a blocked robot.
    pub(super) fn demand(&mut self) {
        self.begin();
        self.is_demanded = true;
    }

    /// True while the robot executes such a motion, or room is demanded.
    pub(super) fn is_demanded(&self) -> bool {
        self.is_demanded || self.began.is_some()
    }

    /// The behavior of a robot without room to turn; `None` if no motion is feasible, or the guard
    /// keeps the robot at rest.
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

    /// The shortest motion to room to turn, or else the one that gains most clearance.
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

    /// Simulates an arc of a curvature and a length followed by a straight line; `None` if it
    /// violates the clearance.
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
