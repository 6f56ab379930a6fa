//! Mean and variance.

use serde::Serialize;

/// Mean and variance of values; zero without values.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Unbiased sample variance, n − 1 degrees of freedom.
    pub variance: f64,
}

impl Spread {
    /// Computes both in one pass (Welford 1962).
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut count, mut mean, mut sum) = (0.0_f64, 0.0, 0.0);
        for value in values {
            count += 1.0;
            let before = value - mean;
            mean += before / count;
            sum += before * (value - mean);
        }
        let variance = if count > 1.0 {
            sum / (count - 1.0)
        } else {
            0.0
        };
        Self { mean, variance }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn a_spread_is_that_of_the_definition() {
        let spread = Spread::of([1.0, 2.0, 4.0, 9.0].into_iter());
        assert!((spread.mean - 4.0).abs() < 1e-12);
        assert!((spread.variance - 38.0 / 3.0).abs() < 1e-12);
        assert_eq!(Spread::of([3.0].into_iter()).variance, 0.0);
        assert_eq!(Spread::of(std::iter::empty()), Spread::default());
    }
}
