//! What becomes of one network of a comparison.

use serde::{Deserialize, Serialize};
use sim::{ContactBy, Episode, Outcome};

use crate::run::{date, machine, version};

/// Plans against the expert's on one episode that was kept out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    /// The episode.
    pub name: String,
    /// Mean loss.
    pub loss: f64,
    /// Mean Hausdorff distance over solved samples, m.
    pub hausdorff_m: f64,
}

/// One drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driven {
    /// Its seed.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Who moved into whom.
    pub contact_by: Option<ContactBy>,
    /// Share of the time within 0.5 m of people; none where nobody walked.
    pub near_share: Option<f64>,
    /// Smallest distance to people, m; none where nobody walked.
    pub gap_m_min: Option<f64>,
    /// Time of the drive, s.
    pub time_s: f64,
}

/// What became of a network, or of who drives without one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Name of the arm or of the driver.
    pub name: String,
    /// Seed of weights and batches.
    pub seed: u64,
    /// When, by which version, on what machine.
    pub made: String,
    /// Steps of the optimiser.
    pub steps: u64,
    /// Samples trained on.
    pub samples: usize,
    /// By episode; empty for who learns nothing.
    pub tested: Vec<Tested>,
    /// By seed.
    pub driven: Vec<Driven>,
}

/// When, by which version, on what machine this runs.
pub fn made() -> String {
    format!("{}, {}, {}", date(), version(), machine())
}

impl From<&Episode> for Driven {
    fn from(episode: &Episode) -> Self {
        let nearness = episode.metrics.nearness;
        Self {
            seed: episode.seed,
            outcome: episode.outcome,
            contact_by: episode.contact_by,
            near_share: nearness.map(|nearness| nearness.near_share),
            gap_m_min: nearness.map(|nearness| nearness.gap_m_min),
            time_s: episode.metrics.time_s,
        }
    }
}
