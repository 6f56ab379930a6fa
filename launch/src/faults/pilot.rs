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

/// Who drives.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Pilot {
    /// MPC with the hand-engineered cost alone.
    Regular,
    /// The same with the cost of a Vision Performer on top.
    Performer,
    /// Random commands within and beyond the limits.
    Wild,
    /// Full speed at the goal, blind to obstacles.
    Charging,
}

/// What the weights of the Performer are replaced by, to test the planner and the guard behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum WildWeights {
    /// Random ones of the same shape, the last layer at full scale.
    Random,
    /// The last layer a thousand times as large.
    Scaled,
    /// The last layer with the opposite sign.
    Flipped,
    /// A pull at its limits in random directions, whatever is seen.
    Saturated,
}

impl Pilot {
    /// As JSON and the command line have it.
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
    /// The weights made wild; the same seed gives the same.
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
                    // random weights begin with a last layer of a fiftieth of the scale
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

/// What all pilots are made from.
#[derive(Debug, Clone, Default)]
pub struct Pilots {
    performer: Option<Driver>,
}

impl Pilots {
    /// Pilots of which the Performer has these weights; without weights there is no Performer.
    pub fn new(weights: Option<Weights>, backend: Backend) -> Self {
        Self {
            performer: weights.map(|weights| Driver::performer(weights, backend)),
        }
    }

    /// An agent without a past; `seed` is that of random commands.
    pub fn agent(&self, pilot: Pilot, config: &Config, seed: u64) -> Result<Agent, ConfigError> {
        let limits = config.controller.limits;
        // what tests the guard is asked at every tick, also at the goal and where it is stuck
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
