//! Networks of a comparison: trained, tested on episodes kept out, driven.

use std::path::Path;
use std::time::{Duration, Instant};

use controller::performer::{Backend, Kernel, Precision, ViewSettings, Weights};
use training::{
    Alone, Drawn, Network, Purpose, Sample, Sampler, Source, Trainer, Worker, is_test_episode,
};

use super::arm::{Arm, Question, thinned};
use super::trial::{Driven, Outcomes, Tested, made};
use crate::demonstration::drive_expert;
use crate::evaluation::{Trial, run_trials};
use crate::pool;
use crate::run::{Ground, read_demonstration};
use runtime::driver::Driver;
use runtime::output::write_atomic;

/// Seed of the first drive of a learner.
const DRIVE_SEED: u64 = 1_000_000;

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

/// What is asked, and where.
#[derive(Debug)]
pub struct Study {
    /// Which networks are compared.
    pub question: Question,
    /// Settings of all of them, and where learners drive while they learn.
    pub ground: Ground,
}

impl Study {
    /// What samples are cut for, and what the network of an arm sees of that. Refused where it sees
    /// another area, or that in other cells.
    pub fn views(&self, arm: &Arm) -> anyhow::Result<[ViewSettings; 2]> {
        let training = &self.ground.config.training;
        let cut = self.question.everything(training).performer()?.view;
        let seen = arm.training(training).performer()?.view;
        let area = |view: &ViewSettings| (view.cells, view.cell_m);
        anyhow::ensure!(
            area(&cut) == area(&seen),
            "{}: it sees {} cells of {} m, expected {} of {} m as preset {} does",
            arm.name,
            seen.cells,
            seen.cell_m,
            cut.cells,
            cut.cell_m,
            training.preset
        );
        Ok([cut, seen])
    }

    fn sampler(&self) -> anyhow::Result<Sampler> {
        let training = self.question.everything(&self.ground.config.training);
        let view = training.performer()?.view;
        let period_s = training.sample_period_s;
        Ok(Sampler::new(
            &self.ground.config.controller,
            &view,
            period_s,
        )?)
    }

    /// Cuts every drive for a network that sees everything.
    pub fn read(
        &self,
        files: &[std::path::PathBuf],
        jobs: usize,
        done: impl FnMut(&Material),
    ) -> anyhow::Result<Vec<Material>> {
        let read = |path: &std::path::PathBuf| -> anyhow::Result<Material> {
            let demonstration = read_demonstration(path)?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Ok(Material {
                is_test: is_test_episode(&name, self.ground.config.training.test_share),
                name: name.into_owned(),
                samples: self.sampler()?.cut(&demonstration),
            })
        };
        pool::map(files, jobs, read, done)
    }

    /// Trains one network and writes its weights to `model`.
    pub fn learn(
        &self,
        arm: &Arm,
        seed: u64,
        material: &[Material],
        model: &Path,
    ) -> anyhow::Result<(Weights, Outcomes)> {
        let settings = arm.training(&self.ground.config.training);
        let [from, to] = self.views(arm)?;
        let start = Weights::random(&settings.performer()?, seed);
        let controllers = std::slice::from_ref(&self.ground.config.controller);
        let mut trainer = Trainer::new(settings.clone(), controllers, &start, seed, &Alone)?;
        for episode in material.iter().filter(|episode| !episode.is_test) {
            if let Some(place) = trainer.takes(false) {
                let samples = thinned(&episode.samples, &from, &to);
                trainer.add(place, false, Source::Expert, samples);
            }
        }
        let begun = Instant::now();
        while !trainer.is_done() {
            if trainer.round_is_due() {
                for samples in self.round(trainer.rounds(), &trainer.weights()?)? {
                    if let Some(place) = trainer.takes(false) {
                        let samples = thinned(&samples, &from, &to);
                        trainer.add(place, false, Source::Learner, samples);
                    }
                }
                trainer.round_done();
            }
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
        let [samples, _] = trainer.samples();
        let weights = trainer.weights()?;
        write_atomic(model, &weights.to_safetensors(Precision::F32, "{}"))?;
        let network = Network::new(&weights);
        let mut worker = Worker::new(controllers, &settings, weights.config().clone())?;
        let mut tested = Vec::new();
        for episode in material.iter().filter(|episode| episode.is_test) {
            let thinned = thinned(&episode.samples, &from, &to);
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

    /// Samples of a round of the learner's drives, with the expert's advice, by drive.
    fn round(&self, round: u64, weights: &Weights) -> anyhow::Result<Vec<Vec<Sample>>> {
        let driver = Driver::performer(weights.clone(), Backend::best()?);
        let episodes = self.ground.config.training.aggregation.episodes;
        (round * episodes..(round + 1) * episodes)
            .map(|drive| {
                let seed = DRIVE_SEED + 2 * drive;
                let (demonstration, _) = self.ground.roll_out(&driver, seed)?;
                Ok(self.sampler()?.cut(&demonstration))
            })
            .collect()
    }

    /// Drives the trials by a network, or by regular MPC without one.
    pub fn drive(&self, weights: Option<Weights>, trials: &[Trial]) -> anyhow::Result<Vec<Driven>> {
        let driver = match weights {
            // single precision: what is compared is what was learned
            Some(weights) => Driver::performer(weights, Backend::of(Kernel::Reference)?),
            None => Driver::Regular,
        };
        let episodes = run_trials(&self.ground.config, &driver, trials, 1, |_| {})?;
        Ok(episodes.iter().map(Driven::from).collect())
    }

    /// The expert drives the trials.
    pub fn drive_expert(&self, trials: &[Trial]) -> anyhow::Result<Vec<Driven>> {
        let mut config = self.ground.config.clone();
        config.controller.planning.enabled = false;
        let drive = |trial| anyhow::Ok(Driven::from(&drive_expert(&config, trial)?.0));
        trials.iter().map(drive).collect()
    }
}
