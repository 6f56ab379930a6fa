//! Explanation of the command of a tick: desired, sent, and the reason for the difference.

use controller::{Finding, Intervention, SolveStatus};
use perception::Twist;
use serde::Serialize;

use super::black_box::reason_name;
use super::pilot::{Pilot, Tick};

/// Settings of the oldest odometry and sensor data that the guard accepts.
pub(super) const ODOMETRY_AGE_MAX: &str = "controller.guard.odometry_age_max_s";
pub(super) const SCAN_AGE_MAX: &str = "controller.guard.scan_age_max_s";

/// A tick's command, explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Time, s.
    pub time_s: f64,
    /// Command of the policy, m/s and rad/s; none if it did not run.
    pub wanted: Option<[f64; 2]>,
    /// Sent command, m/s and rad/s; none if none was sent.
    pub sent: Option<[f64; 2]>,
    /// The check that changed the command; none if it is unchanged.
    pub check: Option<String>,
    /// Reason, display text.
    pub reason: String,
}

impl Explanation {
    /// Explains the latest tick of the pilot.
    pub(super) fn of(tick: &Tick, pilot: &Pilot) -> Self {
        let action = pilot.action();
        let guard = action.intervention.filter(|_| tick.command.is_some());
        // without a goal the policy has no command, and the guard brakes
        let is_idle = !pilot.is_driving() && tick.end.is_none();
        let is_idle = is_idle && guard == Some(Intervention::PolicyFailed);
        let check = match guard {
            Some(_) if is_idle => Some("no_goal".to_owned()),
            reason => reason.map(reason_name),
        };
        let why = match (guard, action.finding) {
            (Some(_), _) if is_idle => "the robot has no goal and brakes to rest".to_owned(),
            (_, Some(found)) => in_words(&found),
            (_, None) => String::new(),
        };
        let was_asked = action.status != SolveStatus::NotRun;
        let hold = tick.hold.as_ref().map(ToString::to_string);
        let reason = match hold {
            Some(hold) if why.is_empty() => hold,
            Some(hold) => format!("{why}: {hold}"),
            None => why,
        };
        Self {
            time_s: tick.stamp.as_secs(),
            wanted: was_asked.then(|| pair(action.wanted)),
            sent: tick.command.map(pair),
            check,
            reason,
        }
    }
}

/// A finding of the guard, with the setting of the limit where a robot may need another one.
pub(super) fn in_words(finding: &Finding) -> String {
    match finding {
        Finding::OdometryStale { .. } => format!("{finding} ({ODOMETRY_AGE_MAX})"),
        Finding::Silent { .. } => format!("{finding} ({SCAN_AGE_MAX})"),
        _ => finding.to_string(),
    }
}

fn pair(twist: Twist) -> [f64; 2] {
    [twist.linear, twist.angular]
}
