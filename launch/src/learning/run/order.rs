//! What a training run is asked to do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use controller::performer::{PerformerConfig, Weights, WeightsError};
use training::TrainingSettings;

use super::{Ground, RunDirectory};
use crate::config::Config;

/// What to train, from what, where.
pub struct Order {
    /// Where the learner drives, in turn. The settings of the training are those of the first.
    pub first: Ground,
    /// The others.
    pub others: Vec<Ground>,
    /// Where everything is written.
    pub directory: RunDirectory,
    /// Demonstrations.
    pub files: Vec<PathBuf>,
    /// Size of all their files, bytes.
    pub bytes: u64,
    /// Weights to start from, and what file of weights they are; random ones without.
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

    /// All settings of the first ground.
    pub fn config(&self) -> &Config {
        &self.first.config
    }

    /// All grounds.
    pub fn grounds(&self) -> impl Iterator<Item = &Ground> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The ground of a drive of the learner, counted from the first: they take turns.
    pub fn ground_of_drive(&self, drive: u64) -> (usize, &Ground) {
        let number = (drive % (1 + self.others.len() as u64)) as usize;
        let ground = number
            .checked_sub(1)
            .and_then(|other| self.others.get(other));
        (number, ground.unwrap_or(&self.first))
    }

    /// The weights to begin with.
    pub fn weights(&self, config: &PerformerConfig) -> Result<Weights, WeightsError> {
        match &self.start {
            Some((weights, _)) => weights.with_head(config.head, self.seed).widened(config),
            None => Ok(Weights::random(config, self.seed)),
        }
    }

    /// What a run that goes on must have begun with as well.
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
