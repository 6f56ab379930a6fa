//! A CARMEN log becomes a map: its poses are corrected already.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use perception::{CarmenReader, CarmenSettings, MapBuilder, Return};

use super::{MapSoFar, Mapped, MappingError, MappingSettings, Step, widened};

/// Maps a log, `.log` or `.log.gz`. `watch` sees every scan.
pub fn map_carmen(
    path: &Path,
    settings: &MappingSettings,
    mut watch: impl FnMut(&Step<'_>),
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
    let (mut way, mut span, mut ends) = (Vec::new(), None, Vec::new());
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
