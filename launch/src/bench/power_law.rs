//! Power-law fit of durations by size.

/// Least-squares exponent `p` of `y ∝ x^p` on logarithms; none for a single point.
pub(crate) fn exponent(points: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let points: Vec<(f64, f64)> = points.map(|(x, y)| (x.ln(), y.ln())).collect();
    if points.len() < 2 {
        return None;
    }
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let (mut square, mut product) = (0.0, 0.0);
    for (x, y) in points {
        square += (x - mean_x) * (x - mean_x);
        product += (x - mean_x) * (y - mean_y);
    }
    Some(product / square)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_is_that_of_a_power_law() {
        let points = [64.0, 128.0, 512.0, 4096.0].map(|x: f64| (x, 0.003 * x.powf(1.7)));
        let found = exponent(points.into_iter()).unwrap();
        assert!((found - 1.7).abs() < 1e-12);
        assert_eq!(exponent(points[..1].iter().copied()), None);
    }
}
