//! Settings of a training run.

use controller::CostHeadSettings;
use controller::performer::{AttentionKernel, Head, PerformerConfig};
use perception::SettingsError;
use serde::{Deserialize, Serialize};

use crate::loss::LossSettings;
use crate::schedule::Schedule;

/// Settings of the optimiser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimiserSettings {
    /// Maximum learning rate.
    pub learning_rate: f64,
    /// Final learning rate as a share of the maximum.
    pub floor: f64,
    /// Steps of the warm-up.
    pub warm_up: u64,
    /// Decay of the average gradient and of its square.
    pub betas: [f64; 2],
    /// Decoupled decay of matrices.
    pub weight_decay: f64,
    /// Maximum norm of the gradient; longer ones are scaled.
    pub clip_norm: f64,
}

impl Default for OptimiserSettings {
    fn default() -> Self {
        Self {
            learning_rate: 4e-4,
            floor: 0.02,
            warm_up: 100,
            betas: [0.9, 0.98],
            weight_decay: 0.02,
            clip_norm: 1.0,
        }
    }
}

/// `DAgger` rounds: the learner drives, the expert labels the states (Ross, Gordon and Bagnell 2011).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AggregationSettings {
    /// Number of rounds, equally spaced over the steps; 0 is behaviour cloning only.
    pub rounds: u64,
    /// Drives per round.
    pub episodes: u64,
    /// Share of every batch from the drives of the rounds.
    pub share: f64,
    /// Share of all steps before the first round.
    pub first: f64,
}

impl Default for AggregationSettings {
    fn default() -> Self {
        Self {
            rounds: 0,
            episodes: 60,
            share: 0.5,
            first: 0.4,
        }
    }
}

/// Settings of a training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSettings {
    /// Shape of the network: nano, mini, small or base.
    pub preset: String,
    /// Meaning of the network's output: `cost` for the MPC, or `path` for the explicit policy.
    pub head: Head,
    /// True if the network input includes recently appeared and vanished cells, in addition to the
    /// earlier grid; the mapper must be set to follow motion.
    pub see_motion: bool,
    /// True if the network input includes an earlier occupancy grid.
    pub see_past: bool,
    /// Number of knots of the learned cost along the horizon.
    pub knots: usize,
    /// Random features per head that approximate the softmax of attention (FAVOR+, Choromanski et
    /// al. 2021); 0 for the `ReLU` kernel.
    pub softmax_features: usize,
    /// Optimiser steps.
    pub steps: u64,
    /// Samples per step.
    pub batch: usize,
    /// Number of shards of the data and of every batch, each with its own stream of samples and its
    /// own thread. The weights depend on this number, not on the number of threads or ranks.
    pub shards: usize,
    /// Time between samples of a demonstration, s.
    pub sample_period_s: f64,
    /// Share of episodes in the test set.
    pub test_share: f64,
    /// True to mirror half of the samples.
    pub mirror: bool,
    /// Steps between tests.
    pub test_every: u64,
    /// Samples of each set that a test solves.
    pub test_samples: usize,
    /// Relative Newton decrement at which a solve counts as converged.
    pub solve_tolerance: f64,
    /// Maximum number of outer iterations of a solve.
    pub solve_iterations: u32,
    /// Weights of the loss.
    pub loss: LossSettings,
    /// Optimiser.
    pub optimiser: OptimiserSettings,
    /// `DAgger` rounds.
    pub aggregation: AggregationSettings,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        Self {
            preset: "base".to_owned(),
            head: Head::Cost,
            see_motion: false,
            see_past: true,
            knots: CostHeadSettings::default().knots,
            softmax_features: 0,
            steps: 3800,
            batch: 32,
            shards: 2,
            sample_period_s: 0.25,
            test_share: 0.1,
            mirror: true,
            test_every: 100,
            test_samples: 64,
            solve_tolerance: 1e-6,
            solve_iterations: 40,
            loss: LossSettings::default(),
            optimiser: OptimiserSettings::default(),
            aggregation: AggregationSettings::default(),
        }
    }
}

impl TrainingSettings {
    /// Configuration of the network.
    pub fn performer(&self) -> Result<PerformerConfig, SettingsError> {
        let mut config = PerformerConfig::preset(&self.preset).ok_or_else(|| SettingsError {
            section: "training",
            field: "preset",
            value: self.preset.clone(),
            expected: "nano, mini, small or base".into(),
        })?;
        config.head = self.head;
        config.view.motion = self.see_motion;
        config.cost.knots = self.knots;
        if self.softmax_features > 0 {
            config.attention = AttentionKernel::Favor {
                features: self.softmax_features,
                seed: 0,
            };
        }
        if !self.see_past {
            config.view.history_s.clear();
        }
        config.validate()?;
        Ok(config)
    }

    /// Learning rate schedule.
    pub fn schedule(&self) -> Schedule {
        let optimiser = &self.optimiser;
        Schedule {
            peak: optimiser.learning_rate,
            floor: optimiser.floor * optimiser.learning_rate,
            warmup_steps: optimiser.warm_up,
            steps: self.steps,
        }
    }

    /// Samples of a shard in a batch.
    pub fn shard_len(&self) -> usize {
        self.batch / self.shards.max(1)
    }

    /// The step after which round `round` (from 0) runs.
    pub fn round_at(&self, round: u64) -> u64 {
        let first = self.aggregation.first * self.steps as f64;
        let between = (self.steps as f64 - first) / self.aggregation.rounds.max(1) as f64;
        (first + between * round as f64).round() as u64
    }

    /// Rejects settings out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "training";
        self.performer()?;
        let whole = |allowed: bool, field, value: &dyn std::fmt::Display, expected| {
            SettingsError::ensure(allowed, section, field, value, expected)
        };
        SettingsError::ensure_within(
            section,
            &[
                ("steps", self.steps, 1..=100_000_000),
                ("test_every", self.test_every, 1..=100_000_000),
                ("aggregation.rounds", self.aggregation.rounds, 0..=10_000),
                (
                    "aggregation.episodes",
                    self.aggregation.episodes,
                    0..=1_000_000,
                ),
            ],
        )?;
        whole(
            self.optimiser.warm_up < self.steps,
            "optimiser.warm_up",
            &self.optimiser.warm_up,
            "fewer than steps",
        )?;
        whole(
            (1..=256).contains(&self.shards),
            "shards",
            &self.shards,
            "1 to 256",
        )?;
        whole(
            (1..=65_536).contains(&self.batch) && self.batch.is_multiple_of(self.shards),
            "batch",
            &self.batch,
            "a multiple of shards, 1 to 65536",
        )?;
        let tested = [("test_samples", self.test_samples, 0..=100_000)];
        SettingsError::ensure_within(section, &tested)?;
        whole(
            (0.0..=0.9).contains(&self.test_share),
            "test_share",
            &self.test_share,
            "0 to 0.9",
        )?;
        let iterations = [("solve_iterations", self.solve_iterations, 1..=500)];
        SettingsError::ensure_within(section, &iterations)?;
        let unit = |value: f64, field| whole((0.0..=1.0).contains(&value), field, &value, "0 to 1");
        unit(self.aggregation.share, "aggregation.share")?;
        unit(self.aggregation.first, "aggregation.first")?;
        unit(self.optimiser.floor, "optimiser.floor")?;
        for beta in self.optimiser.betas {
            whole(
                (0.0..1.0).contains(&beta),
                "optimiser.betas",
                &beta,
                "0 to below 1",
            )?;
        }
        SettingsError::ensure_within(
            section,
            &[
                ("sample_period_s", self.sample_period_s, 0.001..=100.0),
                ("solve_tolerance", self.solve_tolerance, 1e-15..=1.0),
                (
                    "optimiser.learning_rate",
                    self.optimiser.learning_rate,
                    1e-9..=10.0,
                ),
                ("optimiser.clip_norm", self.optimiser.clip_norm, 1e-9..=1e9),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[(
                "optimiser.weight_decay",
                self.optimiser.weight_decay,
                0.0..=100.0,
            )],
        )?;
        self.schedule().validate()?;
        self.loss.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_follows_the_settings() {
        let settings = TrainingSettings {
            preset: "mini".to_owned(),
            knots: 1,
            softmax_features: 32,
            see_past: false,
            ..TrainingSettings::default()
        };
        let config = settings.performer().unwrap();
        assert_eq!(config.cost.knots, 1);
        assert_eq!(config.features(), 32);
        assert!(config.view.history_s.is_empty());
        let none = TrainingSettings {
            knots: 0,
            ..TrainingSettings::default()
        };
        assert!(none.performer().unwrap_err().to_string().contains("knots"));
    }
}
