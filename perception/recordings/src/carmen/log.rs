//! Reader for a complete log, with a report of the lines that could not be used.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::{CarmenError, CarmenLine, CarmenReader, CarmenScan, CarmenSettings};

/// Scans of a log in the order of its lines.
#[derive(Debug, Default)]
pub struct CarmenLog {
    /// Scans at corrected poses; if there are none, those placed by odometry.
    pub scans: Vec<CarmenScan>,
    /// Number of rejected scan lines, and the error of the first.
    pub refused: Option<(usize, CarmenError)>,
    /// Cause of a premature end of reading.
    pub damage: Option<CarmenError>,
    /// Number of lines without a used scan, by their first word.
    pub passed_over: BTreeMap<String, usize>,
    /// Number of scans that a second line repeats.
    pub repeated: usize,
}

impl CarmenLog {
    /// Reads a log to its end or to the first unreadable line.
    pub fn read(reader: impl BufRead, settings: CarmenSettings) -> Self {
        let mut log = Self::default();
        let mut lines = CarmenReader::new(reader, settings);
        for scan in lines.by_ref() {
            match scan {
                Ok(scan) => log.scans.push(scan),
                Err(error) if error.is_end() => log.damage = Some(error),
                Err(error) => log.refused.get_or_insert((0, error)).0 += 1,
            }
        }
        log.passed_over.clone_from(lines.passed_over());
        let is_raw = |scan: &CarmenScan| scan.kind == CarmenLine::RawLaser;
        if !log.scans.iter().all(is_raw) {
            // the same scans once more, without corrected poses
            let before = log.scans.len();
            log.scans.retain(|scan| !is_raw(scan));
            if before > log.scans.len() {
                let raw = before - log.scans.len();
                log.passed_over.insert("RAWLASER1".to_owned(), raw);
            }
        }
        let before = log.scans.len();
        log.scans.dedup_by(|next, last| {
            next.kind != last.kind
                && next.stamp == last.stamp
                && next.scan.ranges.len() == last.scan.ranges.len()
        });
        log.repeated = before - log.scans.len();
        log
    }

    /// Notes for the user about unused lines, one per line.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some((count, first)) = &self.refused {
            notes.push(format!(
                "{count} lines of scans were left out, the first: {first}"
            ));
        }
        if let Some(damage) = &self.damage {
            let count = self.scans.len();
            notes.push(format!("{damage}; {count} scans before it were read"));
        }
        if self.repeated > 0 {
            let count = self.repeated;
            notes.push(format!(
                "{count} scans were left out: another line has the same scan"
            ));
        }
        if !self.passed_over.is_empty() {
            let counts = self.passed_over.iter();
            let counts: Vec<String> = counts
                .map(|(kind, count)| format!("{count} {kind}"))
                .collect();
            notes.push(format!("lines passed over: {}", counts.join(", ")));
        }
        if self
            .scans
            .first()
            .is_some_and(|scan| scan.kind == CarmenLine::RawLaser)
        {
            notes.push("scans of RAWLASER1 are placed by odometry alone".to_owned());
        }
        notes
    }
}
