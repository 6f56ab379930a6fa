//! A recording through a robot's own mapper: what its map held, message by message.
//!
//! ```text
//! recording ─▶ scans, clouds, depth images, odometry ─▶ Mapper ─▶ a Snapshot a tick
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use perception::{
    Beam, Mapper, MapperSettings, Point2, Pose2, SensorEvent, Snapshot, Stamped, VolumeGrid,
};
use training::{Demonstration, ReadSettings, Record};

use super::{BagSettings, MappingError};
use crate::recording::open_recording;

/// What a robot knew at a tick of a recording.
#[derive(Debug, Clone, Copy)]
pub struct Replayed<'a> {
    /// The map, odometry frame.
    pub snapshot: &'a Snapshot,
    /// The columns behind it, where the mapper keeps any.
    pub volume: Option<&'a VolumeGrid>,
    /// Where beams of the scan since the last tick ended, odometry frame; none without a scan.
    pub ends: &'a [Point2],
}

/// Replays a recording through a mapper; `watch` sees every tick: every command, or where there
/// are none every odometry message. Gives how many messages the mapper refused.
pub fn replay(
    path: &Path,
    bag_settings: &BagSettings,
    mapper: &MapperSettings,
    mut watch: impl FnMut(&Replayed<'_>),
) -> Result<usize, MappingError> {
    let usual = ReadSettings::default();
    let settings = ReadSettings {
        scan: bag_settings.scan.clone().unwrap_or(usual.scan),
        odometry: bag_settings.odometry.clone().unwrap_or(usual.odometry),
        base_from_lidar: bag_settings.base_from_lidar,
        ..ReadSettings::default()
    };
    let mut bag = open_recording(path, |_| true)?;
    let read = Demonstration::from_bag(bag.as_mut(), &BTreeMap::new(), &settings);
    let demonstration = read.map_err(|source| MappingError::Replay {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    let mut mapper = Mapper::new(mapper.clone())?;
    let mut snapshot = Snapshot::default();
    let (mut refused, mut ends) = (0, Vec::new());
    for entry in demonstration.entries {
        match entry.record {
            Record::Sensor(value) => {
                if let SensorEvent::Scan {
                    base_from_lidar,
                    scan,
                } = &value
                {
                    ends.clear();
                    ends.extend((0..scan.ranges.len()).filter_map(|index| {
                        let Beam::Hit(range) = scan.beam(index) else {
                            return None;
                        };
                        let (sin, cos) = scan.angle(index).sin_cos();
                        Some(*base_from_lidar * Point2::new(range * cos, range * sin))
                    }));
                }
                let stamp = entry.stamp;
                refused += usize::from(mapper.observe(&Stamped { stamp, value }).is_err());
            }
            Record::Command(_) => {
                mapper.refresh(&mut snapshot);
                let odom_from_base: Pose2 = snapshot.odom_from_base;
                for end in &mut ends {
                    *end = odom_from_base * *end;
                }
                watch(&Replayed {
                    snapshot: &snapshot,
                    volume: mapper.volume(),
                    ends: &ends,
                });
                ends.clear();
            }
            Record::Goal(_) | Record::Advice(_) => {}
        }
    }
    Ok(refused)
}
