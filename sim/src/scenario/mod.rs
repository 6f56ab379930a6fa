//! Scenarios: settings and a seed give a situation.

mod automaton;
mod barn_like;
mod blind_corner;
mod doorway;
mod furniture;
mod layout;
mod obstacle_course;
mod passers_by;
mod pedestrian;
mod replay;
mod rooms;
mod situation;
mod walk;
mod way;

pub use barn_like::BarnLikeSettings;
pub use barn_like::{GOAL as BARN_GOAL, START as BARN_START};
pub use blind_corner::{BlindCornerSettings, Building};
pub use doorway::DoorwaySettings;
pub use obstacle_course::{ObstacleCourseSettings, Style};
pub use pedestrian::{PedestrianSettings, Place};
pub use replay::ReplaySettings;
pub use rooms::RoomsSettings;
pub use situation::{Rules, SimGoal, Situation};
pub use walk::Walk;
pub(crate) use way::{Lattice, Survey, Walker};

use serde::{Deserialize, Serialize};

use crate::SettingsError;
use crate::world::WorldError;

/// A family of situations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Scenario {
    /// Two rooms and one door between them.
    Doorway(DoorwaySettings),
    /// Posts placed by a cellular automaton, after the BARN challenge.
    BarnLike(BarnLikeSettings),
    /// Furnished rooms with holes, stairs and ramps.
    Rooms(RoomsSettings),
    /// Clutter of homes and offices with narrow gaps.
    ObstacleCourse(ObstacleCourseSettings),
    /// Corridors with pedestrians, or a hall.
    Pedestrian(PedestrianSettings),
    /// A blind corner with an oncoming pedestrian.
    BlindCorner(BlindCornerSettings),
}

/// Reasons for a missing situation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScenarioError {
    /// A setting is out of bounds.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The obstacles are not a valid world.
    #[error(transparent)]
    World(#[from] WorldError),
    /// No draw gave a solvable situation.
    #[error("{scenario} with seed {seed}: no way through in {attempts} attempts")]
    NoWay {
        /// Name of the scenario.
        scenario: &'static str,
        /// Its seed.
        seed: u64,
        /// Number of attempts.
        attempts: usize,
    },
}

impl Scenario {
    /// The names that [`Scenario::named`] accepts.
    pub const NAMES: [&'static str; 6] = [
        "doorway",
        "barn_like",
        "rooms",
        "obstacle_course",
        "pedestrian",
        "blind_corner",
    ];

    /// The scenario of this name with its default settings.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "doorway" => Some(Self::Doorway(DoorwaySettings::default())),
            "barn_like" => Some(Self::BarnLike(BarnLikeSettings::default())),
            "rooms" => Some(Self::Rooms(RoomsSettings::default())),
            "obstacle_course" => Some(Self::ObstacleCourse(ObstacleCourseSettings::default())),
            "pedestrian" => Some(Self::Pedestrian(PedestrianSettings::default())),
            "blind_corner" => Some(Self::BlindCorner(BlindCornerSettings::default())),
            _ => None,
        }
    }

    /// Name of the scenario.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Doorway(_) => "doorway",
            Self::BarnLike(_) => "barn_like",
            Self::Rooms(_) => "rooms",
            Self::ObstacleCourse(_) => "obstacle_course",
            Self::Pedestrian(_) => "pedestrian",
            Self::BlindCorner(_) => "blind_corner",
        }
    }

    /// Rejects settings out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        match self {
            Self::Doorway(settings) => settings.validate(),
            Self::BarnLike(settings) => settings.validate(),
            Self::Rooms(settings) => settings.validate(),
            Self::ObstacleCourse(settings) => settings.validate(),
            Self::Pedestrian(settings) => settings.validate(),
            Self::BlindCorner(settings) => settings.validate(),
        }
    }

    /// The situation for a seed; deterministic in settings and seed.
    pub fn situation(&self, seed: u64) -> Result<Situation, ScenarioError> {
        match self {
            Self::Doorway(settings) => settings.situation(seed),
            Self::BarnLike(settings) => settings.situation(seed),
            Self::Rooms(settings) => settings.situation(seed),
            Self::ObstacleCourse(settings) => settings.situation(seed),
            Self::Pedestrian(settings) => settings.situation(seed),
            Self::BlindCorner(settings) => settings.situation(seed),
        }
    }
}
