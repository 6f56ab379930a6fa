//! Summary of the durations of a stage.

use serde::Serialize;

/// Durations of one stage over many ticks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// Name of the stage.
    pub name: &'static str,
    /// Median, ms.
    pub ms_p50: f64,
    /// 99th percentile, ms.
    pub ms_p99: f64,
    /// 99.9th percentile, ms.
    pub ms_p999: f64,
    /// Maximum, ms.
    pub ms_worst: f64,
}

impl Stage {
    /// Summarises durations in ms.
    pub fn of(name: &'static str, times_ms: &[f64]) -> Self {
        let mut sorted = times_ms.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
            sorted.get(index).copied().unwrap_or_default()
        };
        Self {
            name,
            ms_p50: at(0.5),
            ms_p99: at(0.99),
            ms_p999: at(0.999),
            ms_worst: at(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_of_the_sorted_times() {
        let times: Vec<f64> = (0..=1000).rev().map(f64::from).collect();
        let stage = Stage::of("tick", &times);
        let found = [stage.ms_p50, stage.ms_p99, stage.ms_p999, stage.ms_worst];
        assert_eq!(found, [500.0, 990.0, 999.0, 1000.0]);
        assert_eq!(Stage::of("tick", &[]).ms_worst, 0.0);
    }
}
