//! CARMEN logs, plain or compressed.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use recordings::{CarmenLog, CarmenSettings};

use crate::input::unread;

/// Reasons why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file that is missing or not readable.
    #[error("{}: {}", path.display(), unread(cause, "a rosbag2 directory, a .db3 or .mcap file, or a CARMEN log"))]
    File {
        /// The file.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// A log without a usable scan.
    #[error("{}: {found}; expected {expected}", path.display())]
    Missing {
        /// The log.
        path: PathBuf,
        /// Content found.
        found: String,
        /// Content expected.
        expected: String,
    },
}

/// First bytes of gzip (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// Reads a log, plain or compressed by gzip. A log without a usable scan is rejected.
pub fn read_carmen(path: &Path, range_max_m: Option<f64>) -> Result<CarmenLog, LogError> {
    let usual = CarmenSettings::default();
    let settings = CarmenSettings {
        range_max_m: range_max_m.unwrap_or(usual.range_max_m),
        ..usual
    };
    let reader = open(path).map_err(|cause| LogError::File {
        path: path.to_owned(),
        cause,
    })?;
    let log = CarmenLog::read(reader, settings);
    if log.scans.is_empty() {
        let notes = log.notes();
        let found = match notes.as_slice() {
            [] => "an empty file".to_owned(),
            notes => notes.join("; "),
        };
        return Err(LogError::Missing {
            path: path.to_owned(),
            found,
            expected: "a recording (rosbag2, .db3, .mcap), or a CARMEN log with lines FLASER, ROBOTLASER1 or \
                       RAWLASER1"
                .to_owned(),
        });
    }
    Ok(log)
}

fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(File::open(path)?);
    Ok(if file.fill_buf()?.starts_with(&GZIP_MAGIC) {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}
