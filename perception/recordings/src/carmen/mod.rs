//! Logs of the Carnegie Mellon navigation toolkit, CARMEN: lines of laser scans.
//!
//! ```text
//! FLASER n  r_1 .. r_n  x y theta  odom_x odom_y odom_theta  time host time
//! ROBOTLASER1 HEAD  n  r_1 .. r_n  m  remission_1 .. remission_m  x y theta  odom_x odom_y odom_theta
//!             tv rv  forward_safety side_safety turn_axis  time host time
//! RAWLASER1   HEAD  n  r_1 .. r_n  m  remission_1 .. remission_m  time host time
//! HEAD = laser_type start_angle field_of_view angular_resolution maximum_range accuracy remission_mode
//! ```
//!
//! `x y theta` is the pose of the scanner as corrected by the log's author. The beams of `FLASER` span
//! 180 degrees, to both ends when `n` is odd. `RAWLASER1` has no pose: it is placed by the last `ODOM`
//! line, carried on at its speed to the time of the scan, and `robot_frontlaser_offset`. Other lines are
//! counted ([`CarmenReader::passed_over`]).
//!
//! Source: header of the files of CARMEN's `logger`.

mod line;
mod log;

pub use log::CarmenLog;

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

use serde::{Deserialize, Serialize};

use line::{Odometer, flaser, laser_line};
use perception::{LaserScan, Pose2, Stamp};

/// Longest line, bytes: that of as many beams as any scanner of these logs has.
const LINE_MAX: usize = 1 << 20;
/// Kinds of lines that are counted apart.
const KINDS_MAX: usize = 12;
/// Longest name of a kind of line, letters.
const KIND_LETTERS: usize = 24;

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

/// Kinds of lines that hold a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarmenLine {
    /// `FLASER`, at a corrected pose.
    Flaser,
    /// `ROBOTLASER1`, at a corrected pose.
    RobotLaser,
    /// `RAWLASER1`, placed by odometry.
    RawLaser,
}

/// One scan and where it was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct CarmenScan {
    /// What kind of line it was.
    pub kind: CarmenLine,
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

/// Why a line was refused.
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
    #[error("line {line}: {kind} of {beams} readings has {found} fields: expected {expected}")]
    Length {
        /// Counted from 1.
        line: usize,
        /// Kind of the line.
        kind: &'static str,
        /// Readings announced.
        beams: usize,
        /// Fields found.
        found: usize,
        /// Fields there should be.
        expected: usize,
    },
    /// A scan without a pose.
    #[error("line {line}: RAWLASER1 without an ODOM line before it: expected odometry")]
    NoOdometry {
        /// Counted from 1.
        line: usize,
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

impl CarmenError {
    /// True when nothing can be read behind it.
    fn is_end(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::Long { .. })
    }
}

/// Reads scans one after the other. A line that cannot be used is an error and costs that line; after
/// one that cannot be read it ends.
#[derive(Debug)]
pub struct CarmenReader<R> {
    reader: R,
    settings: CarmenSettings,
    line: usize,
    text: Vec<u8>,
    failed: bool,
    odometer: Odometer,
    passed_over: BTreeMap<String, usize>,
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
            odometer: Odometer::default(),
            passed_over: BTreeMap::new(),
        }
    }

    /// Lines so far that hold no scan, by their first word; comments and blank lines are not counted.
    pub fn passed_over(&self) -> &BTreeMap<String, usize> {
        &self.passed_over
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
            let text = String::from_utf8_lossy(&self.text);
            let fields: Vec<&str> = text.split_ascii_whitespace().collect();
            let Some(&kind) = fields.first().filter(|kind| !kind.starts_with('#')) else {
                continue;
            };
            let settings = &self.settings;
            match kind {
                "FLASER" => return flaser(line, &fields, settings, &self.odometer).map(Some),
                "ROBOTLASER1" => {
                    return laser_line(line, &fields, settings, None).map(Some);
                }
                "RAWLASER1" => {
                    return laser_line(line, &fields, settings, Some(&self.odometer)).map(Some);
                }
                _ => {}
            }
            self.odometer.hear(&fields);
            let mut kind: String = kind.chars().take(KIND_LETTERS).collect();
            if self.passed_over.len() >= KINDS_MAX && !self.passed_over.contains_key(&kind) {
                "other".clone_into(&mut kind);
            }
            *self.passed_over.entry(kind).or_default() += 1;
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
        self.failed = next.as_ref().is_err_and(CarmenError::is_end);
        next.transpose()
    }
}

#[cfg(test)]
mod tests;
