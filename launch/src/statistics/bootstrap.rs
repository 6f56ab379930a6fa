//! A mean and its interval: the middle 95 % of the means of resamples (the percentile bootstrap,
//! Efron, "Bootstrap methods: another look at the jackknife", 1979).

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Samples of the bootstrap.
const RESAMPLED: usize = 4000;

/// A mean and the interval that holds 95 % of its resamples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Over how many episodes.
    pub episodes: usize,
    /// The mean.
    pub mean: f64,
    /// Lower and upper end.
    pub interval: [f64; 2],
}

impl Estimate {
    /// Of values by episode, resampled from a seed; none of none. Of one value the interval has no
    /// width: nothing is known of how others would be.
    pub fn of(values: &[f64], seed: u64) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let count = values.len();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut means: Vec<f64> = (0..RESAMPLED)
            .map(|_| {
                let sum: f64 = (0..count).map(|_| values[rng.random_range(0..count)]).sum();
                sum / count as f64
            })
            .collect();
        means.sort_by(f64::total_cmp);
        let at = |share: f64| means[(share * (RESAMPLED - 1) as f64).round() as usize];
        Some(Self {
            episodes: count,
            mean: values.iter().sum::<f64>() / count as f64,
            interval: [at(0.025), at(0.975)],
        })
    }

    /// Of the differences of pairs, the first less the second, pair by pair.
    pub fn of_differences(pairs: &[[f64; 2]], seed: u64) -> Option<Self> {
        let apart: Vec<f64> = pairs.iter().map(|[a, b]| a - b).collect();
        Self::of(&apart, seed)
    }

    /// True when zero is outside of the interval.
    pub fn differs_from_zero(&self) -> bool {
        self.interval[0] > 0.0 || self.interval[1] < 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Rate;

    #[test]
    fn the_interval_is_about_two_standard_errors() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let values: Vec<f64> = (0..400).map(|_| rng.random::<f64>()).collect();
        let estimate = Estimate::of(&values, 1979).unwrap();
        let error = (1.0_f64 / 12.0 / 400.0).sqrt();
        let width = estimate.interval[1] - estimate.interval[0];
        assert!((width / (2.0 * 1.96 * error) - 1.0).abs() < 0.15, "{width}");
        assert!((estimate.mean - 0.5).abs() < 4.0 * error);
    }

    #[test]
    fn none_has_no_mean_and_one_no_width() {
        assert!(Estimate::of(&[], 2).is_none());
        assert_eq!(Estimate::of(&[2.5], 2).unwrap().interval, [2.5, 2.5]);
        assert_eq!(Estimate::of(&[2.0; 9], 2).unwrap().interval, [2.0, 2.0]);
    }

    #[test]
    fn negated_values_have_the_negated_interval() {
        let values: Vec<f64> = (0..30).map(|n| f64::from(n * n % 17)).collect();
        let negated: Vec<f64> = values.iter().map(|value| -value).collect();
        let (a, b) = (Estimate::of(&values, 6), Estimate::of(&negated, 6));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!((a.interval[0] + b.interval[1]).abs() < 1e-12);
        assert!((a.interval[1] + b.interval[0]).abs() < 1e-12);
    }

    #[test]
    fn pairs_that_differ_alike_differ_for_sure() {
        let pairs: Vec<[f64; 2]> = (0..9).map(|n| [f64::from(n) + 1.0, f64::from(n)]).collect();
        let apart = Estimate::of_differences(&pairs, 2).unwrap();
        assert_eq!((apart.mean, apart.interval), (1.0, [1.0, 1.0]));
        assert!(apart.differs_from_zero());
    }

    #[test]
    fn about_95_of_100_intervals_hold_the_truth() {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let held = Rate::of((0..300).map(|trial| {
            let values: Vec<f64> = (0..60).map(|_| rng.random::<f64>().powi(2)).collect();
            let [low, high] = Estimate::of(&values, trial).unwrap().interval;
            (low..=high).contains(&(1.0 / 3.0))
        }));
        assert!((0.89..0.985).contains(&held.rate), "{}", held.rate);
    }
}
