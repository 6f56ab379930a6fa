//! Replay of a recording through the controller's mapper: the local map after each message.
//!
//! ```text
//! recording ─▶ scans, clouds, depth images, odometry ─▶ Mapper ─▶ a Snapshot a tick
//! ```
//!
//! Odometry of real robots arrives later than scans: a message waits until odometry covers its
//! whole sweep.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use controller::ControllerSettings;
use perception::planar;
use perception::{
    Beam, Mapper, Point2, ScanFilter, SensorError, SensorEvent, Snapshot, Stamp, Stamped,
    VolumeGrid,
};
use training::{Demonstration, DemonstrationError, ReadSettings, Record};

use super::{BagSettings, MappingError};
use runtime::recording::open_recording;

/// State of the mapper at a tick of a recording.
#[derive(Debug, Clone, Copy)]
pub struct Replayed<'a> {
    /// The map, odometry frame.
    pub snapshot: &'a Snapshot,
    /// The voxel columns of the map, if the mapper has any.
    pub volume: Option<&'a VolumeGrid>,
    /// Endpoints of the scan since the last tick, odometry frame; empty without a scan.
    pub ends: &'a [Point2],
}

/// Replays a recording through a robot's scan filter and mapper. `watch` is called on every tick:
/// on every command, or on every odometry message if there are no commands. Returns notes for the
/// user: the number of rejected messages and the reasons.
pub fn replay(
    path: &Path,
    bag_settings: &BagSettings,
    robot: &ControllerSettings,
    mut watch: impl FnMut(&Replayed<'_>),
) -> Result<Vec<String>, MappingError> {
    let usual = ReadSettings::default();
    let settings = ReadSettings {
        scan: bag_settings.scan.clone().unwrap_or(usual.scan),
        odometry: bag_settings.odometry.clone().unwrap_or(usual.odometry),
        base_from_lidar: bag_settings.base_from_lidar.as_ref().map(planar),
        ..ReadSettings::default()
    };
    let mut bag = open_recording(path, |_| true)?;
    let mut unread: Option<(usize, DemonstrationError)> = None;
    let mut leave_out = |error| {
        unread.get_or_insert((0, error)).0 += 1;
        Ok(())
    };
    let read = Demonstration::from_bag(&mut bag, &BTreeMap::new(), &settings, &mut leave_out);
    let demonstration = read.map_err(|source| MappingError::Replay {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    let mut player = Player {
        scan_filter: ScanFilter::new(robot.scan_filter.clone(), &robot.footprint)?,
        mapper: Mapper::new(robot.mapper.clone())?,
        waiting: VecDeque::new(),
        known: None,
        ends: Vec::new(),
        refused: None,
    };
    let mut snapshot = Snapshot::default();
    for entry in demonstration.entries {
        match entry.record {
            Record::Sensor(value) => match accepted(value) {
                Ok(value) => player.hear(Stamped {
                    stamp: entry.stamp,
                    value,
                }),
                Err(error) => player.refuse(error),
            },
            Record::Command(_) => {
                player.mapper.refresh(&mut snapshot);
                for end in &mut player.ends {
                    *end = snapshot.odom_from_base * *end;
                }
                watch(&Replayed {
                    snapshot: &snapshot,
                    volume: player.mapper.volume(),
                    ends: &player.ends,
                });
                player.ends.clear();
            }
            Record::Goal(_) | Record::Path(_) | Record::Advice(_) => {}
        }
    }
    let counted = |count: usize| match count {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let unread = unread.map(|(count, first)| {
        let messages = counted(count);
        format!("the robot's map leaves out {messages} that cannot be read, the first: {first}")
    });
    let refused = player.refused.map(|(count, first)| {
        let messages = counted(count);
        format!("the robot's map refused {messages}, the first: {first}")
    });
    Ok(unread.into_iter().chain(refused).collect())
}

/// Passes messages to a mapper as soon as odometry covers them.
struct Player {
    scan_filter: ScanFilter,
    mapper: Mapper,
    waiting: VecDeque<Stamped<SensorEvent>>,
    /// Stamp of the latest odometry.
    known: Option<Stamp>,
    /// Endpoints of the latest scan, base frame.
    ends: Vec<Point2>,
    refused: Option<(usize, SensorError)>,
}

impl Player {
    fn hear(&mut self, event: Stamped<SensorEvent>) {
        if matches!(event.value, SensorEvent::Odometry(_)) {
            self.known = self.known.max(Some(event.stamp));
            self.tell(&event);
        } else {
            self.waiting.push_back(event);
        }
        let known = self.known;
        let is_known = |first: &Stamped<SensorEvent>| Some(sweep_end(first)) <= known;
        while self.waiting.front().is_some_and(is_known)
            && let Some(event) = self.waiting.pop_front()
        {
            self.tell(&event);
        }
    }

    fn refuse(&mut self, error: SensorError) {
        self.refused.get_or_insert((0, error)).0 += 1;
    }

    fn tell(&mut self, event: &Stamped<SensorEvent>) {
        let event = self.scan_filter.filter(event);
        if let Err(error) = self.mapper.observe(event) {
            self.refuse(error);
            return;
        }
        let SensorEvent::Scan {
            base_from_lidar,
            scan,
        } = &event.value
        else {
            return;
        };
        self.ends.clear();
        let ends = (0..scan.ranges.len()).filter_map(|index| {
            let Beam::Hit(range) = scan.beam(index) else {
                return None;
            };
            let (sin, cos) = scan.angle(index).sin_cos();
            Some(*base_from_lidar * Point2::new(range * cos, range * sin))
        });
        self.ends.extend(ends);
    }
}

/// Validates a scan; other events are unchanged.
fn accepted(event: SensorEvent) -> Result<SensorEvent, SensorError> {
    Ok(match event {
        SensorEvent::Scan {
            base_from_lidar,
            scan,
        } => SensorEvent::Scan {
            base_from_lidar,
            scan: scan.accepted(None)?,
        },
        other => other,
    })
}

/// Time of the last measurement of a message.
fn sweep_end(event: &Stamped<SensorEvent>) -> Stamp {
    let sweep_s = match &event.value {
        SensorEvent::Scan { scan, .. } => {
            scan.time_increment * scan.ranges.len().saturating_sub(1) as f64
        }
        SensorEvent::Cloud { cloud, .. } => {
            let times = cloud.points.iter().map(|point| point.time_s);
            f64::from(times.fold(0.0_f32, f32::max))
        }
        SensorEvent::Depth { .. } | SensorEvent::Odometry(_) => 0.0,
    };
    // 1 ns of tolerance for the rounding of stamps
    let sweep_ns = (sweep_s.clamp(0.0, 1e3) * 1e9).floor() as i64 - 1;
    Stamp(event.stamp.0.saturating_add(sweep_ns.max(0)))
}
