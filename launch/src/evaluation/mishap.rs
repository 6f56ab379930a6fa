//! What robots collided with.

use serde::{Deserialize, Serialize};
use sim::{Episode, Hazard, Outcome};

use super::Run;

/// What a robot collided with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mishap {
    /// An obstacle that stands there.
    Static,
    /// Something that moves.
    Mover,
    /// A hole or a step down: the robot fell.
    Fell,
    /// A step up, too high for its wheels.
    Step,
}

impl Mishap {
    /// What an episode ended by; none without a collision.
    pub fn of(episode: &Episode) -> Option<Self> {
        if episode.outcome != Outcome::Collided {
            return None;
        }
        Some(match episode.hazard {
            None => Self::Static,
            Some(Hazard::Mover) => Self::Mover,
            Some(Hazard::Fell) => Self::Fell,
            Some(Hazard::Step) => Self::Step,
        })
    }

    /// In a word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Mover => "mover",
            Self::Fell => "fell",
            Self::Step => "step",
        }
    }
}

/// How many trials ended by which collision; together all that collided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Mishaps {
    /// Into an obstacle that stands there.
    #[serde(rename = "static")]
    pub standing: u32,
    /// With something that moves.
    pub mover: u32,
    /// Into a hole or off a step.
    pub fell: u32,
    /// At a step up.
    pub step: u32,
}

impl Mishaps {
    pub(super) fn count(runs: &[Run]) -> Self {
        let mut counts = Self::default();
        for mishap in runs.iter().filter_map(|run| run.hazard) {
            *match mishap {
                Mishap::Static => &mut counts.standing,
                Mishap::Mover => &mut counts.mover,
                Mishap::Fell => &mut counts.fell,
                Mishap::Step => &mut counts.step,
            } += 1;
        }
        counts
    }
}
