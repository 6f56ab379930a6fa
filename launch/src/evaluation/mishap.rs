//! Kinds of collisions.

use serde::{Deserialize, Serialize};
use sim::{Episode, Hazard, Outcome};

use super::Run;

/// Kind of a collision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mishap {
    /// A static obstacle.
    Static,
    /// A moving object.
    Mover,
    /// A hole or step down.
    Fell,
    /// A step up beyond the wheels' limit.
    Step,
}

impl Mishap {
    /// Collision of an episode; none without a collision.
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

    /// Display name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Mover => "mover",
            Self::Fell => "fell",
            Self::Step => "step",
        }
    }
}

/// Number of trials by kind of collision; the sum is the number of collisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Mishaps {
    /// Static obstacles.
    #[serde(rename = "static")]
    pub standing: u32,
    /// Moving objects.
    pub mover: u32,
    /// Holes and steps down.
    pub fell: u32,
    /// Steps up.
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
