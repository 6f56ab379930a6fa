//! One network of the comparison: trained, tested on episodes kept out, driven.

use std::path::Path;
use std::time::{Duration, Instant};

use controller::performer::{Kernel, Precision, Weights};
use serde::{Deserialize, Serialize};
use sim::{ContactBy, Episode, Outcome};
use training::{Alone, Drawn, Network, Purpose, Sample, Source, Trainer, Worker, is_test_episode};

use super::arm::Arm;
use crate::config::Config;
use crate::driver::Driver;
use crate::evaluation::{Trial, run_trials};
use crate::output::write_atomic;
use crate::pool;
use crate::run::{date, machine, read_demonstration, version};

/// Samples of an episode and whether it is kept out of training.
#[derive(Debug)]
pub struct Material {
    /// Name of its file.
    pub name: String,
    /// Kept out.
    pub is_test: bool,
    /// Cut for a network that sees everything.
    pub samples: Vec<Sample>,
}

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
    /// Share of the time within 0.5 m of people.
    pub near_share: f64,
    /// Smallest distance to people, m.
    pub gap_m_min: f64,
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

/// Cuts every drive for a network that sees everything.
pub fn read_material(
    config: &Config,
    files: &[std::path::PathBuf],
    jobs: usize,
    done: impl FnMut(&Material),
) -> anyhow::Result<Vec<Material>> {
    let training = Arm::everything(&config.training);
    let view = training.performer()?.view;
    let read = |path: &std::path::PathBuf| -> anyhow::Result<Material> {
        let demonstration = read_demonstration(path)?;
        let mut sampler =
            training::Sampler::new(&config.controller, &view, training.sample_period_s)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Material {
            is_test: is_test_episode(&name, training.test_share),
            name: name.into_owned(),
            samples: sampler.cut(&demonstration),
        })
    };
    pool::map(files, jobs, read, done)
}

/// Trains one network and writes its weights to `model`.
pub fn learn(
    config: &Config,
    arm: &Arm,
    seed: u64,
    material: &[Material],
    model: &Path,
) -> anyhow::Result<(Weights, Outcomes)> {
    let settings = arm.training(&config.training);
    let everything = Arm::everything(&config.training).performer()?.view;
    let start = Weights::random(&settings.performer()?, seed);
    let controllers = std::slice::from_ref(&config.controller);
    let mut trainer = Trainer::new(settings.clone(), controllers, &start, seed, &Alone)?;
    for episode in material.iter().filter(|episode| !episode.is_test) {
        if let Some(place) = trainer.takes(false) {
            let samples = arm.thinned(&episode.samples, &everything);
            trainer.add(place, false, Source::Expert, samples);
        }
    }
    let [samples, _] = trainer.samples();
    let begun = Instant::now();
    while !trainer.is_done() {
        let report = trainer.step(&mut Alone, &|| begun.elapsed())?;
        if report.step.is_multiple_of(settings.test_every) {
            tracing::info!(
                arm = arm.name,
                seed,
                step = report.step,
                loss = report.tally.loss_mean(),
                seconds = begun.elapsed().as_secs_f64(),
            );
        }
    }
    let weights = trainer.weights()?;
    write_atomic(model, &weights.to_safetensors(Precision::F32, "{}"))?;
    let network = Network::new(&weights);
    let mut worker = Worker::new(controllers, &settings, weights.config().clone())?;
    let mut tested = Vec::new();
    for episode in material.iter().filter(|episode| episode.is_test) {
        let thinned = arm.thinned(&episode.samples, &everything);
        let drawn: Vec<Drawn<'_>> = thinned
            .iter()
            .map(|sample| Drawn {
                sample,
                mirrored: false,
            })
            .collect();
        let clock = || Duration::ZERO;
        let tally = worker.run(&network, &drawn, Purpose::Test, &clock, &mut Vec::new())?;
        tested.push(Tested {
            name: episode.name.clone(),
            loss: tally.loss_mean(),
            hausdorff_m: tally.hausdorff_mean_m(),
        });
    }
    let outcomes = Outcomes {
        name: arm.name.to_owned(),
        seed,
        made: made(),
        steps: settings.steps,
        samples,
        tested,
        driven: Vec::new(),
    };
    Ok((weights, outcomes))
}

/// Drives the trials by a network, or by regular MPC without one.
pub fn drive(
    config: &Config,
    weights: Option<Weights>,
    trials: &[Trial],
) -> anyhow::Result<Vec<Driven>> {
    // single precision: what is compared is what was learned
    let driver = weights.map_or(Driver::Regular, |weights| {
        Driver::performer(weights, Kernel::Reference)
    });
    let episodes = run_trials(config, &driver, trials, 1, |_| {})?;
    Ok(episodes.iter().map(Driven::from).collect())
}

impl From<&Episode> for Driven {
    fn from(episode: &Episode) -> Self {
        let nearness = episode.metrics.nearness.unwrap_or_default();
        Self {
            seed: episode.seed,
            outcome: episode.outcome,
            contact_by: episode.contact_by,
            near_share: nearness.near_share,
            gap_m_min: nearness.gap_m_min,
            time_s: episode.metrics.time_s,
        }
    }
}
