//! Quantiles for confidence intervals.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// Two-sided 95 % quantile of Student's distribution; infinite for zero degrees of freedom.
pub(super) fn student_975(degrees: usize) -> f64 {
    StudentsT::new(0.0, 1.0, degrees as f64)
        .map_or(f64::INFINITY, |student| student.inverse_cdf(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        // Abramowitz and Stegun, "Handbook of mathematical functions", 1964, table 26.10
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
            let found = student_975(degrees);
            assert!((found - t).abs() < 6e-4, "{degrees}: {found}");
        }
        assert!((student_975(100_000) - 1.95999).abs() < 1e-4);
        assert_eq!(student_975(0), f64::INFINITY);
    }
}
