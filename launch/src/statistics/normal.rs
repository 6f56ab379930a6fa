//! The normal distribution.

/// Coefficients of Abramowitz and Stegun, "Handbook of mathematical functions", 1964, 26.2.17.
const COEFFICIENTS: [f64; 5] = [
    0.319_381_530,
    -0.356_563_782,
    1.781_477_937,
    -1.821_255_978,
    1.330_274_429,
];
const SCALE: f64 = 0.231_641_9;
/// No quantile lies beyond this: the probability there is below the error of the other.
const REACH: f64 = 6.0;
/// Halvings of the reach.
const HALVINGS: usize = 50;

/// Probability below `z`, to within 7.5e-8.
pub(super) fn probability_below(z: f64) -> f64 {
    let t = 1.0 / (1.0 + SCALE * z.abs());
    let series = COEFFICIENTS.iter().rev().fold(0.0, |sum, c| t * (c + sum));
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    let above = density * series;
    if z < 0.0 { above } else { 1.0 - above }
}

/// Where the probability below is `share`; within 6 to either side.
pub(super) fn quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-REACH, REACH);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if probability_below(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        for (z, share) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746),
            (1.959_963_985, 0.975),
            (-2.575_829_304, 0.005),
        ] {
            assert!((probability_below(z) - share).abs() < 1e-7, "{z}");
            assert!((quantile(share) - z).abs() < 1e-5, "{share}");
        }
    }
}
