//! Visibility check: the outline stays on recently observed ground until the robot is at rest.
//!
//! ```text
//! for every point q of outline(t), t until rest:
//!     age(q) ≤ max(fresh_age, n T)     inside the field of view (T: scan period), or
//!     age(q) ≤ blind_age               outside the field of view, or
//!     q lies within an outline of the last blind_age seconds, or of the last known-good pose
//! ```
//!
//! The age of ground is the time since a beam last ended there or passed it. A pedestrian may have
//! entered ground that was observed long ago. The check thereby limits the speed: a command whose
//! stop ends beyond the observed ground is refused, and a slower one is tried.
//!
//! At low speed the outline may enter unobserved ground within its circumscribed circle about the
//! last known-good pose, while the base stays near that pose: a robot that is not a disc must be
//! able to turn and observe the ground behind it. The base may move by the gap between the circle
//! and the front or the rear of the outline, whichever is less, so that with a base frame over the
//! rear axle the robot cannot reverse into ground that only its front can reach by turning. For a
//! disc the circle is its outline.
//!
//! Assumptions: a beam that ends in or passes a cell of 10 cm observes all of it; the circumscribed
//! circle is free where the robot starts.

use std::collections::VecDeque;

use perception::{Point2, Pose2, Snapshot, Stamp};

use super::finding::Finding;
use super::settings::SightSettings;
use super::{BrakingTrajectory, Outline};

/// Poses of the trail at most, and how far apart they are, m and rad.
const TRAIL_LEN: usize = 64;
const TRAIL_STEP_M: f64 = 0.08;
const TRAIL_STEP_RAD: f64 = 0.2;
/// Tolerance for points outside a past outline, m: jitter of the odometry.
const JITTER_M: f64 = 0.005;
/// Tolerance for points outside the present outline, m.
const HERE_M: f64 = 1e-6;
/// Time step of the sweep, s.
const STEP_S: f64 = 0.05;

/// Trail of recent poses, whose outlines count as observed ground.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    settings: SightSettings,
    trail: VecDeque<(Stamp, Pose2)>,
    /// The last known-good pose: its whole outline was on observed ground.
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

    /// Updates the trail with the pose of the robot. The start pose counts as known-good, because
    /// the robot was placed there.
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

    /// The first point at which a trajectory from `base` leaves observed ground; `None` if it does
    /// not.
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

    /// The finding for a point of unobserved ground, odometry frame; `None` if observed.
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
