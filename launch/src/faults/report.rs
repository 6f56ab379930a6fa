//! The report of a matrix.

use serde::Serialize;
use sim::Persistence;

use super::episode::{FaultEpisode, Judge};
use super::pilot::{Pilot, WildWeights};
use super::place::Place;
use super::summary::Summary;

/// One row of the matrix: everything but the seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultRow {
    /// Name of the fault.
    pub fault: String,
    /// For how long it lasts.
    pub persistence: Persistence,
    /// Where.
    pub scenario: Place,
    /// Who drives.
    pub policy: Pilot,
    /// Which robot.
    pub robot: String,
    /// True when no collision may be caused under this fault.
    pub promised: bool,
    /// What its episodes add up to.
    #[serde(flatten)]
    pub summary: Summary,
}

/// One fault over all else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultTotal {
    /// Its name.
    pub fault: String,
    /// True when no collision may be caused under it.
    pub promised: bool,
    /// What its episodes add up to.
    #[serde(flatten)]
    pub summary: Summary,
}

/// What a matrix of faults came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultReport {
    /// The command that made it.
    pub command: &'static str,
    /// The first seed.
    pub seed: u64,
    /// False when the run was interrupted.
    pub complete: bool,
    /// Episodes of the whole matrix.
    pub planned: usize,
    /// What the weights of the Performer were replaced by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<WildWeights>,
    /// What was judged by.
    pub judge: Judge,
    /// All episodes.
    #[serde(flatten)]
    pub all: Summary,
    /// Those under faults that promise to cause no collision.
    pub promised: Summary,
    /// By fault.
    pub faults: Vec<FaultTotal>,
    /// By fault, persistence, scenario, policy and robot.
    pub rows: Vec<FaultRow>,
    /// Every episode with a contact of the moving robot, to be driven again.
    pub contacts: Vec<FaultEpisode>,
}

impl FaultReport {
    /// Adds up episodes that come in the order of the matrix.
    pub fn new(
        seed: u64,
        planned: usize,
        weights: Option<WildWeights>,
        judge: Judge,
        episodes: &[FaultEpisode],
    ) -> Self {
        let rows = episodes
            .chunk_by(|a, b| a.key.is_same_row(&b.key))
            .map(|row| FaultRow {
                fault: row[0].key.fault.clone(),
                persistence: row[0].key.persistence,
                scenario: row[0].key.scenario,
                policy: row[0].key.policy,
                robot: row[0].key.robot.clone(),
                promised: row[0].is_promised(),
                summary: Summary::of(row.iter()),
            })
            .collect();
        let faults = episodes
            .chunk_by(|a, b| a.key.fault == b.key.fault)
            .map(|row| FaultTotal {
                fault: row[0].key.fault.clone(),
                promised: row[0].is_promised(),
                summary: Summary::of(row.iter()),
            })
            .collect();
        let is_contact = |episode: &&FaultEpisode| {
            let contact = episode.truth.contact;
            contact.is_some_and(|contact| contact.class != sim::ContactClass::AtRest)
        };
        Self {
            command: "faults",
            seed,
            complete: episodes.len() == planned,
            planned,
            weights,
            judge,
            all: Summary::of(episodes.iter()),
            promised: Summary::of(episodes.iter().filter(|episode| episode.is_promised())),
            faults,
            rows,
            contacts: episodes.iter().filter(is_contact).cloned().collect(),
        }
    }
}
