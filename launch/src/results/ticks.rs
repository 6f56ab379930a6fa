//! Histogram of tick durations.

use serde::{Deserialize, Serialize};

/// Width of a bin, ms.
const BIN_MS: f64 = 0.5;
/// Number of bins; the last one contains all longer durations.
const BINS: usize = 60;

/// Tick durations of a policy in a scenario.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Ticks {
    /// Number of ticks.
    pub count: usize,
    /// Median, ms.
    pub ms_p50: f64,
    /// 99th percentile, ms.
    pub ms_p99: f64,
    /// Maximum, ms.
    pub ms_worst: f64,
    /// Counts per bin of 0.5 ms.
    pub bins: Vec<usize>,
}

impl Ticks {
    /// Statistics of durations, ms.
    pub fn of(mut ms: Vec<f64>) -> Self {
        ms.sort_by(f64::total_cmp);
        let last = ms.len().saturating_sub(1);
        let at = |share: f64| {
            let index = (share * last as f64).round() as usize;
            ms.get(index).copied().unwrap_or_default()
        };
        let mut bins = vec![0; BINS];
        for ms in &ms {
            let bin = ((ms / BIN_MS) as usize).min(BINS - 1);
            bins[bin] += 1;
        }
        Self {
            count: ms.len(),
            ms_p50: at(0.5),
            ms_p99: at(0.99),
            ms_worst: at(1.0),
            bins,
        }
    }

    /// A histogram as SVG, in a colour.
    pub fn svg(&self, colour: &str) -> String {
        let most = self.bins.iter().copied().max().unwrap_or(0).max(1) as f64;
        let mut text = String::from(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 620 190\" width=\"620\">",
        );
        for (bin, count) in self.bins.iter().enumerate() {
            let height = 150.0 * *count as f64 / most;
            text += &format!(
                "<rect x=\"{}\" y=\"{:.1}\" width=\"9\" height=\"{height:.1}\" fill=\"{colour}\"/>",
                10 + 10 * bin,
                155.0 - height
            );
        }
        for ms in (0..=30).step_by(5) {
            text += &format!(
                "<text x=\"{}\" y=\"174\" font-size=\"13\" text-anchor=\"middle\">{ms}</text>",
                10 + 20 * ms
            );
        }
        text + "<text x=\"310\" y=\"189\" font-size=\"13\" text-anchor=\"middle\">time of a tick, ms; the last bar has all that took longer</text></svg>"
    }
}
