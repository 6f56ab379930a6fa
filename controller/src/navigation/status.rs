//! Navigation status with respect to the goal, as data and as text.

use perception::Point2;

use crate::StopDemand;
use crate::guard::Finding;

/// Navigation status at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum NavigationStatus {
    /// There is no goal.
    #[default]
    Idle,
    /// Driving toward the goal.
    Driving,
    /// Turning on the spot.
    Turning,
    /// Position and heading are within the goal's tolerances; the robot rests until the goal
    /// changes.
    Arrived,
    /// The robot waits for a moving object.
    Waiting {
        /// Identifier of its track.
        track: u64,
        /// Its position, odometry frame, m.
        at: Point2,
    },
    /// No progress: the robot rests.
    Blocked {
        /// Position of the blocked robot, odometry frame, m.
        at: Point2,
        /// Number of attempts so far.
        attempts: u32,
        /// Last finding of the guard.
        by: Option<Finding>,
    },
    /// The route planner finds no route to the goal: the robot rests at the nearest reachable
    /// position.
    NoRoute {
        /// The goal, odometry frame, m.
        goal: Point2,
    },
    /// Another attempt after the robot was blocked.
    Recovering {
        /// Number of this attempt, from 1.
        attempt: u32,
        /// Maximum number of attempts.
        of: u32,
    },
    /// An input is missing, too old or implausible: the robot brakes.
    Stale(Finding),
    /// The robot drives although an input is contradicted or its rate is too low.
    Degraded(Finding),
    /// A device demands a stop.
    Stopped(StopDemand),
}

impl NavigationStatus {
    /// The status in one word, as in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Driving => "driving",
            Self::Turning => "turning",
            Self::Arrived => "arrived",
            Self::Waiting { .. } => "waiting",
            Self::Blocked { .. } => "blocked",
            Self::NoRoute { .. } => "no_route",
            Self::Recovering { .. } => "recovering",
            Self::Stale(_) => "stale",
            Self::Degraded(_) => "degraded",
            Self::Stopped(_) => "stopped",
        }
    }

    /// True while the robot rests after it gave up, until another attempt.
    pub fn is_given_up(&self) -> bool {
        matches!(self, Self::Blocked { .. } | Self::NoRoute { .. })
    }
}

impl std::fmt::Display for NavigationStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Idle => write!(f, "no goal"),
            Self::Driving => write!(f, "driving to the goal"),
            Self::Turning => write!(f, "turning on the spot"),
            Self::Arrived => write!(f, "arrived: within the tolerances of the goal, at rest"),
            Self::Waiting { track, at } => {
                write!(
                    f,
                    "waiting for track {track} at ({:.2}, {:.2}) m",
                    at.x, at.y
                )
            }
            Self::Blocked { at, attempts, by } => {
                write!(
                    f,
                    "blocked at ({:.2}, {:.2}) m after {attempts} attempt(s)",
                    at.x, at.y
                )?;
                match by {
                    Some(finding) => write!(f, ": {finding}"),
                    None => write!(f, ": no progress toward the goal"),
                }
            }
            Self::NoRoute { goal } => write!(
                f,
                "no route to ({:.2}, {:.2}) m: every known path is closed",
                goal.x, goal.y
            ),
            Self::Recovering { attempt, of } => write!(f, "recovering: attempt {attempt} of {of}"),
            Self::Stale(finding) => write!(f, "stale or disbelieved input: {finding}"),
            Self::Degraded(finding) => write!(f, "degraded: {finding}"),
            Self::Stopped(demand) => write!(f, "stopped: {demand}"),
        }
    }
}
