//! What became of a tick's command on its way to the wheels, and why.

use controller::Intervention;
use perception::Twist;
use serde::Serialize;

use super::black_box::reason_name;
use super::pilot::{Pilot, Tick};

/// Speeds nearer than this are the same, m/s and rad/s.
const SAME: f64 = 1e-9;

/// A tick's command, explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// When the tick was, s.
    pub time_s: f64,
    /// What the policy wanted, m/s and rad/s; none where the guard replaced it untold.
    pub wanted: Option<[f64; 2]>,
    /// What was sent, m/s and rad/s; none where nothing was sent.
    pub sent: Option<[f64; 2]>,
    /// The check that changed the command; none where it was sent as it was wanted.
    pub check: Option<String>,
    /// Why, in words.
    pub reason: String,
}

impl Explanation {
    /// Explains a tick that the pilot has just made.
    pub(super) fn of(tick: &Tick, pilot: &Pilot) -> Self {
        let action = pilot.action();
        let guard = action.intervention.filter(|_| tick.command.is_some());
        let is_limited = tick
            .command
            .is_some_and(|sent| !is_same(sent, action.command));
        // without a goal no policy has a command, and the guard brakes
        let is_idle = !pilot.is_driving() && tick.end.is_none();
        let is_idle = is_idle && guard == Some(Intervention::PolicyFailed);
        let check = match guard {
            Some(_) if is_idle => Some("no_goal".to_owned()),
            Some(reason) => Some(reason_name(reason)),
            None => is_limited.then(|| "speed_limit".to_owned()),
        };
        let why = match guard {
            Some(_) if is_idle => "the robot has no goal and brakes to rest",
            Some(reason) => words(reason),
            None if is_limited => "the speed limit that was received is lower",
            None => "",
        };
        let hold = tick.hold.as_ref().map(ToString::to_string);
        let reason = match hold {
            Some(hold) if why.is_empty() => hold,
            Some(hold) => format!("{why}: {hold}"),
            None => why.to_owned(),
        };
        Self {
            time_s: tick.stamp.as_secs(),
            wanted: guard.is_none().then(|| pair(action.command)),
            sent: tick.command.map(pair),
            check,
            reason,
        }
    }
}

/// What an intervention means.
fn words(reason: Intervention) -> &'static str {
    match reason {
        Intervention::PolicyFailed => "the policy gave no valid command",
        Intervention::Stale => "sensor data are too old to drive on",
        Intervention::Limited => "beyond the limits of speed or acceleration",
        Intervention::Obstacle => "the robot could not stop before an obstacle or unseen space",
        Intervention::Person => "the robot could not be at rest before a mover reaches it",
    }
}

fn pair(twist: Twist) -> [f64; 2] {
    [twist.linear, twist.angular]
}

fn is_same(one: Twist, other: Twist) -> bool {
    (one.linear - other.linear).abs() <= SAME && (one.angular - other.angular).abs() <= SAME
}
