//! Mapping from a CARMEN log, which has corrected poses.

use std::path::Path;

use mapping::MapBuilder;
use perception::Return;
use runtime::carmen_log::read_carmen;

use super::{MapSoFar, Mapped, MappingError, MappingSettings, Step, widened};
use runtime::Refusals;
use runtime::node::{FaultClass, MessageFault};

/// Maps a log. `watch` is called after every scan.
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
