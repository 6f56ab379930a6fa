//! Memory of the process.

use serde::Serialize;

/// Resident memory, KiB, from `/proc/self/status`; none if not available.
pub fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Memory growth between two parts of a run, from the minimum of each. Memory that the allocator
/// keeps after a single large world is not growth, while a leak raises the minimum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Growth {
    /// Minimum after warm-up, KiB.
    pub first_kib: u64,
    /// Minimum at the end, KiB.
    pub last_kib: u64,
    /// Growth as a share of the first minimum.
    pub growth: f64,
}

impl Growth {
    /// Growth between the samples of two parts, KiB; none without samples.
    pub fn between(first: &[u64], last: &[u64]) -> Option<Self> {
        let (first_kib, last_kib) = (*first.iter().min()?, *last.iter().min()?);
        let growth = (last_kib as f64 - first_kib as f64) / first_kib.max(1) as f64;
        Some(Self {
            first_kib,
            last_kib,
            growth,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_between_the_smallest_figures_whatever_the_peaks() {
        let growth = Growth::between(&[100, 900, 102, 101], &[110, 500, 111]).unwrap();
        assert_eq!((growth.first_kib, growth.last_kib), (100, 110));
        assert!((growth.growth - 0.1).abs() < 1e-12);
        assert_eq!(Growth::between(&[], &[1]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory() {
        assert!(resident_kib().unwrap() > 100);
    }
}
