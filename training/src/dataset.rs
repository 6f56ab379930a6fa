//! Samples by the thousand: grouped by episode, split, and dealt out in a shuffled order.

use std::borrow::Cow;

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::demonstration::About;
use crate::sample::Sample;

/// Samples of one demonstration.
#[derive(Debug, Clone)]
pub struct Episode {
    /// Where they come from.
    pub about: About,
    /// In order.
    pub samples: Vec<Sample>,
}

/// A side of the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// To learn from.
    Train,
    /// To judge by.
    Test,
}

/// A sample of a dataset, as it is or in the mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pick {
    /// Which episode.
    pub episode: u32,
    /// Which of its samples.
    pub sample: u32,
    /// Left and right change places.
    pub mirrored: bool,
}

/// All samples.
#[derive(Debug, Clone)]
pub struct Dataset {
    episodes: Vec<Episode>,
    test_share: f64,
}

impl Dataset {
    /// An empty dataset of which about this share of the episodes, 0 to 1, is kept for judging.
    pub fn new(test_share: f64) -> Self {
        Self {
            episodes: Vec::new(),
            test_share,
        }
    }

    /// Adds the samples of one demonstration. Demonstrations in the same situation, whoever drove,
    /// fall on the same side of the split: those of real robots need a `scenario` of their own.
    pub fn push(&mut self, about: About, samples: Vec<Sample>) {
        self.episodes.push(Episode { about, samples });
    }

    /// All episodes.
    pub fn episodes(&self) -> &[Episode] {
        &self.episodes
    }

    /// The side that an episode falls on: the same in every run.
    pub fn part(&self, about: &About) -> Part {
        let hash = hash_of(about);
        // the upper 53 bits as a number from 0 to 1
        if (hash >> 11) as f64 / (1_u64 << 53) as f64 <= self.test_share && self.test_share > 0.0 {
            Part::Test
        } else {
            Part::Train
        }
    }

    /// Samples on a side.
    pub fn len(&self, part: Part) -> usize {
        self.on(part)
            .map(|(_, episode)| episode.samples.len())
            .sum()
    }

    /// True without a sample on either side.
    pub fn is_empty(&self) -> bool {
        self.episodes
            .iter()
            .all(|episode| episode.samples.is_empty())
    }

    fn on(&self, part: Part) -> impl Iterator<Item = (u32, &Episode)> {
        (0..)
            .zip(&self.episodes)
            .filter(move |(_, episode)| self.part(&episode.about) == part)
    }

    /// All samples of a side in order, none mirrored.
    pub fn in_order(&self, part: Part) -> Vec<Pick> {
        self.on(part)
            .flat_map(|(index, episode)| {
                (0..episode.samples.len() as u32).map(move |sample| Pick {
                    episode: index,
                    sample,
                    mirrored: false,
                })
            })
            .collect()
    }

    /// Every sample of a side once, shuffled, each in the mirror by the toss of a coin when
    /// `mirror` is set. The same seed and epoch give the same order.
    pub fn shuffled(&self, part: Part, seed: u64, epoch: u64, mirror: bool) -> Vec<Pick> {
        let mut picks = self.in_order(part);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(epoch);
        picks.shuffle(&mut rng);
        for pick in &mut picks {
            pick.mirrored = mirror && rng.random::<bool>();
        }
        picks
    }

    /// The sample that was picked; none when it is not of this dataset.
    pub fn get(&self, pick: Pick) -> Option<Cow<'_, Sample>> {
        let episode = self.episodes.get(pick.episode as usize)?;
        let sample = episode.samples.get(pick.sample as usize)?;
        Some(if pick.mirrored {
            Cow::Owned(sample.mirrored())
        } else {
            Cow::Borrowed(sample)
        })
    }

    /// Memory that all samples take, bytes.
    pub fn bytes(&self) -> usize {
        self.episodes
            .iter()
            .flat_map(|episode| &episode.samples)
            .map(Sample::bytes)
            .sum()
    }
}

/// FNV-1a of the situation (Fowler, Noll, Vo 1991), its bits then mixed once more: seeds that
/// differ in the last digit alone must not fall on the same side.
fn hash_of(about: &About) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in about
        .scenario
        .bytes()
        .chain([0])
        .chain(about.seed.to_le_bytes())
    {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
