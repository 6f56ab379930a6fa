//! Reader for logs of the Carnegie Mellon navigation toolkit, CARMEN: lines of laser scans.
//!
//! ```text
//! FLASER n  r_1 .. r_n  x y theta  odom_x odom_y odom_theta  time host time
//! ROBOTLASER1 HEAD  n  r_1 .. r_n  m  remission_1 .. remission_m  x y theta
//!             odom_x odom_y odom_theta  tv rv  forward_safety side_safety turn_axis
//!             time host time
//! RAWLASER1   HEAD  n  r_1 .. r_n  m  remission_1 .. remission_m  time host time
//! HEAD = laser_type start_angle field_of_view angular_resolution maximum_range accuracy
//!        remission_mode
//! ```
//!
//! `x y theta` is the pose of the scanner as corrected by the log's author. The beams of `FLASER`
//! span 180 degrees, to both ends if `n` is odd. `RAWLASER1` has no pose: it is placed by the last
//! `ODOM` line, extrapolated at its velocity to the time of the scan, and
//! `robot_frontlaser_offset`. Other lines are counted ([`CarmenReader::passed_over`]).
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

/// Maximum length of a line, bytes: it exceeds that of any scanner of these logs.
const LINE_MAX: usize = 1 << 20;
/// Maximum number of kinds of lines that are counted separately.
const KINDS_MAX: usize = 12;
/// Name of lines whose first word is no text.
const NOT_TEXT: &str = "not text";
/// Maximum length of the name of a kind of line, letters.
const KIND_LETTERS: usize = 24;

/// Valid ranges of readings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CarmenSettings {
    /// Minimum valid range, m.
    pub range_min_m: f64,
    /// Maximum valid range, m. These scanners report a missing return as a long reading, and cannot
    /// distinguish open space from black or shiny surfaces.
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

/// Kind of a line with a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarmenLine {
    /// `FLASER`, at a corrected pose.
    Flaser,
    /// `ROBOTLASER1`, at a corrected pose.
    RobotLaser,
    /// `RAWLASER1`, placed by odometry.
    RawLaser,
}

/// Scan with its poses.
#[derive(Debug, Clone, PartialEq)]
pub struct CarmenScan {
    /// Kind of the line.
    pub kind: CarmenLine,
    /// Line number, from 1.
    pub line: usize,
    /// Time of the scan on the log's clock.
    pub stamp: Stamp,
    /// Corrected pose of the scanner.
    pub map_from_lidar: Pose2,
    /// Pose of the scanner by odometry.
    pub odom_from_lidar: Pose2,
    /// The scan.
    pub scan: LaserScan,
}

/// Reason why a line was rejected.
#[derive(Debug, thiserror::Error)]
pub enum CarmenError {
    /// The file could not be read.
    #[error("line {line}: cannot be read: {source}")]
    Read {
        /// Line number, from 1.
        line: usize,
        /// Cause of the error.
        source: std::io::Error,
    },
    /// The line exceeds the maximum length.
    #[error("line {line}: longer than {LINE_MAX} bytes: expected a log of lines")]
    Long {
        /// Line number, from 1.
        line: usize,
    },
    /// The line has too few or too many fields.
    #[error("line {line}: {kind} of {beams} readings has {found} fields: expected {expected}")]
    Length {
        /// Line number, from 1.
        line: usize,
        /// Kind of the line.
        kind: &'static str,
        /// Number of readings declared.
        beams: usize,
        /// Number of fields found.
        found: usize,
        /// Number of fields expected.
        expected: usize,
    },
    /// The scan has no pose.
    #[error("line {line}: RAWLASER1 without an ODOM line before it: expected odometry")]
    NoOdometry {
        /// Line number, from 1.
        line: usize,
    },
    /// A field has an invalid value.
    #[error("line {line}: {field} is {found:?}: expected {expected}")]
    Field {
        /// Line number, from 1.
        line: usize,
        /// Name of the field.
        field: String,
        /// Value found.
        found: String,
        /// Values expected.
        expected: &'static str,
    },
}

impl CarmenError {
    /// True if nothing after this error can be read.
    fn is_end(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::Long { .. })
    }
}

/// Reads scans one after the other. An unusable line returns an error and is skipped; an unreadable
/// one ends the iteration.
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
    /// Creates a reader for a log.
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

    /// Number of lines so far without a scan, by their first word; comments and blank lines are not
    /// counted.
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
            let is_text =
                |letter: char| !letter.is_control() && letter != char::REPLACEMENT_CHARACTER;
            let mut kind: String = if kind.chars().all(is_text) {
                kind.chars().take(KIND_LETTERS).collect()
            } else {
                NOT_TEXT.to_owned()
            };
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
