//! One process of a training run, step by step.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use controller::ControllerSettings;
use controller::performer::{Backend, Precision};
use sim::Outcome;
use training::{
    Checkpoint, Demonstration, Ranks, ReadSettings, Sample, Source, StepReport, Trainer,
    TrainingSettings, is_test_episode,
};

use super::ground::ground_of;
use super::{Card, Events, Ground, Metrics, Order, Row, RunError, read_demonstration};
use crate::evaluation::pool;
use crate::view::curves_png;
use runtime::driver::Driver;
use runtime::output::write_atomic;

/// Result of [`Session::advance`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// A step was done.
    Stepped,
    /// A round of drives was done.
    Drove,
    /// All steps are done.
    Done,
}

/// A run in progress.
pub struct Session {
    order: Order,
    trainer: Trainer,
    samples: [usize; 2],
    metrics: Metrics,
    events: Option<Events>,
    begun: Instant,
    last: Option<(Instant, StepReport)>,
    line: Option<String>,
    drive_success: Option<f64>,
}

impl Session {
    /// Reads all data of this process; with `resume` continues from the checkpoint, if there is
    /// one.
    pub fn begin(
        order: Order,
        resume: bool,
        ranks: &mut dyn Ranks,
        done: &mut dyn FnMut(),
    ) -> anyhow::Result<Self> {
        let settings = order.training();
        let performer = settings.performer()?;
        let start = order.weights(&performer)?;
        let controllers: Vec<ControllerSettings> = order
            .grounds()
            .map(|ground| ground.config.controller.clone())
            .collect();
        let mut trainer = Trainer::new(settings.clone(), &controllers, &start, order.seed, ranks)?;
        let checkpoint = if resume {
            order.directory.read_checkpoint()?
        } else {
            None
        };
        let mut metrics = Metrics::default();
        if let Some(checkpoint) = checkpoint {
            let parameters = performer.parameters();
            checkpoint.fits(settings, order.seed, &order.origin(), parameters)?;
            trainer.restore(checkpoint.state)?;
            metrics = order.directory.read_metrics(trainer.step_count())?;
        }
        let mut session = Self {
            trainer,
            samples: [0; 2],
            metrics,
            events: None,
            begun: Instant::now(),
            last: None,
            line: None,
            drive_success: None,
            order,
        };
        if ranks.rank() == 0 {
            session.order.directory.prepare()?;
            session.events = Some(Events::new(&session.order.directory.events()));
        }
        let files = session.order.files.clone();
        session.take_in(&files, Source::Expert, done)?;
        let rounds = session.trainer.rounds();
        for round in 0..rounds {
            let files = session.round_files(round);
            let counts = session.take_in(&files, Source::Learner, &mut || {})?;
            // the row of the next step contains the success rate of a round without a later step
            if round + 1 == rounds && session.step() == session.settings().round_at(round) {
                session.drive_success = Some(success_rate(counts, ranks));
            }
        }
        session.count_samples(ranks);
        if session.samples[0] == 0 {
            return Err(RunError::NoSample.into());
        }
        Ok(session)
    }

    /// Reads the files of the episodes of this process; counts drives that reached the goal, and
    /// all.
    fn take_in(
        &mut self,
        files: &[PathBuf],
        source: Source,
        done: &mut dyn FnMut(),
    ) -> anyhow::Result<[f64; 2]> {
        let settings = self.order.training();
        let mut mine = Vec::new();
        for path in files {
            let is_test =
                source == Source::Expert && is_test_episode(&stem(path), settings.test_share);
            match self.trainer.takes(is_test) {
                Some(place) => mine.push((path, is_test, place)),
                None => done(),
            }
        }
        let grounds: Vec<&Ground> = self.order.grounds().collect();
        let read = |(path, ..): &(&PathBuf, bool, usize)| -> anyhow::Result<(Vec<Sample>, bool)> {
            let demonstration = read_demonstration(path)?;
            let reached = demonstration.about.reached;
            let ground = ground_of(&grounds, &demonstration, path)?;
            let samples = grounds[ground].samples(&demonstration, ground)?;
            if samples.is_empty() {
                tracing::warn!(file = %path.display(), "no sample: no goal or scan, or advice of another horizon");
            }
            Ok((samples, reached))
        };
        let loaded = pool::map(&mine, self.order.jobs, read, |_| done())?;
        let mut counts = [0.0, loaded.len() as f64];
        for ((_, is_test, place), (samples, reached)) in mine.into_iter().zip(loaded) {
            counts[0] += f64::from(u8::from(reached));
            self.trainer.add(place, is_test, source, samples);
        }
        Ok(counts)
    }

    fn round_seeds(&self, round: u64) -> impl Iterator<Item = u64> {
        let episodes = self.order.training().aggregation.episodes;
        let first = self.order.drive_seed;
        (0..episodes).map(move |episode| first.wrapping_add(2 * (round * episodes + episode)))
    }

    fn round_files(&self, round: u64) -> Vec<PathBuf> {
        self.round_seeds(round)
            .map(|seed| self.order.directory.drive(round, seed))
            .collect()
    }

    /// Numbers of training and test samples over all processes.
    pub fn samples(&self) -> [usize; 2] {
        self.samples
    }

    fn count_samples(&mut self, ranks: &mut dyn Ranks) {
        let mut figures = self.trainer.samples().map(|count| count as f64);
        ranks.sum_figures(&mut figures);
        self.samples = figures.map(|figure| figure as usize);
    }

    /// Number of weights.
    pub fn parameters(&self) -> usize {
        self.trainer.parameters()
    }

    /// Completed steps.
    pub fn step(&self) -> u64 {
        self.trainer.step_count()
    }

    /// Planned steps.
    pub fn steps(&self) -> u64 {
        self.settings().steps
    }

    fn settings(&self) -> &TrainingSettings {
        self.order.training()
    }

    /// Does the next piece of work: a round of drives, or a step and its test.
    pub fn advance(&mut self, ranks: &mut dyn Ranks) -> anyhow::Result<Course> {
        if self.trainer.is_done() {
            return Ok(Course::Done);
        }
        if self.trainer.round_is_due() {
            self.drive_round(ranks)?;
            return Ok(Course::Drove);
        }
        let begun = self.begun;
        let clock = move || begun.elapsed();
        let report = self.trainer.step(ranks, &clock)?;
        let now = Instant::now();
        let batch = self.settings().batch as f64;
        let samples_per_s = self.last.as_ref().map_or(0.0, |(then, _)| {
            batch / now.duration_since(*then).as_secs_f64().max(1e-9)
        });
        let is_last = self.trainer.is_done();
        let test = (report.step.is_multiple_of(self.settings().test_every) || is_last)
            .then(|| self.trainer.test(ranks, &clock))
            .transpose()?;
        let row = Row::new(
            &report,
            test.as_ref(),
            samples_per_s,
            self.drive_success.take(),
        );
        if ranks.rank() == 0 {
            if let Some(events) = &mut self.events {
                events.add(&row);
            }
            if test.is_some() {
                let mut line = format!("step {}: loss {:.4}", row.step, row.loss);
                if let (Some(train), Some(test)) = (row.train_hausdorff_m, row.test_hausdorff_m) {
                    let _ = write!(
                        line,
                        ", plan to expert {train:.3} m train, {test:.3} m test, \
                         {} of {batch} unsolved, {} refused, {samples_per_s:.0} samples/s",
                        row.unsolved, row.refused
                    );
                }
                self.line = Some(line);
            }
        }
        self.metrics.rows.push(row);
        // the duration of a test is not part of the next step's
        self.last = Some((Instant::now(), report));
        Ok(Course::Stepped)
    }

    /// Text of the progress bar.
    pub fn message(&self) -> String {
        let rows = &self.metrics.rows;
        let Some(row) = rows.last() else {
            return String::new();
        };
        let latest = |value: fn(&Row) -> Option<f64>| rows.iter().rev().find_map(value);
        let metres = |value: Option<f64>| value.map_or("-".to_owned(), |m| format!("{m:.3}"));
        format!(
            "loss {:.4} · to expert {} / {} m · {:.0} samples/s · {} unsolved",
            row.loss,
            metres(latest(|row| row.train_hausdorff_m)),
            metres(latest(|row| row.test_hausdorff_m)),
            row.samples_per_s,
            row.unsolved
        )
    }

    /// A line to log since the last call.
    pub fn take_line(&mut self) -> Option<String> {
        self.line.take()
    }

    /// True in every process if any process stops.
    pub fn agree(&self, stop: bool, ranks: &mut dyn Ranks) -> bool {
        let mut votes = [f64::from(u8::from(stop))];
        ranks.sum_figures(&mut votes);
        votes[0] > 0.0
    }

    /// The learner drives a round; this process drives the episodes of its own shards.
    fn drive_round(&mut self, ranks: &mut dyn Ranks) -> anyhow::Result<()> {
        let round = self.trainer.rounds();
        let first = round * self.settings().aggregation.episodes;
        let driver = Driver::learned(self.trainer.weights()?, Backend::best()?);
        let mut mine = Vec::new();
        let seeds: Vec<u64> = self.round_seeds(round).collect();
        for (drive, seed) in (first..).zip(seeds) {
            if let Some(place) = self.trainer.takes(false) {
                mine.push((drive, seed, place));
            }
        }
        let (order, directory) = (&self.order, &self.order.directory);
        let drive = |&(drive, seed, _): &(u64, u64, usize)| -> anyhow::Result<(Vec<Sample>, bool)> {
            let (number, ground) = order.ground_of_drive(drive);
            let (demonstration, episode) = ground.roll_out(&driver, seed)?;
            let mut bytes = std::io::Cursor::new(Vec::new());
            demonstration.write(&mut bytes)?;
            let bytes = bytes.into_inner();
            write_atomic(&directory.drive(round, seed), &bytes)?;
            // samples are extracted from the written bytes, so that a resumed run has the same
            let read = Demonstration::read(&bytes, &ReadSettings::default())?;
            let samples = ground.samples(&read, number)?;
            Ok((samples, episode.outcome == Outcome::Reached))
        };
        let driven = pool::map(&mine, self.order.jobs, drive, |_| {})?;
        let mut counts = [0.0, driven.len() as f64];
        for ((.., place), (samples, reached)) in mine.into_iter().zip(driven) {
            counts[0] += f64::from(u8::from(reached));
            self.trainer.add(place, false, Source::Learner, samples);
        }
        let rate = success_rate(counts, ranks);
        self.count_samples(ranks);
        self.trainer.round_done();
        self.drive_success = Some(rate);
        self.last = None;
        if ranks.rank() == 0 {
            self.line = Some(format!(
                "round {}: the learner reached the goal in {:.0} % of {} drives",
                round + 1,
                100.0 * rate,
                self.settings().aggregation.episodes
            ));
        }
        Ok(())
    }

    /// Writes checkpoint and metrics in the first process.
    pub fn save(&mut self, ranks: &dyn Ranks) -> anyhow::Result<()> {
        if ranks.rank() != 0 {
            return Ok(());
        }
        let directory = &self.order.directory;
        // before the checkpoint: a kill between the two leaves additional rows, which are ignored,
        // and never too few
        write_atomic(&directory.metrics(), self.metrics.to_csv().as_bytes())?;
        directory.write_checkpoint(&Checkpoint {
            state: self.trainer.state(),
            settings: self.settings().clone(),
            seed: self.order.seed,
            origin: self.order.origin(),
        })?;
        if let Some(events) = &mut self.events {
            events.flush();
        }
        if self.metrics.rows.len() > 1 {
            let title = format!("{} · {} samples", self.settings().preset, self.samples[0]);
            write_atomic(
                &directory.curves(),
                &curves_png(&title, &self.metrics.rows)?,
            )?;
        }
        Ok(())
    }

    /// Writes the model in one process; returns its path.
    pub fn finish(&self, command: &str) -> anyhow::Result<PathBuf> {
        let path = self.order.directory.model();
        let card = Card::new(&self.order, &self.metrics, command);
        let card = serde_json::to_string(&card)?;
        let weights = self.trainer.weights()?;
        write_atomic(&path, &weights.to_safetensors(Precision::Bf16, &card))?;
        Ok(path)
    }
}

/// Share of drives that reached the goal, over all processes.
fn success_rate(mut counts: [f64; 2], ranks: &mut dyn Ranks) -> f64 {
    ranks.sum_figures(&mut counts);
    counts[0] / counts[1].max(1.0)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
