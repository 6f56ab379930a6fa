//! What is tried in place of a refused command.
//!
//! Slower along the arc, then straight, then turning on the spot; if nothing passes the robot brakes
//! along its arc. Each is within the limits of the last command before it is judged. A robot that
//! does not get on that way is stuck: see [`super::recovery`].

use perception::Twist;

use crate::limits::Limits;

/// Shares of a refused command.
const SPEED_SCALES: [f64; 5] = [0.8, 0.6, 0.4, 0.2, 0.1];
/// Shares of a refused turn.
const TURN_SCALES: [f64; 3] = [1.0, 0.4, 0.15];
/// Commands in the order in which they are tried.
pub(super) fn slower(wanted: Twist) -> impl Iterator<Item = Twist> {
    let along = SPEED_SCALES.map(|scale| Twist::new(scale * wanted.linear, scale * wanted.angular));
    let straight = [0.6, 0.2].map(|scale| Twist::new(scale * wanted.linear, 0.0));
    let turns = TURN_SCALES.map(|scale| Twist::new(0.0, scale * wanted.angular));
    let arcs = along.into_iter().chain(straight);
    arcs.filter(move |_| wanted.linear != 0.0)
        .chain(turns.into_iter().filter(move |_| wanted.angular != 0.0))
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
