//! What the robot is doing about its goal, as data and in words.

use perception::Point2;

use crate::StopDemand;
use crate::guard::Finding;

/// What the robot is doing about its goal at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum NavigationStatus {
    /// There is no goal.
    #[default]
    Idle,
    /// On the way to the goal.
    Driving,
    /// Turning on the spot.
    Turning,
    /// Position and heading are within the goal's tolerances; the robot rests until the goal changes.
    Arrived,
    /// The robot waits for something that moves.
    Waiting {
        /// Its track.
        track: u64,
        /// Its position, odometry frame, m.
        at: Point2,
    },
    /// No progress: the robot rests.
    Blocked {
        /// Where the robot is held, odometry frame, m.
        at: Point2,
        /// Attempts that were made.
        attempts: u32,
        /// What the guard found last.
        by: Option<Finding>,
    },
    /// The route planner finds no route to the goal: the robot rests at the nearest place.
    NoRoute {
        /// The goal, odometry frame, m.
        goal: Point2,
    },
    /// Another attempt after the robot was blocked.
    Recovering {
        /// Number of this attempt, from 1.
        attempt: u32,
        /// Attempts at most.
        of: u32,
    },
    /// An input is missing, too old or not believed: the robot brakes.
    Stale(Finding),
    /// The robot drives in spite of an input that is contradicted or comes too rarely.
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

    /// True while the robot has given up for the time being.
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
