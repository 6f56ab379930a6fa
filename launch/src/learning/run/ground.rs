//! Where a run's learner drives, and by which robot.

use std::path::Path;

use sim::{Episode, Scenario};
use training::{Demonstration, Sample, Sampler, roll_out};

use super::RunError;
use crate::config::Config;
use runtime::driver::Driver;

/// A scenario and the robot in it, with all settings of both.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Robot, controller and training.
    pub config: Config,
    /// What situations are drawn from.
    pub scenario: Scenario,
}

impl Ground {
    /// What tells it from others.
    pub fn name(&self) -> String {
        format!("{} by {}", self.scenario.name(), self.config.robot.name)
    }

    /// A learner drives the situation of a seed on it, and the expert says what it would do.
    pub fn roll_out(
        &self,
        learner: &Driver,
        seed: u64,
    ) -> anyhow::Result<(Demonstration, Episode)> {
        let config = &self.config;
        Ok(roll_out(
            &self.scenario.situation(seed)?,
            &config.robot,
            &config.drive,
            &config.controller,
            learner.policy(&config.controller)?,
            seed,
            config.training.sample_period_s,
        )?)
    }

    /// Cuts a drive on it, ground number `number` of the run, into samples.
    pub fn samples(
        &self,
        demonstration: &Demonstration,
        number: usize,
    ) -> anyhow::Result<Vec<Sample>> {
        let training = &self.config.training;
        let mut sampler = Sampler::new(
            &self.config.controller,
            &training.performer()?.view,
            training.sample_period_s,
        )?;
        let mut samples = sampler.cut(demonstration);
        for sample in &mut samples {
            sample.ground = number;
        }
        Ok(samples)
    }
}

/// The number of the ground that a demonstration was driven on. A recording that does not tell is
/// taken for one of the first.
pub(super) fn ground_of(
    grounds: &[&Ground],
    demonstration: &Demonstration,
    path: &Path,
) -> Result<usize, RunError> {
    let about = &demonstration.about;
    if about.scenario.is_empty() {
        return Ok(0);
    }
    let is_it = |ground: &&Ground| {
        ground.scenario.name() == about.scenario && ground.config.robot.name == about.robot
    };
    grounds.iter().position(is_it).ok_or_else(|| {
        let names: Vec<String> = grounds.iter().map(|ground| ground.name()).collect();
        RunError::Ground {
            path: path.to_owned(),
            found: format!("{} by {}", about.scenario, about.robot),
            expected: names.join(", "),
        }
    })
}
