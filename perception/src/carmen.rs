//! Logs of the Carnegie Mellon navigation toolkit, CARMEN: `FLASER` lines.
//!
//! ```text
//! FLASER n  r_1 .. r_n  x y theta  odom_x odom_y odom_theta  time host time
//! ```
//!
//! `x y theta` is the pose of the scanner as corrected by the log's author. The beams spread over
//! 180 degrees, to both ends when `n` is odd. Other lines are passed over.

use std::f64::consts::{FRAC_PI_2, PI};
use std::io::{BufRead, Read as _};

use serde::{Deserialize, Serialize};

use crate::{LaserScan, Pose2, Stamp};

/// Fields after the readings.
const TAIL: usize = 9;
/// More beams than any scanner of these logs has.
const BEAMS_MAX: usize = 10_000;
/// Longest line, bytes: that of as many beams.
const LINE_MAX: usize = 1 << 20;
/// Farthest place from the origin, m, and largest angle, rad.
const REACH_MAX: f64 = 1e6;
/// Latest time, s: three hundred years.
const TIME_MAX_S: f64 = 1e10;

/// How readings are judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CarmenSettings {
    /// Shorter readings are not to be believed, m.
    pub range_min_m: f64,
    /// Longer readings are not to be believed: these scanners report nothing seen as a long
    /// reading, and cannot tell an open field from black or shining surfaces, m.
    pub range_max_m: f64,
}

impl Default for CarmenSettings {
    fn default() -> Self {
        Self {
            range_min_m: 0.05,
            range_max_m: 40.0,
        }
    }
}

/// One scan and where it was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct CarmenScan {
    /// The line, counted from 1.
    pub line: usize,
    /// When, by the log's clock.
    pub stamp: Stamp,
    /// Pose of the scanner, corrected.
    pub map_from_lidar: Pose2,
    /// Pose by odometry.
    pub odom_from_lidar: Pose2,
    /// The scan.
    pub scan: LaserScan,
}

/// Why a log was refused.
#[derive(Debug, thiserror::Error)]
pub enum CarmenError {
    /// The file broke off.
    #[error("line {line}: cannot be read: {source}")]
    Read {
        /// Counted from 1.
        line: usize,
        /// Why.
        source: std::io::Error,
    },
    /// A line is longer than any of a log.
    #[error("line {line}: longer than {LINE_MAX} bytes: expected a log of lines")]
    Long {
        /// Counted from 1.
        line: usize,
    },
    /// A line has too few or too many fields.
    #[error("line {line}: FLASER of {beams} readings has {found} fields: expected {expected}")]
    Length {
        /// Counted from 1.
        line: usize,
        /// Readings announced.
        beams: usize,
        /// Fields found.
        found: usize,
        /// Fields there should be.
        expected: usize,
    },
    /// A field holds what it cannot.
    #[error("line {line}: {field} is {found:?}: expected {expected}")]
    Field {
        /// Counted from 1.
        line: usize,
        /// Which.
        field: String,
        /// What it held.
        found: String,
        /// What it may hold.
        expected: &'static str,
    },
}

/// Reads scans one after the other. After an error it ends.
#[derive(Debug)]
pub struct CarmenReader<R> {
    reader: R,
    settings: CarmenSettings,
    line: usize,
    text: Vec<u8>,
    failed: bool,
}

impl<R: BufRead> CarmenReader<R> {
    /// A reader of a log.
    pub fn new(reader: R, settings: CarmenSettings) -> Self {
        Self {
            reader,
            settings,
            line: 0,
            text: Vec::new(),
            failed: false,
        }
    }

    fn advance(&mut self) -> Result<Option<CarmenScan>, CarmenError> {
        loop {
            self.text.clear();
            self.line += 1;
            let line = self.line;
            let read = (&mut self.reader)
                .take(LINE_MAX as u64 + 1)
                .read_until(b'\n', &mut self.text)
                .map_err(|source| CarmenError::Read { line, source })?;
            if read == 0 {
                return Ok(None);
            }
            if read > LINE_MAX {
                return Err(CarmenError::Long { line });
            }
            if self.text.starts_with(b"FLASER") {
                let text = String::from_utf8_lossy(&self.text);
                return parse(line, &text, &self.settings).map(Some);
            }
        }
    }
}

impl<R: BufRead> Iterator for CarmenReader<R> {
    type Item = Result<CarmenScan, CarmenError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance();
        self.failed = next.is_err();
        next.transpose()
    }
}

fn parse(line: usize, text: &str, settings: &CarmenSettings) -> Result<CarmenScan, CarmenError> {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let refused = |field: &str, found: &str, expected: &'static str| CarmenError::Field {
        line,
        field: field.to_owned(),
        found: found.chars().take(40).collect(),
        expected,
    };
    let count = fields.get(1).copied().unwrap_or_default();
    let beams = count
        .parse::<usize>()
        .ok()
        .filter(|beams| (2..=BEAMS_MAX).contains(beams))
        .ok_or_else(|| refused("number of readings", count, "2 to 10000"))?;
    let expected = 2 + beams + TAIL;
    if fields.len() != expected {
        return Err(CarmenError::Length {
            line,
            beams,
            found: fields.len(),
            expected,
        });
    }
    let number = |index: usize, field: &str| {
        let found = fields[index];
        let most = if field == "logger time" {
            TIME_MAX_S
        } else {
            REACH_MAX
        };
        let value = found
            .parse::<f64>()
            .ok()
            .filter(|value| value.abs() <= most);
        value.ok_or_else(|| refused(field, found, "a number of at most 1e6, or a time of 1e10"))
    };
    let ranges = (0..beams)
        .map(|beam| {
            let field = format!("reading {}", beam + 1);
            let range = number(2 + beam, &field)?;
            if range < 0.0 {
                return Err(refused(&field, fields[2 + beam], "0 m or more"));
            }
            Ok(range as f32)
        })
        .collect::<Result<Vec<f32>, CarmenError>>()?;
    let tail = 2 + beams;
    let pose = |first: usize, names: [&str; 3]| -> Result<Pose2, CarmenError> {
        Ok(Pose2::new(
            number(first, names[0])?,
            number(first + 1, names[1])?,
            number(first + 2, names[2])?,
        ))
    };
    // an odd number reaches both ends of the half circle, an even one stops a step short
    let steps = if beams % 2 == 1 { beams - 1 } else { beams };
    Ok(CarmenScan {
        line,
        stamp: Stamp::from_secs(number(tail + 8, "logger time")?),
        map_from_lidar: pose(tail, ["x", "y", "theta"])?,
        odom_from_lidar: pose(tail + 3, ["odom_x", "odom_y", "odom_theta"])?,
        scan: LaserScan {
            angle_min: -FRAC_PI_2,
            angle_increment: PI / steps as f64,
            time_increment: 0.0,
            range_min: settings.range_min_m,
            range_max: settings.range_max_m,
            ranges,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "FLASER 4 1.5 2 81.83 0.5 1 2 0.5 3 4 0.25 10.5 host 11.5";

    fn read(text: &str) -> Vec<Result<CarmenScan, CarmenError>> {
        CarmenReader::new(text.as_bytes(), CarmenSettings::default()).collect()
    }

    #[test]
    fn a_line_becomes_a_scan() {
        let scans = read(&format!("# comment\nPARAM x 1\n{LINE}\nODOM 1 2 3\n"));
        let [Ok(scan)] = scans.as_slice() else {
            panic!("one scan expected: {scans:?}")
        };
        assert_eq!(scan.line, 3);
        assert_eq!(scan.stamp, Stamp::from_secs(11.5));
        assert_eq!(scan.map_from_lidar, Pose2::new(1.0, 2.0, 0.5));
        assert_eq!(scan.odom_from_lidar, Pose2::new(3.0, 4.0, 0.25));
        assert_eq!(scan.scan.ranges, [1.5, 2.0, 81.83, 0.5]);
        assert!((scan.scan.angle(2)).abs() < 1e-12);
        assert_eq!(scan.scan.beam(2), crate::Beam::Invalid);
    }

    #[test]
    fn an_odd_number_of_beams_reaches_both_ends() {
        let scans = read("FLASER 5 1 1 1 1 1 0 0 0 0 0 0 0 h 0");
        let scan = &scans[0].as_ref().unwrap().scan;
        assert!((scan.angle(4) - FRAC_PI_2).abs() < 1e-12);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let message = |good: &str, bad: &str| {
            let text = format!("{LINE}\n{}\n", LINE.replacen(good, bad, 1));
            read(&text).pop().unwrap().unwrap_err().to_string()
        };
        let cases = [
            (
                " 2 81",
                " x 81",
                "line 2: reading 2 is \"x\": expected a number of at most 1e6, or a time of 1e10",
            ),
            (
                " 2 81",
                " -2 81",
                "line 2: reading 2 is \"-2\": expected 0 m or more",
            ),
            (
                " 2 81",
                " nan 81",
                "line 2: reading 2 is \"nan\": expected a number of at most 1e6, or a time of 1e10",
            ),
            (
                "FLASER 4",
                "FLASER 5",
                "line 2: FLASER of 5 readings has 15 fields: expected 16",
            ),
            (
                "FLASER 4",
                "FLASER x",
                "line 2: number of readings is \"x\": expected 2 to 10000",
            ),
            (
                "1 2 0.5 3",
                "1 y 0.5 3",
                "line 2: y is \"y\": expected a number of at most 1e6, or a time of 1e10",
            ),
            (
                "11.5",
                "late",
                "line 2: logger time is \"late\": expected a number of at most 1e6, or a time of 1e10",
            ),
        ];
        for (good, bad, expected) in cases {
            assert_eq!(message(good, bad), expected);
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let endless = std::io::BufReader::new(std::io::repeat(b'7'));
        let mut scans = CarmenReader::new(endless, CarmenSettings::default());
        let message = scans.next().unwrap().unwrap_err().to_string();
        assert_eq!(
            message,
            "line 1: longer than 1048576 bytes: expected a log of lines"
        );
    }

    #[test]
    fn a_line_cut_between_fields_is_refused() {
        let words: Vec<&str> = LINE.split(' ').collect();
        for end in 1..words.len() {
            let scans = read(&words[..end].join(" "));
            assert!(scans[0].is_err(), "cut after {end} fields");
            assert_eq!(scans.len(), 1);
        }
    }
}
