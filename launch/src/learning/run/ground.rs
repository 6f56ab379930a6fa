//! Domains of a training run: scenario and robot of the learner's drives.

use std::path::Path;

use sim::{Episode, Scenario};
use training::{Demonstration, Sample, Sampler, roll_out};

use super::RunError;
use crate::config::Config;
use runtime::driver::Driver;

/// A scenario and a robot with all settings.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Robot, controller and training.
    pub config: Config,
    /// Distribution of the situations.
    pub scenario: Scenario,
}

impl Ground {
    /// Name that identifies the domain.
    pub fn name(&self) -> String {
        format!("{} by {}", self.scenario.name(), self.config.robot.name)
    }

    /// The learner drives the situation of a seed, and the expert labels it with its plans.
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

    /// Extracts samples from a drive in domain `number` of the run.
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

/// The index of the domain of a demonstration. A recording without this information belongs to the
/// first domain.
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
