//! Specification of a training run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use controller::performer::{PerformerConfig, Weights, WeightsError};
use training::TrainingSettings;

use super::{Ground, RunDirectory};
use crate::config::Config;

/// Domains, data and seeds of a training run.
pub struct Order {
    /// The first domain of the learner's drives. Its settings are those of the training.
    pub first: Ground,
    /// The other domains, used in turn.
    pub others: Vec<Ground>,
    /// Output directory.
    pub directory: RunDirectory,
    /// Demonstrations.
    pub files: Vec<PathBuf>,
    /// Total size of their files, bytes.
    pub bytes: u64,
    /// Initial weights and their file name; random weights if absent.
    pub start: Option<(Weights, String)>,
    /// Seed of weights and samples.
    pub seed: u64,
    /// Seed of the learner's first drive.
    pub drive_seed: u64,
    /// Threads for reading and driving.
    pub jobs: usize,
}

impl Order {
    /// Settings of the training.
    pub fn training(&self) -> &TrainingSettings {
        &self.config().training
    }

    /// All settings of the first domain.
    pub fn config(&self) -> &Config {
        &self.first.config
    }

    /// All domains.
    pub fn grounds(&self) -> impl Iterator<Item = &Ground> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The domain of a drive of the learner; drives take the domains in turn.
    pub fn ground_of_drive(&self, drive: u64) -> (usize, &Ground) {
        let number = (drive % (1 + self.others.len() as u64)) as usize;
        let ground = number
            .checked_sub(1)
            .and_then(|other| self.others.get(other));
        (number, ground.unwrap_or(&self.first))
    }

    /// The initial weights.
    pub fn weights(&self, config: &PerformerConfig) -> Result<Weights, WeightsError> {
        match &self.start {
            Some((weights, _)) => weights.with_head(config.head, self.seed).widened(config),
            None => Ok(Weights::random(config, self.seed)),
        }
    }

    /// Origins that a resumed run must share.
    pub fn origin(&self) -> BTreeMap<String, String> {
        let grounds: Vec<String> = self.grounds().map(Ground::name).collect();
        let files = format!("{} files of {} bytes", self.files.len(), self.bytes);
        let start = self.start.as_ref().map_or("random", |(_, name)| name);
        BTreeMap::from([
            ("grounds".to_owned(), grounds.join(", ")),
            ("demonstrations".to_owned(), files),
            ("start".to_owned(), start.to_owned()),
        ])
    }
}
