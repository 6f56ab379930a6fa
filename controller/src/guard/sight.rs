//! The outline stays on ground that was seen recently until the robot rests.
//!
//! ```text
//! for every point q of outline(t), t until rest:
//!     age(q) ≤ max(fresh_age, n T)     where the scanner looks (T: scan period), or
//!     age(q) ≤ blind_age               where it does not, or
//!     q lies within an outline of the last blind_age seconds, or of the last pose that was good
//! ```
//!
//! The age of ground is the time since a beam last ended there or passed it. What was seen long ago
//! may have been entered by a person since. The speed is limited thereby: a command whose stop ends
//! beyond what is seen is refused, and a slower one is tried.
//!
//! Slowly, the outline may enter ground never seen within its circumscribed circle about the last
//! pose that was good, while the base stays near that pose: it is how a robot that is no disc turns to
//! look behind itself. It may move by what the circle leaves ahead of its nose or behind its tail,
//! whichever is less, so that a base frame over the rear axle does not let the robot reverse into
//! ground that only its nose can reach by turning. For a disc the circle is its outline, and no ground
//! beyond.
//!
//! Assumptions: beams that end or pass in a cell of 10 cm see all of it; where the robot is switched
//! on its circumscribed circle is free.

use std::collections::VecDeque;

use perception::{Point2, Pose2, Snapshot, Stamp};

use super::finding::Finding;
use super::settings::SightSettings;
use super::{BrakingTrajectory, Outline};

/// Poses of the trail at most, and how far apart they are, m and rad.
const TRAIL_LEN: usize = 64;
const TRAIL_STEP_M: f64 = 0.08;
const TRAIL_STEP_RAD: f64 = 0.2;
/// How far a point may lie outside an outline of the past and still be within it: jitter of the
/// odometry, m.
const JITTER_M: f64 = 0.005;
/// A point this near to the present outline is within it, m.
const HERE_M: f64 = 1e-6;
/// Time step of the sweep, s.
const STEP_S: f64 = 0.05;

/// Ground that the robot has been on.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    settings: SightSettings,
    trail: VecDeque<(Stamp, Pose2)>,
    /// The last pose whose whole outline was on known ground.
    good: Option<Pose2>,
    fresh_s: f64,
}

impl Sight {
    pub(super) fn new(settings: SightSettings) -> Self {
        Self {
            settings,
            trail: VecDeque::with_capacity(TRAIL_LEN),
            good: None,
            fresh_s: settings.fresh_age_s,
        }
    }

    pub(super) fn reset(&mut self) {
        self.trail.clear();
        self.good = None;
    }

    /// Takes in where the robot is. Where it starts counts as good: it has been put there.
    pub(super) fn look(&mut self, outline: &Outline, snapshot: &Snapshot, now: Stamp) {
        let period_s = snapshot.health.period_s();
        self.fresh_s = (self.settings.fresh_age_s).max(self.settings.periods * period_s);
        let base = snapshot.odom_from_base;
        let is_known = |point: &Point2| {
            self.unknown(outline, snapshot, now, base * *point, 0.0)
                .is_none()
        };
        if self.good.is_some() && !outline.points().iter().all(is_known) {
            return;
        }
        self.good = Some(base);
        let is_new = self.trail.back().is_none_or(|(_, last)| {
            let moved = last.inverse() * base;
            moved.position().coords.norm() > TRAIL_STEP_M || moved.yaw.abs() > TRAIL_STEP_RAD
        });
        if is_new {
            if self.trail.len() == TRAIL_LEN {
                self.trail.pop_front();
            }
            self.trail.push_back((now, base));
        } else if let Some(last) = self.trail.back_mut() {
            last.0 = now;
        }
    }

    /// Where a trajectory from `base` leaves known ground; none when it does not.
    pub(super) fn leaves(
        &self,
        outline: &Outline,
        snapshot: &Snapshot,
        now: Stamp,
        mut trajectory: BrakingTrajectory,
    ) -> Option<Finding> {
        let base = snapshot.odom_from_base;
        let command = trajectory.command();
        let outermost_mps = command.linear.abs() + command.angular.abs() * outline.radius_m();
        let is_slow = outermost_mps <= self.settings.blind_swing_mps
            && trajectory.velocity().linear.abs() <= self.settings.blind_swing_mps;
        let circle = self.good.filter(|_| is_slow).map(|good| good.position());
        let mut pose = base;
        while let Some(next) = trajectory.next_pose(pose, STEP_S) {
            pose = next;
            let found = outline.points().iter().find_map(|point| {
                let point = pose * *point;
                let is_in_circle = circle.is_some_and(|middle| {
                    (point - middle).norm() <= outline.radius_m() + HERE_M
                        && (pose.position() - middle).norm() <= outline.turning_drift_m()
                });
                if is_in_circle || outline.distance_m(base.inverse() * point) <= HERE_M {
                    return None;
                }
                self.unknown(outline, snapshot, now, point, JITTER_M)
            });
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// What is wrong with driving over a point, odometry frame.
    fn unknown(
        &self,
        outline: &Outline,
        snapshot: &Snapshot,
        now: Stamp,
        point: Point2,
        jitter_m: f64,
    ) -> Option<Finding> {
        let age_s = snapshot.sight.age_s(point, now);
        if age_s <= self.fresh_s {
            return None;
        }
        let seen = snapshot.odom_from_base.inverse() * point;
        let limit_s = if snapshot.health.sectors.covers(seen) {
            self.fresh_s
        } else {
            self.settings.blind_age_s
        };
        let was_at = |pose: &Pose2| outline.distance_m(pose.inverse() * point) <= jitter_m;
        let is_known = age_s <= limit_s
            || self.good.as_ref().is_some_and(was_at)
            || self.trail.iter().rev().any(|(stamp, pose)| {
                now.secs_since(*stamp) <= self.settings.blind_age_s && was_at(pose)
            });
        (!is_known).then_some(Finding::Unseen {
            x_m: seen.x,
            y_m: seen.y,
            age_s,
        })
    }
}
