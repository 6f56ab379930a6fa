//! A CARMEN log becomes a map: its poses are corrected already.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use perception::{CarmenReader, CarmenSettings, MapBuilder};

use super::{Mapped, MappingError, MappingSettings, widened};

/// Maps a log, `.log` or `.log.gz`. `done` hears of every scan.
pub fn map_carmen(
    path: &Path,
    settings: &MappingSettings,
    mut done: impl FnMut(usize),
) -> Result<Mapped, MappingError> {
    let believed = CarmenSettings::default();
    let believed = CarmenSettings {
        range_max_m: settings.range_max_m.unwrap_or(believed.range_max_m),
        ..believed
    };
    let mut builder = MapBuilder::new(settings.map)?;
    let reader = open(path).map_err(|source| MappingError::File {
        path: path.to_owned(),
        source,
    })?;
    let (mut way, mut span) = (Vec::new(), None);
    for scan in CarmenReader::new(reader, believed) {
        let scan = scan.map_err(|source| MappingError::Carmen {
            path: path.to_owned(),
            source,
        })?;
        builder
            .add(scan.map_from_lidar, &scan.scan)
            .map_err(|source| MappingError::Sensor {
                path: path.to_owned(),
                place: format!("line {}", scan.line),
                source: Box::new(source),
            })?;
        way.push(scan.map_from_lidar.position());
        span = Some(widened(span, scan.stamp));
        done(way.len());
    }
    if way.is_empty() {
        return Err(MappingError::Missing {
            path: path.to_owned(),
            found: "no FLASER line in it".to_owned(),
            expected: "scans of a CARMEN log".to_owned(),
        });
    }
    Ok(Mapped {
        map: builder.finish(),
        kind: "scans",
        path: way,
        span,
        left_out: 0,
        matching: None,
        remarks: Vec::new(),
    })
}

fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let file = File::open(path)?;
    Ok(if path.extension().is_some_and(|kind| kind == "gz") {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    })
}
