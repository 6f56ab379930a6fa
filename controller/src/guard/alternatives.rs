//! Alternative commands that are tried in place of a refused one, and escapes of a stuck robot.
//!
//! Alternatives are slower commands along the arc, then straight, then turns on the spot; if none
//! passes, the robot brakes along its arc. Each is limited with respect to the last command before
//! the checks evaluate it.
//!
//! A robot that is stuck while its commands are refused for an obstacle or unobserved ground
//! executes the escape that gains most clearance, a different one each time, for a short time that
//! grows with every escape from the same position.

use perception::{Pose2, Stamp, Twist};

use crate::limits::Limits;

/// Scales of a refused command.
const SPEED_SCALES: [f64; 5] = [0.8, 0.6, 0.4, 0.2, 0.1];
/// Scales of a refused turn.
const TURN_SCALES: [f64; 6] = [1.0, 0.8, 0.6, 0.4, 0.2, 0.1];
/// Speeds and turning rates of escapes, m/s and rad/s.
const ESCAPE_MPS: f64 = 0.1;
const ESCAPE_RADPS: f64 = 0.35;
/// Motion, m and rad, and time, s, below which the robot counts as stuck.
const STUCK_M: f64 = 0.03;
const STUCK_RAD: f64 = 0.15;
const STUCK_S: f64 = 1.0;
/// Duration of the first escape, s, and the number of escapes up to which it grows.
const ESCAPE_S: f64 = 1.0;
const GROWTH_MAX: u32 = 4;
/// Maximum number of escapes from one position.
const COUNT_MAX: u32 = 12;
/// Distance from the first escape at which the count of escapes is reset, m.
const AWAY_M: f64 = 0.8;

/// State of the escapes: the current one, and the count from this position.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Escape {
    /// Time and pose of the last progress.
    anchor: Option<(Stamp, Pose2)>,
    under_way: Option<(Stamp, Twist)>,
    /// Pose at the first escape.
    first: Option<Pose2>,
    count: u32,
}

impl Escape {
    /// Updates progress with the pose of the robot.
    pub(super) fn look(&mut self, now: Stamp, base: Pose2) {
        let gets_on = self.anchor.is_none_or(|(_, anchor)| {
            let moved = anchor.inverse() * base;
            moved.position().coords.norm() > STUCK_M || moved.yaw.abs() > STUCK_RAD
        });
        if gets_on {
            self.anchor = Some((now, base));
        }
        let away_m = |first: Pose2| (base.position() - first.position()).norm();
        if self.first.is_some_and(|first| away_m(first) > AWAY_M) {
            (self.first, self.count) = (None, 0);
        }
    }

    /// The command of the current escape; `None` once it has ended.
    pub(super) fn under_way(&mut self, now: Stamp) -> Option<Twist> {
        let lasts_s = ESCAPE_S * f64::from(self.count.clamp(1, GROWTH_MAX));
        self.under_way = self
            .under_way
            .filter(|(since, _)| (0.0..lasts_s).contains(&now.secs_since(*since)));
        self.under_way.map(|(_, command)| command)
    }

    /// True when the robot has been stuck for [`STUCK_S`] and may still escape.
    pub(super) fn is_due(&self, now: Stamp) -> bool {
        let since = self.anchor.map(|(since, _)| since);
        self.count < COUNT_MAX && since.is_some_and(|since| now.secs_since(since) >= STUCK_S)
    }

    /// Number of escapes from this position so far.
    pub(super) fn count(&self) -> usize {
        self.count as usize
    }

    /// Begins an escape.
    pub(super) fn begin(&mut self, now: Stamp, base: Pose2, command: Twist) {
        self.first.get_or_insert(base);
        self.count += 1;
        self.under_way = Some((now, command));
        self.anchor = None;
    }

    /// Aborts the current escape.
    pub(super) fn end(&mut self) {
        self.under_way = None;
    }
}

/// Slower alternatives to a command, in the order in which they are tried.
pub(super) fn slower(wanted: Twist) -> impl Iterator<Item = Twist> {
    let along = SPEED_SCALES.map(|scale| Twist::new(scale * wanted.linear, scale * wanted.angular));
    let straight = [0.6, 0.2].map(|scale| Twist::new(scale * wanted.linear, 0.0));
    let turns = TURN_SCALES.map(|scale| Twist::new(0.0, scale * wanted.angular));
    let arcs = along.into_iter().chain(straight);
    arcs.filter(move |_| wanted.linear != 0.0)
        .chain(turns.into_iter().filter(move |_| wanted.angular != 0.0))
}

/// Number of [`escapes`].
pub(super) const ESCAPES: usize = 8;

/// Candidate commands to escape from a confined space.
pub(super) fn escapes() -> impl Iterator<Item = Twist> {
    [ESCAPE_MPS, -ESCAPE_MPS, 0.0].into_iter().flat_map(|v| {
        [0.0, ESCAPE_RADPS, -ESCAPE_RADPS]
            .into_iter()
            .map(move |omega| Twist::new(v, omega))
            .filter(|command| *command != Twist::ZERO)
    })
}

impl Limits {
    /// The command of maximum braking after `last`, along the same arc if the angular limits allow
    /// it.
    pub fn brake(&self, last: Twist, elapsed_s: f64) -> Twist {
        let stopped = self.within(Twist::ZERO, last, elapsed_s);
        if last.linear.abs() < 1e-6 {
            return stopped;
        }
        let along = Twist::new(stopped.linear, last.angular * stopped.linear / last.linear);
        self.within(along, last, elapsed_s)
    }
}
