//! Latency of the ROS 2 node from a scan to its command, measured by a peer.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Output of `launch/ros/latency.sh --json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Wire {
    date: String,
    commit: String,
    processor: String,
    cores: u32,
    load_average: [f64; 3],
    model: String,
    seconds: f64,
    runs: Vec<WireRun>,
}

/// One measurement.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct WireRun {
    loaded: bool,
    before_others: bool,
    scans: u32,
    latency_ms_p50: f64,
    latency_ms_p99: f64,
    jitter_ms_p50: f64,
    jitter_ms_p99: f64,
    arrival_jitter_ms_p50: f64,
    arrival_jitter_ms_p99: f64,
}

/// Reasons why latencies are not available.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file has another content.
    #[error("{}: {source}; expected what launch/ros/latency.sh --json writes", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: serde_json::Error,
    },
}

impl Wire {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, WireError> {
        let path_of = || path.to_owned();
        let text = std::fs::read_to_string(path).map_err(|source| WireError::Read {
            path: path_of(),
            source,
        })?;
        serde_json::from_str(&text).map_err(|source| WireError::Parse {
            path: path_of(),
            source,
        })
    }

    /// Its table in Markdown.
    pub(super) fn table(&self) -> String {
        let mut text = format!(
            "{} cores of {}, {}, {:.0} s each, load average before {:.2}, {}, version {}. From a scan's \
             publication to the arrival of its command at another process, and by how much the time \
             between ticks and between arrivals differs from a period:\n\n\
             | beside | control loop | scans | latency, ms: p50 | p99 | ticks off by, ms: p50 | p99 | \
             arrivals off by, ms: p50 | p99 |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
            self.cores,
            self.processor,
            self.model,
            self.seconds,
            self.load_average[0],
            self.date,
            self.commit
        );
        for run in &self.runs {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
                if run.loaded {
                    "a grid and clouds"
                } else {
                    "nothing"
                },
                if run.before_others {
                    "use_realtime_priority"
                } else {
                    "as others"
                },
                run.scans,
                run.latency_ms_p50,
                run.latency_ms_p99,
                run.jitter_ms_p50,
                run.jitter_ms_p99,
                run.arrival_jitter_ms_p50,
                run.arrival_jitter_ms_p99
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_measurement_is_a_line_and_other_files_are_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("wire.json");
        let run = r#"{"loaded": true, "before_others": false, "scans": 1200, "commands": 1201,
            "latency_ms_p50": 6.31, "latency_ms_p99": 12.7, "jitter_ms_p50": 0.3, "jitter_ms_p99": 2.5,
            "arrival_jitter_ms_p50": 0.4, "arrival_jitter_ms_p99": 3.5}"#;
        let text = format!(
            r#"{{"date": "2026-01-02", "commit": "abc", "processor": "X", "cores": 2, "load_average": [0.1, 0.2, 0.3],
            "model": "navigator", "seconds": 60.0, "runs": [{run}]}}"#
        );
        std::fs::write(&path, text).unwrap();
        let table = Wire::read(&path).unwrap().table();
        let line =
            "| a grid and clouds | as others | 1200 | 6.3 | 12.7 | 0.3 | 2.5 | 0.4 | 3.5 |\n";
        assert!(table.ends_with(line), "{table}");
        std::fs::write(&path, "{}").unwrap();
        let error = Wire::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("wire.json") && error.contains("latency.sh"),
            "{error}"
        );
    }
}
