//! Rate with a 95 % confidence interval.
//!
//! ```text
//! (p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n),   z = 1.96
//! ```
//!
//! Wilson, "Probable inference, the law of succession, and statistical inference", 1927. Trials of
//! one situation are correlated and contain less information than independent ones. For those `n`
//! is the effective sample size (Korn and Graubard, "Confidence intervals for proportions with
//! small expected number of positive counts estimated from survey data", 1998):
//!
//! ```text
//! n = p (1 − p) / v · (z / t)²,   v = k/(k − 1) Σ (c_i − p m_i)² / (Σ m_i)²
//! ```
//!
//! with `c_i` of `m_i` in situation `i` of `k`, and Student's `t` of `k − 1`.

use serde::{Deserialize, Serialize};

use super::quantile::student_975;

/// Two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Rate of a number of trials with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Number of successes.
    pub count: usize,
    /// Number of trials.
    pub of: usize,
    /// Rate; 0 without trials.
    pub rate: f64,
    /// Lower and upper bound in 0 to 1; 0 and 1 without trials.
    pub interval: [f64; 2],
    /// Effective sample size.
    pub worth: f64,
}

impl Rate {
    /// Rate of independent outcomes; true ones are counted.
    pub fn of(answers: impl IntoIterator<Item = bool>) -> Self {
        let (count, of) = answers.into_iter().fold((0, 0), |(count, of), yes| {
            (count + usize::from(yes), of + 1)
        });
        Self::worth(count, of, of as f64)
    }

    /// Rate of clustered outcomes: successes and size of each cluster. If all outcomes are equal,
    /// a cluster counts as one trial.
    pub fn of_groups(groups: &[[usize; 2]]) -> Self {
        let groups = || groups.iter().filter(|[_, of]| *of > 0);
        let count = groups().map(|[count, _]| count).sum();
        let of: usize = groups().map(|[_, of]| of).sum();
        let all = groups().count();
        let (k, n) = (all as f64, of as f64);
        if all == of || count == 0 || count == of {
            return Self::worth(count, of, k);
        }
        let p = count as f64 / n;
        let squares: f64 = groups()
            .map(|[count, of]| (*count as f64 - p * *of as f64).powi(2))
            .sum();
        let variance = k / (k - 1.0) * squares / (n * n);
        let worth = p * (1.0 - p) / variance * (Z / student_975(all - 1)).powi(2);
        // a single cluster does not determine the variance between clusters
        let worth = if all > 1 { worth.min(n) } else { 1.0 };
        Self::worth(count, of, worth)
    }

    fn worth(count: usize, of: usize, n: f64) -> Self {
        if of == 0 {
            return Self {
                count,
                of,
                rate: 0.0,
                interval: [0.0, 1.0],
                worth: 0.0,
            };
        }
        let p = count as f64 / of as f64;
        let square = Z * Z / n;
        let middle = p + 0.5 * square;
        let half = (p * (1.0 - p) * square + 0.25 * square * square).sqrt();
        let end = |side: f64| (middle + side * half) / (1.0 + square);
        Self {
            count,
            of,
            rate: p,
            // rounding must not exclude a rate of 0 or 1
            interval: [end(-1.0).clamp(0.0, p), end(1.0).clamp(p, 1.0)],
            worth: n,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn rate(count: usize, of: usize) -> Rate {
        Rate::of((0..of).map(|trial| trial < count))
    }

    #[test]
    fn a_published_value() {
        // Newcombe 1998, table I: 81 of 263
        let [low, high] = rate(81, 263).interval;
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5);
    }

    #[test]
    fn success_and_failure_mirror_each_other() {
        for of in [1, 2, 7, 100] {
            for count in 0..=of {
                let (a, b) = (rate(count, of).interval, rate(of - count, of).interval);
                assert!((a[0] + b[1] - 1.0).abs() < 1e-12 && (a[1] + b[0] - 1.0).abs() < 1e-12);
                assert!(a[0] <= rate(count, of).rate && rate(count, of).rate <= a[1]);
            }
        }
    }

    #[test]
    fn nothing_is_known_of_none_and_little_of_one() {
        assert_eq!(rate(0, 0).interval, [0.0, 1.0]);
        let [low, high] = rate(1, 1).interval;
        assert!((low - 0.2065).abs() < 1e-4 && high == 1.0);
    }

    #[test]
    fn about_95_of_100_intervals_hold_the_truth() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for truth in [0.1, 0.5, 0.9] {
            let held = Rate::of((0..4000).map(|_| {
                let drawn = Rate::of((0..50).map(|_| rng.random::<f64>() < truth));
                (drawn.interval[0]..=drawn.interval[1]).contains(&truth)
            }));
            assert!((0.92..0.985).contains(&held.rate), "{truth}: {}", held.rate);
        }
    }

    #[test]
    fn groups_of_one_are_trials_and_groups_that_agree_count_once() {
        let ones: Vec<[usize; 2]> = (0..40).map(|n| [usize::from(n % 3 == 0), 1]).collect();
        let alone = Rate::of((0..40).map(|n| n % 3 == 0));
        assert_eq!(Rate::of_groups(&ones), alone);
        let tens = Rate::of_groups(&[[10, 10]; 30]);
        assert_eq!(tens.interval, rate(30, 30).interval);
        assert_eq!((tens.count, tens.of), (300, 300));
        assert_eq!(Rate::of_groups(&[[3, 10]]).interval, {
            let one = Rate::worth(3, 10, 1.0);
            one.interval
        });
        assert_eq!(Rate::of_groups(&[[0, 0]; 3]).interval, [0.0, 1.0]);
    }

    /// Thirty situations with ten trials each. The difficulty of situations is uniform around its
    /// mean; the width is zero for equal situations.
    #[test]
    fn repeats_in_a_situation_are_not_taken_for_situations() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        for (truth, spread) in [(0.5, 0.5), (0.8, 0.2), (0.7, 0.0), (0.1, 0.1)] {
            let (mut held, mut held_by_drives) = (0, 0);
            for _ in 0..2000 {
                let groups: Vec<[usize; 2]> = (0..30)
                    .map(|_| {
                        let own = truth + spread * (2.0 * rng.random::<f64>() - 1.0);
                        [(0..10).filter(|_| rng.random::<f64>() < own).count(), 10]
                    })
                    .collect();
                let within = |rate: Rate| {
                    let [low, high] = rate.interval;
                    usize::from((low..=high).contains(&truth))
                };
                let count = groups.iter().map(|[count, _]| count).sum();
                held += within(Rate::of_groups(&groups));
                held_by_drives += within(rate(count, 300));
            }
            let share = held as f64 / 2000.0;
            assert!((0.93..0.985).contains(&share), "{truth}: {share}");
            if spread == 0.5 {
                assert!(held_by_drives < 1500, "{held_by_drives}");
            }
        }
    }
}
