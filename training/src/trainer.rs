//! The training run: steps, tests and the state of a checkpoint.

use std::time::Duration;

use controller::ControllerSettings;
use controller::performer::{Weights, WeightsError};
use perception::SettingsError;
use rayon::prelude::*;

use crate::backprop::{Purpose, Tally, Worker};
use crate::dataset::Sample;
use crate::network::{Network, NetworkError};
use crate::optimiser::{AdamW, AdamWSettings, clip_norm};
use crate::ranks::Ranks;
use crate::schedule::Schedule;
use crate::settings::TrainingSettings;
use crate::shard::{Drawn, Shard, Source, StreamKey};

/// Errors that end a run.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// Invalid settings.
    #[error("settings: {0}")]
    Settings(#[from] SettingsError),
    /// Sizes that do not match the network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A gradient that is not finite; the weights are unchanged.
    #[error("the run diverged: the gradient of step {step} is not finite")]
    Gradient {
        /// The step, from 1.
        step: u64,
    },
    /// Weights that are not finite.
    #[error("the run diverged: {0}")]
    Weights(#[from] WeightsError),
}

/// Result of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// The step, from 1.
    pub step: u64,
    /// Tally of the batch.
    pub tally: Tally,
    /// Norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// Learning rate.
    pub learning_rate: f64,
}

/// Result of a test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TestReport {
    /// On training episodes.
    pub train: Tally,
    /// On test episodes.
    pub test: Tally,
}

/// A shard of this process.
struct Owned {
    number: usize,
    train: Shard,
    test: Shard,
    worker: Worker,
    gradient: Vec<f32>,
}

/// State for resuming a run, without its data.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerState {
    /// Completed steps.
    pub step: u64,
    /// Completed `DAgger` rounds.
    pub rounds: u64,
    /// All weights, flat.
    pub weights: Vec<f32>,
    /// The optimiser's average gradient.
    pub first: Vec<f32>,
    /// The optimiser's average squared gradient.
    pub second: Vec<f32>,
}

/// A training run.
pub struct Trainer {
    settings: TrainingSettings,
    seed: u64,
    network: Network,
    optimiser: AdamW,
    schedule: Schedule,
    owned: Vec<Owned>,
    episodes: [usize; 2],
    step: u64,
    rounds: u64,
}

impl Trainer {
    /// A run from initial weights on domains with these controllers. This process owns every
    /// `ranks.size()`th shard from its rank on.
    pub fn new(
        settings: TrainingSettings,
        controllers: &[ControllerSettings],
        start: &Weights,
        seed: u64,
        ranks: &dyn Ranks,
    ) -> Result<Self, TrainingError> {
        settings.validate()?;
        SettingsError::ensure(
            settings.shards.is_multiple_of(ranks.size()),
            "training",
            "shards",
            &settings.shards,
            "a multiple of the number of processes",
        )?;
        let config = start.config();
        let parameters = config.parameters();
        let owned = (ranks.rank()..settings.shards)
            .step_by(ranks.size())
            .map(|number| {
                Ok(Owned {
                    number,
                    train: Shard::default(),
                    test: Shard::default(),
                    worker: Worker::new(controllers, &settings, config.clone())?,
                    gradient: vec![0.0; parameters],
                })
            })
            .collect::<Result<_, SettingsError>>()?;
        let schedule = settings.schedule();
        schedule.validate()?;
        let adam = AdamWSettings {
            beta1: settings.optimiser.betas[0],
            beta2: settings.optimiser.betas[1],
            weight_decay: settings.optimiser.weight_decay,
            ..AdamWSettings::default()
        };
        Ok(Self {
            network: Network::new(start),
            optimiser: AdamW::new(adam, config),
            schedule,
            settings,
            seed,
            owned,
            episodes: [0; 2],
            step: 0,
            rounds: 0,
        })
    }

    /// The shard of the next episode of a set, if this process owns it. Every process must call
    /// this for every episode in the same order.
    pub fn takes(&mut self, is_test: bool) -> Option<usize> {
        let count = &mut self.episodes[usize::from(is_test)];
        let shard = *count % self.settings.shards;
        *count += 1;
        self.owned.iter().position(|owned| owned.number == shard)
    }

    /// Adds an episode's samples to the shard from [`Self::takes`].
    pub fn add(&mut self, place: usize, is_test: bool, source: Source, samples: Vec<Sample>) {
        let owned = &mut self.owned[place];
        let shard = if is_test {
            &mut owned.test
        } else {
            &mut owned.train
        };
        shard.extend(source, samples);
    }

    /// Numbers of training and test samples of this process.
    pub fn samples(&self) -> [usize; 2] {
        let sum = |of: fn(&Owned) -> usize| self.owned.iter().map(of).sum();
        [
            sum(|owned| owned.train.len()),
            sum(|owned| owned.test.len()),
        ]
    }

    /// Number of weights.
    pub fn parameters(&self) -> usize {
        self.network.weights().len()
    }

    /// Completed steps.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// Completed `DAgger` rounds.
    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// True if a round is due before the next step.
    pub fn round_is_due(&self) -> bool {
        self.rounds < self.settings.aggregation.rounds
            && self.step >= self.settings.round_at(self.rounds)
    }

    /// Marks a round as complete.
    pub fn round_done(&mut self) {
        self.rounds += 1;
    }

    /// True after the last step.
    pub fn is_done(&self) -> bool {
        self.step >= self.settings.steps
    }

    /// Runs one optimiser step. `clock` measures its parts and has no other effect.
    pub fn step(
        &mut self,
        ranks: &mut dyn Ranks,
        clock: &(dyn Fn() -> Duration + Sync),
    ) -> Result<StepReport, TrainingError> {
        let (settings, network, seed, step) = (&self.settings, &self.network, self.seed, self.step);
        let tallies = self
            .owned
            .par_iter_mut()
            .map(|owned| {
                owned.gradient.fill(0.0);
                let key = StreamKey {
                    seed,
                    shard: owned.number,
                    step,
                };
                let drawn = owned.train.draw(
                    key,
                    settings.shard_len(),
                    settings.aggregation.share,
                    settings.mirror,
                );
                let purpose = Purpose::Learn {
                    batch: settings.batch,
                };
                owned
                    .worker
                    .run(network, &drawn, purpose, clock, &mut owned.gradient)
            })
            .collect::<Result<Vec<Tally>, _>>()?;
        let tally = total(ranks, &tallies);
        let (first, rest) = self.owned.split_at_mut(1);
        let gradient = &mut first[0].gradient;
        for other in rest {
            for (slot, value) in gradient.iter_mut().zip(&other.gradient) {
                *slot += value;
            }
        }
        ranks.sum(gradient);
        let gradient_norm = clip_norm(gradient, self.settings.optimiser.clip_norm);
        if !gradient_norm.is_finite() {
            return Err(TrainingError::Gradient {
                step: self.step + 1,
            });
        }
        let learning_rate = self.schedule.rate(self.step);
        self.optimiser
            .step(self.network.weights_mut(), gradient, learning_rate)?;
        self.step += 1;
        Ok(StepReport {
            step: self.step,
            tally,
            gradient_norm,
            learning_rate,
        })
    }

    /// Evaluates samples of both sets with the robot's planner, without training.
    pub fn test(
        &mut self,
        ranks: &mut dyn Ranks,
        clock: &(dyn Fn() -> Duration + Sync),
    ) -> Result<TestReport, TrainingError> {
        let count = self.settings.test_samples.div_ceil(self.settings.shards);
        let network = &self.network;
        let both = self
            .owned
            .par_iter_mut()
            .map(|owned| {
                let worker = &mut owned.worker;
                let mut on = |shard: &Shard| {
                    let drawn: Vec<Drawn<'_>> = shard.spread(count).collect();
                    worker.run(network, &drawn, Purpose::Test, clock, &mut Vec::new())
                };
                Ok((on(&owned.train)?, on(&owned.test)?))
            })
            .collect::<Result<Vec<(Tally, Tally)>, NetworkError>>()?;
        let (train, test): (Vec<Tally>, Vec<Tally>) = both.into_iter().unzip();
        Ok(TestReport {
            train: total(ranks, &train),
            test: total(ranks, &test),
        })
    }

    /// Current weights.
    pub fn weights(&self) -> Result<Weights, TrainingError> {
        Ok(self.network.to_weights()?)
    }

    /// State of a checkpoint.
    pub fn state(&self) -> TrainerState {
        let [first, second] = self.optimiser.moments().map(<[f32]>::to_vec);
        TrainerState {
            step: self.step,
            rounds: self.rounds,
            weights: self.network.weights().to_vec(),
            first,
            second,
        }
    }

    /// Restores the state of a checkpoint.
    pub fn restore(&mut self, state: TrainerState) -> Result<(), TrainingError> {
        let weights = self.network.weights_mut();
        NetworkError::ensure("weights", weights.len(), state.weights.len())?;
        weights.copy_from_slice(&state.weights);
        self.optimiser
            .restore([state.first, state.second], state.step)?;
        self.step = state.step;
        self.rounds = state.rounds;
        Ok(())
    }
}

fn total(ranks: &mut dyn Ranks, tallies: &[Tally]) -> Tally {
    let sum = tallies
        .iter()
        .fold(Tally::default(), |sum, &tally| sum + tally);
    let mut figures = sum.figures();
    ranks.sum_figures(&mut figures);
    Tally::from_figures(figures)
}
