//! A drive to a goal: arrival, progress and failure.

use controller::StopDemand;
use perception::{Point2, Pose2, Stamp};

use super::explanation::{ODOMETRY_AGE_MAX, SCAN_AGE_MAX};
use super::intake::Route;
use super::settings::NodeSettings;
use super::stop_inputs::device_name;

/// Reason for waiting.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Hold {
    /// No odometry, or none of late.
    #[error("{}", aged("odometry", *age_s, ODOMETRY_AGE_MAX))]
    Odometry {
        /// Its age, infinite before the first.
        age_s: f64,
    },
    /// No scan, or none of late.
    #[error("{}", aged("the latest scan", *age_s, SCAN_AGE_MAX))]
    Scan {
        /// Its age, infinite before the first.
        age_s: f64,
    },
    /// The pose of the goal's frame is unknown.
    #[error("{what}")]
    Transform {
        /// Missing transform.
        what: String,
        /// True if waiting cannot help.
        is_final: bool,
    },
    /// A stop device is active.
    #[error("the {} demands a stop", device_name(*device))]
    Stop {
        /// The device.
        device: StopDemand,
    },
    /// The controller has no command.
    #[error("no valid command")]
    Control,
}

fn aged(what: &str, age_s: f64, setting: &str) -> String {
    if age_s.is_finite() {
        format!("{what} is {age_s:.2} s old (limit: {setting})")
    } else {
        format!("{what} has yet to come")
    }
}

/// Result of a drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The goal is reached.
    Reached,
    /// The path's frame has no transform.
    TransformFailed,
    /// The reason for waiting lasted too long.
    PatienceExceeded,
    /// The robot made no progress.
    NoProgress,
    /// No valid command within the tolerated time.
    NoValidControl,
    /// The emergency stop was pressed: a reset does not resume the motion.
    EmergencyStop,
}

impl End {
    /// Error code of Nav2's `FollowPath`.
    pub fn code(self) -> u16 {
        match self {
            Self::Reached => 0,
            Self::TransformFailed => 102,
            Self::PatienceExceeded => 104,
            Self::NoProgress => 105,
            Self::NoValidControl => 106,
            Self::EmergencyStop => 100,
        }
    }

    /// Display text.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reached => "the goal is reached",
            Self::TransformFailed => "the path's frame cannot be placed",
            Self::PatienceExceeded => "the robot was held for too long",
            Self::NoProgress => "the robot came no farther",
            Self::NoValidControl => "there was no valid command",
            Self::EmergencyStop => "the emergency stop was pressed",
        }
    }
}

/// A drive in progress.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub route: Route,
    /// Position and time of the last progress.
    mark: Option<(Point2, Stamp)>,
    held_since: Option<Stamp>,
}

impl Task {
    pub fn new(route: Route) -> Self {
        Self {
            route,
            mark: None,
            held_since: None,
        }
    }

    /// Replaces the route; the time without progress continues.
    pub fn replace(&mut self, route: Route) {
        self.route = route;
    }

    /// Evaluates a tick with the robot's position, odometry frame, and arrival. While it waits,
    /// only the time limits apply.
    pub fn judge(
        &mut self,
        now: Stamp,
        base: Pose2,
        has_arrived: bool,
        hold: Option<&Hold>,
        settings: &NodeSettings,
    ) -> Option<End> {
        if let Some(hold) = hold {
            let since = *self.held_since.get_or_insert(now);
            self.mark = None;
            let patience_s = settings.failure_tolerance_s;
            let is_over = patience_s >= 0.0 && now.secs_since(since) >= patience_s;
            return match hold {
                Hold::Transform { is_final: true, .. } => Some(End::TransformFailed),
                Hold::Stop {
                    device: StopDemand::EmergencyStop,
                } => Some(End::EmergencyStop),
                Hold::Transform { .. } if is_over => Some(End::TransformFailed),
                _ if is_over && patience_s == 0.0 => Some(End::NoValidControl),
                _ if is_over => Some(End::PatienceExceeded),
                _ => None,
            };
        }
        self.held_since = None;
        if has_arrived {
            return Some(End::Reached);
        }
        let (mark, since) = *self.mark.get_or_insert((base.position(), now));
        let moved_m = (base.position() - mark).norm();
        if moved_m >= settings.required_movement_radius_m {
            self.mark = Some((base.position(), now));
        } else if now.secs_since(since) > settings.movement_time_allowance_s {
            return Some(End::NoProgress);
        }
        None
    }
}
