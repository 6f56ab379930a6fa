//! A CARMEN log becomes a map: its poses are corrected already.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use mapping::MapBuilder;
use perception::Return;
use recordings::{CarmenLog, CarmenSettings};

use super::{MapSoFar, Mapped, MappingError, MappingSettings, Step, widened};
use crate::Refusals;
use crate::node::{FaultClass, MessageFault};

/// First bytes of gzip (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// Reads a log, plain or packed by gzip. One without a scan that can be used is refused.
pub fn read_carmen(path: &Path, range_max_m: Option<f64>) -> Result<CarmenLog, MappingError> {
    let usual = CarmenSettings::default();
    let settings = CarmenSettings {
        range_max_m: range_max_m.unwrap_or(usual.range_max_m),
        ..usual
    };
    let reader = open(path).map_err(|source| MappingError::File {
        path: path.to_owned(),
        source,
    })?;
    let log = CarmenLog::read(reader, settings);
    if log.scans.is_empty() {
        let notes = log.notes();
        let found = match notes.as_slice() {
            [] => "an empty file".to_owned(),
            notes => notes.join("; "),
        };
        return Err(MappingError::Missing {
            path: path.to_owned(),
            found,
            expected: "a recording (rosbag2, .db3, .mcap), or a CARMEN log with lines FLASER, ROBOTLASER1 or \
                       RAWLASER1"
                .to_owned(),
        });
    }
    Ok(log)
}

/// Maps a log. `watch` sees every scan.
pub fn map_carmen(
    path: &Path,
    settings: &MappingSettings,
    mut watch: impl FnMut(&Step<'_>),
) -> Result<Mapped, MappingError> {
    let log = read_carmen(path, settings.range_max_m)?;
    let mut builder = MapBuilder::new(settings.map)?;
    let mut refusals = Refusals::default();
    let (mut way, mut span, mut ends) = (Vec::new(), None, Vec::new());
    for scan in &log.scans {
        if let Err(error) = builder.add(scan.map_from_lidar, &scan.scan) {
            let what = format!("line {}: {error}", scan.line);
            let fault = MessageFault::new("carmen", FaultClass::from(&error), what);
            refusals.add(&fault, scan.stamp);
            continue;
        }
        way.push(scan.map_from_lidar.position());
        span = Some(widened(span, scan.stamp));
        let scanned = &scan.scan;
        ends.clear();
        ends.extend((0..scanned.ranges.len()).filter_map(|index| {
            let ray = scanned.ray(index, scan.map_from_lidar, settings.map.range_m)?;
            (ray.outcome == Return::Hit).then_some(ray.end)
        }));
        watch(&Step {
            count: way.len(),
            stamp: Some(scan.stamp),
            map_from_base: scan.map_from_lidar,
            ends: &ends,
            map: MapSoFar::Grid(builder.grid()),
            is_last: false,
        });
    }
    if way.is_empty() {
        return Err(MappingError::Unused {
            path: path.to_owned(),
            notes: refusals.notes(),
            hint: "",
        });
    }
    let mut remarks = log.notes();
    remarks.extend(refusals.notes());
    let refused = log.refused.as_ref().map_or(0, |(count, _)| *count);
    Ok(Mapped {
        map: builder.finish(),
        kind: "scans",
        path: way,
        span,
        left_out: refused + refusals.total(),
        matching: None,
        remarks,
        refusals,
    })
}

fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(File::open(path)?);
    Ok(if file.fill_buf()?.starts_with(&GZIP_MAGIC) {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}
