//! Turns on the spot before a path that does not begin ahead, as with Nav2's rotation shim
//! controller, and docking: the last centimetres to a goal short of which the policy stops, because
//! near a wall the cost of clearance outweighs that of the goal.

use perception::{Point2, Pose2, Stamp, Twist, wrap_angle};

use super::{Behavior, NavigationSettings};

/// Maximum speed at which a turn on the spot begins, m/s.
const SPEED_MAX_MPS: f64 = 0.1;
/// Maximum speed, m/s, and minimum heading error to the next leg, rad, for a turn on the spot at a
/// sharp corner: adjacent lanes leave no room for an arc.
const CORNER_SPEED_MAX_MPS: f64 = 0.4;
const CORNER_RAD: f64 = 0.6;
/// Speed at which the initial turn is no longer allowed, m/s.
const ON_ITS_WAY_MPS: f64 = 0.3;
/// Angle between heading and path at which a turn ends, rad.
const DONE_RAD: f64 = 0.25;
/// Failure of a turn, after which the policy takes over: turning rate below which the turn counts
/// as blocked, rad/s, maximum time blocked, maximum duration, and time without another turn, s.
const HELD_RADPS: f64 = 0.05;
const HELD_MAX_S: f64 = 0.8;
const LASTS_MAX_S: f64 = 12.0;
const PAUSE_S: f64 = 5.0;

/// Docking begins after this time, s, below this speed, m/s, short of a near goal, or if the robot
/// would have to turn toward it. A robot slower than the next two, m/s and rad/s, counts as
/// blocked. The goal is approached within this angle of the heading, rad, for at most this time, s.
const REST_S: f64 = 0.3;
const REST_MPS: f64 = 0.05;
const MOVES_MPS: f64 = 0.05;
const MOVES_RADPS: f64 = 0.1;
const DOCK_RAD: f64 = 0.25;
const DOCK_MAX_S: f64 = 12.0;

/// State of turns on the spot and of docking.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spin {
    /// A turn toward the path may begin: the navigation, or a leg of its path, has just begun.
    /// Later the policy handles a path that begins behind, as when it backs out of a narrow space.
    is_armed: bool,
    /// The turn is toward the leg after a sharp corner.
    is_at_corner: bool,
    began: Option<Stamp>,
    /// Time of the last rotation during this turn.
    turned: Option<Stamp>,
    paused_from: Option<Stamp>,
    /// Time since which the robot has been at rest short of a near goal.
    rests: Option<Stamp>,
    /// Docking is active; `moved` is the time of the last motion.
    is_docking: bool,
    moved: Option<Stamp>,
    /// Docking has failed: the policy controls the robot until it approaches the goal anew.
    has_failed: bool,
}

impl Spin {
    /// True for a while after a failed turn, when turns are left to the policy.
    pub(super) fn is_paused(&self, now: Stamp) -> bool {
        self.paused_from
            .is_some_and(|since| now.secs_since(since) < PAUSE_S)
    }

    /// Updates the current turn; true while it may continue.
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

    /// Allows a turn toward the path at the start of navigation.
    pub(super) fn arm(&mut self) {
        (self.is_armed, self.is_at_corner) = (true, false);
    }

    /// Allows a turn toward the next leg of the path, after a sharp corner.
    pub(super) fn arm_at_corner(&mut self) {
        (self.is_armed, self.is_at_corner) = (true, true);
    }

    /// Ends a turn.
    pub(super) fn end(&mut self) {
        (self.began, self.turned) = (None, None);
    }

    /// The docking behavior toward a near goal, once the policy has come to rest short of it.
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

    /// Ends docking: the policy takes over again.
    pub(super) fn leave(&mut self) {
        (self.rests, self.is_docking, self.has_failed) = (None, false, false);
    }

    /// True when the path or a leg begins at an angle from the heading that requires a turn on the
    /// spot.
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

    /// The heading to which the robot turns before it drives toward a target; `None` if no turn is
    /// needed.
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
