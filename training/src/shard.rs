//! A part of the data with its own stream of samples.
//!
//! Episodes are dealt to shards in turn. What a shard draws at a step depends on the seed, the shard,
//! the step and the samples it holds, on nothing that came before: a run that was interrupted goes on
//! as if it had not been.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::dataset::Sample;

/// One sample of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Drawn<'a> {
    /// What was seen and what the expert would do.
    pub sample: &'a Sample,
    /// True to turn left and right about.
    pub mirrored: bool,
}

/// Samples of a shard's episodes.
#[derive(Debug, Default)]
pub struct Shard {
    /// From demonstrations.
    demonstrated: Vec<Sample>,
    /// From the learner's own drives.
    aggregated: Vec<Sample>,
}

/// Where samples come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The expert drove.
    Expert,
    /// The learner drove.
    Learner,
}

impl Shard {
    /// Adds an episode's samples.
    pub fn extend(&mut self, source: Source, samples: impl IntoIterator<Item = Sample>) {
        match source {
            Source::Expert => self.demonstrated.extend(samples),
            Source::Learner => self.aggregated.extend(samples),
        }
    }

    /// Samples at hand.
    pub fn len(&self) -> usize {
        self.demonstrated.len() + self.aggregated.len()
    }

    /// True without samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `count` samples of a step; `aggregated` is the share of those that the rounds have added.
    pub fn draw(
        &self,
        key: StreamKey,
        count: usize,
        aggregated: f64,
        mirror: bool,
    ) -> Vec<Drawn<'_>> {
        let mut rng = key.rng();
        (0..count)
            .filter_map(|_| {
                let learner = rng.random::<f64>() < aggregated;
                let place = rng.random::<f64>();
                let mirrored = rng.random::<bool>() && mirror;
                let (wanted, other) = if learner {
                    (&self.aggregated, &self.demonstrated)
                } else {
                    (&self.demonstrated, &self.aggregated)
                };
                let from = if wanted.is_empty() { other } else { wanted };
                let index = (place * from.len() as f64) as usize;
                from.get(index).map(|sample| Drawn { sample, mirrored })
            })
            .collect()
    }

    /// Up to `count` demonstrated samples, evenly spread.
    pub fn spread(&self, count: usize) -> impl Iterator<Item = Drawn<'_>> {
        let len = self.demonstrated.len();
        let count = count.min(len);
        (0..count).map(move |index| Drawn {
            sample: &self.demonstrated[index * len / count],
            mirrored: false,
        })
    }
}

/// What a draw depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamKey {
    /// The run's seed.
    pub seed: u64,
    /// The shard's number among all.
    pub shard: usize,
    /// The optimiser step.
    pub step: u64,
}

impl StreamKey {
    fn rng(self) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        // a stream of its own for every shard and step
        rng.set_stream(((self.shard as u64) << 40) | self.step);
        rng
    }
}
