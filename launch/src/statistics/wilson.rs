//! A rate and its interval.
//!
//! ```text
//! (p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n),   z = 1.96
//! ```
//!
//! Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

use serde::{Deserialize, Serialize};

/// Two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// How many of a number of trials, and the interval that such intervals hold the true rate in
/// 95 % of cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Those that did.
    pub count: usize,
    /// All.
    pub of: usize,
    /// Their share; 0 of none.
    pub rate: f64,
    /// Lower and upper end, within 0 to 1; everything is possible after no trial.
    pub interval: [f64; 2],
}

impl Rate {
    /// Of answers; counts those that are true.
    pub fn of(answers: impl IntoIterator<Item = bool>) -> Self {
        let (count, of) = answers.into_iter().fold((0, 0), |(count, of), yes| {
            (count + usize::from(yes), of + 1)
        });
        let n = of as f64;
        if of == 0 {
            return Self {
                count,
                of,
                rate: 0.0,
                interval: [0.0, 1.0],
            };
        }
        let p = count as f64 / n;
        let square = Z * Z / n;
        let middle = p + 0.5 * square;
        let half = (p * (1.0 - p) * square + 0.25 * square * square).sqrt();
        let end = |side: f64| (middle + side * half) / (1.0 + square);
        Self {
            count,
            of,
            rate: p,
            // rounding must not leave out a rate of 0 or 1
            interval: [end(-1.0).clamp(0.0, p), end(1.0).clamp(p, 1.0)],
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
}
