//! A shard of the data with its own stream of samples.
//!
//! Episodes are distributed to shards in turn. The samples of a step depend only on the seed, the
//! shard, the step and the shard's data: a resumed run gives the same result as an uninterrupted
//! one.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::dataset::Sample;

/// One item of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Drawn<'a> {
    /// Observation and label.
    pub sample: &'a Sample,
    /// True to exchange left and right.
    pub mirrored: bool,
}

/// Samples of a shard's episodes by domain.
#[derive(Debug, Default)]
pub struct Shard {
    /// From demonstrations.
    demonstrated: Vec<Vec<Sample>>,
    /// From the learner's own drives.
    aggregated: Vec<Vec<Sample>>,
}

/// Origin of samples.
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
        let grounds = match source {
            Source::Expert => &mut self.demonstrated,
            Source::Learner => &mut self.aggregated,
        };
        for sample in samples {
            if grounds.len() <= sample.ground {
                grounds.resize_with(sample.ground + 1, Vec::new);
            }
            grounds[sample.ground].push(sample);
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        let all = self.demonstrated.iter().chain(&self.aggregated);
        all.map(Vec::len).sum()
    }

    /// True without samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Draws `count` samples of a step, equally many from every domain; `aggregated` is the share
    /// from the `DAgger` rounds.
    pub fn draw(
        &self,
        key: StreamKey,
        count: usize,
        aggregated: f64,
        mirror: bool,
    ) -> Vec<Drawn<'_>> {
        let filled = |grounds: &'_ [Vec<Sample>]| -> Vec<usize> {
            let filled = grounds.iter().enumerate();
            let filled = filled.filter(|(_, samples)| !samples.is_empty());
            filled.map(|(ground, _)| ground).collect()
        };
        let sources = [&self.demonstrated, &self.aggregated].map(|of| (of, filled(of)));
        let mut rng = key.rng();
        (0..count)
            .filter_map(|_| {
                let learner = rng.random::<f64>() < aggregated;
                let place = rng.random::<f64>();
                let mirrored = rng.random::<bool>() && mirror;
                let ground = rng.random::<f64>();
                let wanted = usize::from(learner);
                let from = if sources[wanted].1.is_empty() {
                    1 - wanted
                } else {
                    wanted
                };
                let (grounds, filled) = &sources[from];
                let samples = &grounds[*filled.get((ground * filled.len() as f64) as usize)?];
                let index = (place * samples.len() as f64) as usize;
                samples.get(index).map(|sample| Drawn { sample, mirrored })
            })
            .collect()
    }

    /// Up to `count` demonstrated samples, equally spaced.
    pub fn spread(&self, count: usize) -> impl Iterator<Item = Drawn<'_>> {
        let all: Vec<&Sample> = self.demonstrated.iter().flatten().collect();
        let count = count.min(all.len());
        (0..count).map(move |index| Drawn {
            sample: all[index * all.len() / count],
            mirrored: false,
        })
    }
}

/// Key of the random stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamKey {
    /// Seed of the run.
    pub seed: u64,
    /// Index of the shard.
    pub shard: usize,
    /// The optimiser step.
    pub step: u64,
}

impl StreamKey {
    fn rng(self) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        // an independent stream for every shard and step
        rng.set_stream(((self.shard as u64) << 40) | self.step);
        rng
    }
}
