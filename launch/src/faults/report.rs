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
    /// Duration.
    pub persistence: Persistence,
    /// Scenario.
    pub scenario: Place,
    /// Policy.
    pub policy: Pilot,
    /// Robot.
    pub robot: String,
    /// True if no collision may be caused under this fault.
    pub promised: bool,
    /// Statistics of its episodes.
    #[serde(flatten)]
    pub summary: Summary,
}

/// One fault over all other axes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultTotal {
    /// Its name.
    pub fault: String,
    /// True if no collision may be caused under this fault.
    pub promised: bool,
    /// Statistics of its episodes.
    #[serde(flatten)]
    pub summary: Summary,
}

/// Result of a matrix of faults.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultReport {
    /// The command of the report.
    pub command: &'static str,
    /// The first seed.
    pub seed: u64,
    /// False if the run was interrupted.
    pub complete: bool,
    /// Episodes of the whole matrix.
    pub planned: usize,
    /// Corruption of the Performer's weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<WildWeights>,
    /// Reaction times of the evaluation.
    pub judge: Judge,
    /// Statistics of all episodes.
    #[serde(flatten)]
    pub all: Summary,
    /// Statistics of episodes under faults without permitted collisions.
    pub promised: Summary,
    /// By fault.
    pub faults: Vec<FaultTotal>,
    /// By fault, persistence, scenario, policy and robot.
    pub rows: Vec<FaultRow>,
    /// Every episode with a contact of the moving robot, for replay.
    pub contacts: Vec<FaultEpisode>,
}

impl FaultReport {
    /// Aggregates episodes in the order of the matrix.
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
