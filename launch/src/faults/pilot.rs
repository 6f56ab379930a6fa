//! Policies that drive under faults.

use clap::ValueEnum;
use controller::Agent;
use controller::performer::{Backend, Weights, WeightsError};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sim::{Charging, Wild};

use runtime::ConfigError;

use crate::config::Config;
use runtime::driver::Driver;

/// A policy under faults.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Pilot {
    /// MPC with the hand-engineered cost only.
    Regular,
    /// MPC with the additional cost of a Vision Performer.
    Performer,
    /// Random commands within and beyond the limits.
    Wild,
    /// Full speed toward the goal without obstacle avoidance.
    Charging,
}

/// Corruption of the Performer's weights, to test the planner and the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum WildWeights {
    /// Random weights of the same shape, the last layer at full scale.
    Random,
    /// The last layer scaled by a thousand.
    Scaled,
    /// The last layer with the opposite sign.
    Flipped,
    /// The maximum learned cost in random directions for any input.
    Saturated,
}

impl Pilot {
    /// Name in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Performer => "performer",
            Self::Wild => "wild",
            Self::Charging => "charging",
        }
    }
}

impl WildWeights {
    /// The corrupted weights; deterministic in the seed.
    pub fn of(self, weights: &Weights, seed: u64) -> Result<Weights, WeightsError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let config = weights.config().clone();
        let mut tensors = match self {
            Self::Random => Weights::random(&config, seed).into_tensors(),
            Self::Scaled | Self::Flipped | Self::Saturated => weights.clone().into_tensors(),
        };
        for ((name, _), values) in config.tensors().iter().zip(&mut tensors) {
            let is_bias = match name.as_str() {
                "head.1.weight" => false,
                "head.1.bias" => true,
                _ => continue,
            };
            for value in values {
                *value = match self {
                    // random weights start with a last layer at a fiftieth of the scale
                    Self::Random => *value * if is_bias { 1.0 } else { 50.0 },
                    Self::Scaled => *value * 1e3,
                    Self::Flipped => -*value,
                    Self::Saturated if !is_bias => 0.0,
                    Self::Saturated if rng.random::<bool>() => 1e3,
                    Self::Saturated => -1e3,
                };
            }
        }
        Weights::new(config, tensors)
    }
}

/// Weights and backend of all policies.
#[derive(Debug, Clone, Default)]
pub struct Pilots {
    performer: Option<Driver>,
}

impl Pilots {
    /// Policies with these weights of the Performer; without weights the Performer is not
    /// available.
    pub fn new(weights: Option<Weights>, backend: Backend) -> Self {
        Self {
            performer: weights.map(|weights| Driver::performer(weights, backend)),
        }
    }

    /// A new agent; `seed` is that of random commands.
    pub fn agent(&self, pilot: Pilot, config: &Config, seed: u64) -> Result<Agent, ConfigError> {
        let limits = config.controller.limits;
        // adversarial policies act at every tick, also at the goal and when stuck
        let mut settings = config.controller.clone();
        settings.navigation.enabled = false;
        match (pilot, &self.performer) {
            (Pilot::Performer, Some(performer)) => performer.agent(&config.controller),
            (Pilot::Regular | Pilot::Performer, _) => Driver::Regular.agent(&config.controller),
            (Pilot::Wild, _) => Ok(Agent::new(&settings, Box::new(Wild::new(limits, seed)))?),
            (Pilot::Charging, _) => Ok(Agent::new(&settings, Box::new(Charging::new(limits)))?),
        }
    }
}
