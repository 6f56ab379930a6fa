//! Memory of this process.

use serde::Serialize;

/// Resident memory, KiB, from `/proc/self/status`; none where the system does not tell.
pub fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How memory grew between two parts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Growth {
    /// Median after warm-up, KiB.
    pub first_kib: u64,
    /// Median at the end, KiB.
    pub last_kib: u64,
    /// Growth from the first to the last, as a share of the first.
    pub growth: f64,
}

impl Growth {
    /// From medians; none of nothing.
    pub fn between(first: &mut [u64], last: &mut [u64]) -> Option<Self> {
        let (first_kib, last_kib) = (median(first)?, median(last)?);
        let growth = (last_kib as f64 - first_kib as f64) / first_kib.max(1) as f64;
        Some(Self {
            first_kib,
            last_kib,
            growth,
        })
    }
}

fn median(values: &mut [u64]) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_between_medians_whatever_the_peaks() {
        let growth = Growth::between(&mut [100, 900, 100, 101, 99], &mut [110, 110, 111]).unwrap();
        assert_eq!((growth.first_kib, growth.last_kib), (100, 110));
        assert!((growth.growth - 0.1).abs() < 1e-12);
        assert_eq!(Growth::between(&mut [], &mut [1]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory() {
        assert!(resident_kib().unwrap() > 100);
    }
}
