//! Mean with a 95 % confidence interval.
//!
//! From ten values: the bootstrap, corrected for bias and acceleration (`BCa`; Efron and
//! Tibshirani, "An introduction to the bootstrap", 1993, 14.3). Means of resamples have a smaller
//! variance than means of new samples, so that the interval is expanded to the width of Student's
//! interval (Hesterberg, "What teachers should know about the bootstrap", 2015):
//!
//! ```text
//! end = quantile of the resamples' means at Φ(z₀ + q / (1 − a q)),   q = z₀ ± √(n/(n−1)) t
//! z₀ = Φ⁻¹(share of resamples below the mean),   a = Σ (x − x̄)³ / 6 (Σ (x − x̄)²)^(3/2)
//! ```
//!
//! Fewer values do not determine the skewness: Student's interval, x̄ ± t s/√n.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, Normal};

use super::quantile::student_975;

/// Number of bootstrap resamples.
const RESAMPLED: usize = 4000;
/// Minimum number of values for the bootstrap.
const FEWEST: usize = 10;

/// Mean with a 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Number of episodes.
    pub episodes: usize,
    /// The mean.
    pub mean: f64,
    /// Lower and upper bound.
    pub interval: [f64; 2],
}

impl Estimate {
    /// Mean of values by episode, resampled with a seed; none without values. The interval of a
    /// single value has zero width, since its variance is unknown.
    pub fn of(values: &[f64], seed: u64) -> Option<Self> {
        let count = values.len();
        let n = count as f64;
        let mean = values.iter().sum::<f64>() / n;
        let power = |power: i32| -> f64 { values.iter().map(|x| (x - mean).powi(power)).sum() };
        let interval = match count {
            0 => return None,
            _ if count == 1 || values.iter().all(|value| *value == values[0]) => [mean; 2],
            _ if count < FEWEST => {
                let half = student_975(count - 1) * (power(2) / (n - 1.0) / n).sqrt();
                [mean - half, mean + half]
            }
            _ => {
                let acceleration = power(3) / (6.0 * power(2).powf(1.5));
                accelerated(&resampled(values, seed), mean, acceleration, count)
            }
        };
        Some(Self {
            episodes: count,
            mean,
            interval,
        })
    }

    /// Mean of paired differences, first minus second.
    pub fn of_differences(pairs: &[[f64; 2]], seed: u64) -> Option<Self> {
        let apart: Vec<f64> = pairs.iter().map(|[a, b]| a - b).collect();
        Self::of(&apart, seed)
    }

    /// True if the interval excludes zero.
    pub fn differs_from_zero(&self) -> bool {
        self.interval[0] > 0.0 || self.interval[1] < 0.0
    }
}

/// Sorted means of resamples.
fn resampled(values: &[f64], seed: u64) -> Vec<f64> {
    let count = values.len();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..RESAMPLED)
        .map(|_| {
            let sum: f64 = (0..count).map(|_| values[rng.random_range(0..count)]).sum();
            sum / count as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    means
}

fn accelerated(means: &[f64], mean: f64, acceleration: f64, count: usize) -> [f64; 2] {
    // ties with the mean count half on each side
    let below = means.partition_point(|other| *other < mean);
    let not_above = means.partition_point(|other| *other <= mean);
    let share = 0.5 * (below + not_above) as f64 / means.len() as f64;
    let normal = Normal::standard();
    let bias = normal.inverse_cdf(share);
    let n = count as f64;
    let reach = (n / (n - 1.0)).sqrt() * student_975(count - 1);
    let last = means.len() - 1;
    [-1.0, 1.0].map(|side| {
        let q = bias + side * reach;
        let scale = 1.0 - acceleration * q;
        let at = if scale > 0.0 {
            normal.cdf(bias + q / scale)
        } else {
            0.5 + 0.5 * side
        };
        means[(at * last as f64).round() as usize]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::statistics::Rate;

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
    fn few_values_have_the_interval_of_student() {
        // Student 1908, section IX: hours of sleep gained by ten patients, here nine of them
        let gained = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6];
        let estimate = Estimate::of(&gained, 2).unwrap();
        let mean = 2.211_111;
        assert!((estimate.mean - mean).abs() < 1e-6);
        let half = 2.306_004 * 2.087_130 / 3.0;
        let [low, high] = estimate.interval;
        assert!((low - (mean - half)).abs() < 1e-3, "{low}");
        assert!((high - (mean + half)).abs() < 1e-3, "{high}");
    }

    #[test]
    fn negated_values_have_the_negated_interval() {
        let values: Vec<f64> = (0..30).map(|n| f64::from(n * n % 17)).collect();
        let negated: Vec<f64> = values.iter().map(|value| -value).collect();
        let (a, b) = (Estimate::of(&values, 6), Estimate::of(&negated, 6));
        let (a, b) = (a.unwrap(), b.unwrap());
        // a quantile is rounded to the nearest resample, which may differ
        assert!((a.interval[0] + b.interval[1]).abs() < 0.02);
        assert!((a.interval[1] + b.interval[0]).abs() < 0.02);
    }

    #[test]
    fn pairs_that_differ_alike_differ_for_sure() {
        let pairs: Vec<[f64; 2]> = (0..9).map(|n| [f64::from(n) + 1.0, f64::from(n)]).collect();
        let apart = Estimate::of_differences(&pairs, 2).unwrap();
        assert_eq!((apart.mean, apart.interval), (1.0, [1.0, 1.0]));
        assert!(apart.differs_from_zero());
    }

    /// Coverage: share of the intervals of `count` random values that contain the true mean.
    fn held(count: usize, truth: f64, draw: impl Fn(&mut ChaCha8Rng) -> f64) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let held = Rate::of((0..400).map(|trial| {
            let values: Vec<f64> = (0..count).map(|_| draw(&mut rng)).collect();
            let [low, high] = Estimate::of(&values, trial).unwrap().interval;
            (low..=high).contains(&truth)
        }));
        held.rate
    }

    #[test]
    fn about_95_of_100_intervals_hold_the_truth() {
        for count in [5, 10, 30, 60] {
            let even = held(count, 0.5, rand::RngExt::random::<f64>);
            assert!((0.92..0.985).contains(&even), "even, {count}: {even}");
        }
        // waiting times: a skewed distribution
        for (count, least) in [(5, 0.85), (10, 0.88), (30, 0.91), (60, 0.92)] {
            let skewed = held(count, 1.0, |rng| -(1.0 - rng.random::<f64>()).ln());
            assert!(
                (least..0.985).contains(&skewed),
                "skewed, {count}: {skewed}"
            );
        }
    }
}
