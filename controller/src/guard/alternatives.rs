//! What is tried in place of a refused command.
//!
//! Slower along the arc, then straight, then turning on the spot; if nothing passes the robot brakes
//! along its arc. Each is within the limits of the last command before it is judged.
//!
//! A robot that does not get on while its commands are refused for an obstacle or unseen ground takes
//! the escape that gains most clearance, a different one each time, for a short distance that grows
//! with every escape from the same place.

use perception::{Pose2, Stamp, Twist};

use crate::limits::Limits;

/// Shares of a refused command.
const SPEED_SCALES: [f64; 5] = [0.8, 0.6, 0.4, 0.2, 0.1];
/// Shares of a refused turn.
const TURN_SCALES: [f64; 6] = [1.0, 0.8, 0.6, 0.4, 0.2, 0.1];
/// Speeds and turning rates of escapes, m/s and rad/s.
const ESCAPE_MPS: f64 = 0.1;
const ESCAPE_RADPS: f64 = 0.35;
/// A robot that has moved less than this, m and rad, in this time, s, does not get on.
const STUCK_M: f64 = 0.03;
const STUCK_RAD: f64 = 0.15;
const STUCK_S: f64 = 1.0;
/// Time for which the first escape lasts, s, and escapes after which it grows no more.
const ESCAPE_S: f64 = 1.0;
const GROWTH_MAX: u32 = 4;
/// Escapes from one place at most.
const COUNT_MAX: u32 = 12;
/// A robot that is this far from where it escaped first has left, m.
const AWAY_M: f64 = 0.8;

/// An escape under way, and those before it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Escape {
    /// When and where the robot last got on.
    anchor: Option<(Stamp, Pose2)>,
    under_way: Option<(Stamp, Twist)>,
    /// Where the first escape began.
    first: Option<Pose2>,
    count: u32,
}

impl Escape {
    /// Takes in where the robot is.
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

    /// The escape that goes on at this moment.
    pub(super) fn under_way(&mut self, now: Stamp) -> Option<Twist> {
        let lasts_s = ESCAPE_S * f64::from(self.count.clamp(1, GROWTH_MAX));
        self.under_way = self
            .under_way
            .filter(|(since, _)| (0.0..lasts_s).contains(&now.secs_since(*since)));
        self.under_way.map(|(_, command)| command)
    }

    /// True when a robot whose command is refused has not got on for long enough.
    pub(super) fn is_due(&self, now: Stamp) -> bool {
        let since = self.anchor.map(|(since, _)| since);
        self.count < COUNT_MAX && since.is_some_and(|since| now.secs_since(since) >= STUCK_S)
    }

    /// How many escapes there have been from this place.
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

    /// Ends an escape that cannot go on.
    pub(super) fn end(&mut self) {
        self.under_way = None;
    }
}

/// Commands in the order in which they are tried.
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

/// Commands that may lead out of a tight place.
pub(super) fn escapes() -> impl Iterator<Item = Twist> {
    [ESCAPE_MPS, -ESCAPE_MPS, 0.0].into_iter().flat_map(|v| {
        [0.0, ESCAPE_RADPS, -ESCAPE_RADPS]
            .into_iter()
            .map(move |omega| Twist::new(v, omega))
            .filter(|command| *command != Twist::ZERO)
    })
}

impl Limits {
    /// The command that brakes hardest after `last`, along the same arc where the turn allows it.
    pub fn brake(&self, last: Twist, elapsed_s: f64) -> Twist {
        let stopped = self.within(Twist::ZERO, last, elapsed_s);
        if last.linear.abs() < 1e-6 {
            return stopped;
        }
        let along = Twist::new(stopped.linear, last.angular * stopped.linear / last.linear);
        self.within(along, last, elapsed_s)
    }
}
