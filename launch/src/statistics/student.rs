//! Student's distribution ("The probable error of a mean", 1908), for whole degrees of freedom.
//!
//! ```text
//! θ = atan(t / √ν),  s = sin θ,  c = cos θ;   P(|T| < t) is
//! ν odd    2/π (θ + s (c + 2/3 c³ + 2·4/(3·5) c⁵ + … to c^(ν−2)))
//! ν even   s (1 + 1/2 c² + 1·3/(2·4) c⁴ + … to c^(ν−2))
//! ```
//!
//! Abramowitz and Stegun, "Handbook of mathematical functions", 1964, 26.7.3 and 26.7.4.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// Halvings that leave nothing of a double's angle.
const HALVINGS: usize = 60;

/// Two-sided 95 % quantile; infinite of no degree of freedom.
pub(super) fn quantile_975(degrees: usize) -> f64 {
    if degrees == 0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if within(middle, degrees) < 0.95 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low.tan() * (degrees as f64).sqrt()
}

/// Probability of less than √ν tan θ to either side.
fn within(theta: f64, degrees: usize) -> f64 {
    let (s, c) = theta.sin_cos();
    let odd = degrees % 2 == 1;
    if degrees == 1 {
        return FRAC_2_PI * theta;
    }
    let mut term = if odd { c } else { 1.0 };
    let mut sum = term;
    let mut power = usize::from(odd);
    while power + 2 <= degrees - 2 {
        power += 2;
        term *= c * c * (power - 1) as f64 / power as f64;
        sum += term;
    }
    if odd {
        FRAC_2_PI * (theta + s * sum)
    } else {
        s * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        // Abramowitz and Stegun, table 26.10
        for (degrees, t) in [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (9, 2.262),
            (10, 2.228),
            (29, 2.045),
            (60, 2.000),
            (120, 1.980),
        ] {
            let found = quantile_975(degrees);
            assert!((found - t).abs() < 6e-4, "{degrees}: {found}");
        }
        assert!((quantile_975(100_000) - 1.95999).abs() < 1e-4);
        assert_eq!(quantile_975(0), f64::INFINITY);
    }
}
