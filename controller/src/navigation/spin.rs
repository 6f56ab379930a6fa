//! Turning on the spot before a path that begins elsewhere than ahead, as Nav2's rotation shim does, and
//! the last centimetres to a goal that the policy stops short of: near a wall the cost of clearance
//! outweighs that of the goal.

use perception::{Point2, Pose2, Stamp, Twist, wrap_angle};

use super::{Behavior, NavigationSettings};

/// Faster robots do not begin a turn on the spot, m/s.
const SPEED_MAX_MPS: f64 = 0.1;
/// At a sharp corner of its path a robot that is no faster than this, m/s, turns on the spot when the next leg is
/// farther off its heading than this, rad: lanes side by side leave no room for a bow.
const CORNER_SPEED_MAX_MPS: f64 = 0.4;
const CORNER_RAD: f64 = 0.6;
/// A robot that has reached this speed is on its way, m/s.
const ON_ITS_WAY_MPS: f64 = 0.3;
/// A turn ends when the path begins within this angle, rad.
const DONE_RAD: f64 = 0.25;
/// A turn that is held, or lasts longer, is left to the policy: turning rate that counts as held, rad/s, time that
/// it may be held, time that it may last, and time for which no other begins, s.
const HELD_RADPS: f64 = 0.05;
const HELD_MAX_S: f64 = 0.8;
const LASTS_MAX_S: f64 = 12.0;
const PAUSE_S: f64 = 5.0;

/// A robot that is slower than this, m/s, for this long, s, short of a near goal drives the last stretch by
/// itself, toward a goal ahead within this angle, rad, for at most this time, s. So does one that would have to
/// turn toward it. What moves at all is not held, m/s and rad/s.
const REST_S: f64 = 0.3;
const REST_MPS: f64 = 0.05;
const MOVES_MPS: f64 = 0.05;
const MOVES_RADPS: f64 = 0.1;
const DOCK_RAD: f64 = 0.25;
const DOCK_MAX_S: f64 = 12.0;

/// A turn on the spot, and those that failed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spin {
    /// A turn toward the path may begin: the drive, or a leg of its path, has just begun. Later a path
    /// that begins behind is the policy's own, as when it backs out of a narrow place.
    is_armed: bool,
    /// What began is a leg behind a sharp corner.
    is_at_corner: bool,
    began: Option<Stamp>,
    /// When the robot turned last during this turn.
    turned: Option<Stamp>,
    paused_from: Option<Stamp>,
    /// Since when the robot rests short of a near goal.
    rests: Option<Stamp>,
    /// The robot drives the last stretch to the goal by itself; when it moved last.
    is_docking: bool,
    moved: Option<Stamp>,
    /// The last stretch could not be driven: it is the policy's until the robot comes near the goal anew.
    has_failed: bool,
}

impl Spin {
    /// True while turns are left to the policy, after one that failed.
    pub(super) fn is_paused(&self, now: Stamp) -> bool {
        self.paused_from
            .is_some_and(|since| now.secs_since(since) < PAUSE_S)
    }

    /// Takes note of a turn under way: true while it may go on.
    pub(super) fn goes_on(&mut self, now: Stamp, velocity: Twist) -> bool {
        if self.is_paused(now) {
            return false;
        }
        let began = *self.began.get_or_insert(now);
        let turned = self.turned.get_or_insert(now);
        if velocity.angular.abs() > HELD_RADPS {
            *turned = now;
        }
        let fails = now.secs_since(*turned) > HELD_MAX_S || now.secs_since(began) > LASTS_MAX_S;
        if fails {
            self.end();
            self.paused_from = Some(now);
        }
        !fails
    }

    /// Allows a turn toward the path: a drive begins.
    pub(super) fn arm(&mut self) {
        (self.is_armed, self.is_at_corner) = (true, false);
    }

    /// Allows a turn toward the next leg of the path, behind a sharp corner.
    pub(super) fn arm_at_corner(&mut self) {
        (self.is_armed, self.is_at_corner) = (true, true);
    }

    /// Ends a turn.
    pub(super) fn end(&mut self) {
        (self.began, self.turned) = (None, None);
    }

    /// The last stretch to a near goal, once the policy has come to rest short of it.
    pub(super) fn dock(
        &mut self,
        now: Stamp,
        base: Pose2,
        velocity: Twist,
        goal: Point2,
        settings: &NavigationSettings,
    ) -> Option<Behavior> {
        if self.has_failed {
            return None;
        }
        let ahead = goal - base.position();
        let yaw = ahead.y.atan2(ahead.x);
        let off = wrap_angle(yaw - base.yaw).abs();
        let stands = velocity.linear.abs() <= REST_MPS;
        if !stands && !self.is_docking {
            self.rests = None;
        }
        let rests = *self.rests.get_or_insert(now);
        let has_to_turn =
            off > settings.near_spin_from_rad && velocity.linear.abs() <= SPEED_MAX_MPS;
        if !self.is_docking && !has_to_turn && now.secs_since(rests) < REST_S {
            return None;
        }
        let moves = velocity.linear.abs() > MOVES_MPS || velocity.angular.abs() > MOVES_RADPS;
        if moves || !self.is_docking {
            self.moved = Some(now);
        }
        self.is_docking = true;
        let held_s = self.moved.map_or(0.0, |moved| now.secs_since(moved));
        if held_s > HELD_MAX_S || now.secs_since(rests) > DOCK_MAX_S {
            self.leave();
            self.has_failed = true;
            return None;
        }
        if off > DOCK_RAD && stands || off > 2.0 * DOCK_RAD {
            return Some(Behavior::Spin { yaw });
        }
        Some(Behavior::Approach { position: goal })
    }

    /// Leaves the last stretch to the policy again.
    pub(super) fn leave(&mut self) {
        (self.rests, self.is_docking, self.has_failed) = (None, false, false);
    }

    /// True when a drive or a leg begins so far off the robot's heading that it would turn on the spot.
    pub(super) fn is_wanted(
        &self,
        base: Pose2,
        target: Point2,
        settings: &NavigationSettings,
    ) -> bool {
        let ahead = target - base.position();
        let error = wrap_angle(ahead.y.atan2(ahead.x) - base.yaw).abs();
        self.is_armed && error > settings.spin_from_rad
    }

    /// The heading to turn to before the robot drives toward a target, when it has to.
    pub(super) fn toward(
        &mut self,
        now: Stamp,
        base: Pose2,
        velocity: Twist,
        target: Point2,
        settings: &NavigationSettings,
    ) -> Option<f64> {
        let ahead = target - base.position();
        let yaw = ahead.y.atan2(ahead.x);
        let error = wrap_angle(yaw - base.yaw).abs();
        let (from, speed_max_mps) = if self.is_at_corner {
            (settings.spin_from_rad.min(CORNER_RAD), CORNER_SPEED_MAX_MPS)
        } else {
            (settings.spin_from_rad, SPEED_MAX_MPS)
        };
        self.is_armed &= velocity.linear.abs() <= ON_ITS_WAY_MPS.max(speed_max_mps);
        let bound = if self.began.is_some() { DONE_RAD } else { from };
        let may_begin = self.is_armed && velocity.linear.abs() <= speed_max_mps;
        let is_under_way = self.began.is_some();
        if error > bound && (is_under_way || may_begin) && self.goes_on(now, velocity) {
            return Some(yaw);
        }
        self.is_armed &= !is_under_way;
        self.end();
        None
    }
}
