//! A recording of a robot with a planar scanner becomes a map.
//!
//! Two passes: the first learns where the robot was by odometry and where the scanner is mounted,
//! the second places the scans, each beam by its own time.

use std::path::Path;

use perception::recording::messages::LaserScanMessage;
use perception::recording::{BagReader, RawMessage, definitions, mounting};
use perception::scan_matching::{MatchedMapBuilder, sweep_rays};
use perception::{LaserScan, MapBuilder, Point2, Pose2, Ray, Return, Stamp, StaticMap, wrap_angle};

use super::poses::{Poses, broken, topic_of};
use super::{MapSoFar, Mapped, MappingError, MappingSettings, Step, widened};
use crate::recording::open_recording;

/// Where in a recording to look for what; what is not told is detected.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BagSettings {
    /// Topic of the scans.
    pub scan: Option<String>,
    /// Topic of the odometry.
    pub odometry: Option<String>,
    /// Frames of the odometry and of the base: poses then come from `/tf`, not from a topic.
    pub frames: Option<[String; 2]>,
    /// Mounting of the scanner, for recordings that do not tell.
    pub base_from_lidar: Option<Pose2>,
}

/// Maps a recording. `watch` sees every scan.
pub fn map_bag(
    path: &Path,
    bag_settings: &BagSettings,
    settings: &MappingSettings,
    mut watch: impl FnMut(&Step<'_>),
) -> Result<Mapped, MappingError> {
    let mut bag = open_recording(path, |_| true)?;
    let mapped = map_open(path, &mut bag, bag_settings, settings, &mut watch);
    let notes = bag.notes();
    match mapped {
        Ok(mut mapped) => {
            mapped.remarks.extend(notes);
            Ok(mapped)
        }
        Err(error) if notes.is_empty() => Err(error),
        Err(error) => Err(MappingError::Damaged {
            error: Box::new(error),
            notes: notes.join("; "),
        }),
    }
}

fn map_open(
    path: &Path,
    bag: &mut dyn BagReader,
    bag_settings: &BagSettings,
    settings: &MappingSettings,
    watch: &mut dyn FnMut(&Step<'_>),
) -> Result<Mapped, MappingError> {
    let scan_topic = topic_of(
        path,
        bag,
        bag_settings.scan.as_deref(),
        definitions::LASER_SCAN.name,
        "/scan",
    )?;
    let poses = Poses::read(path, bag, bag_settings)?;
    let mut scans = Scans {
        path,
        settings,
        base_from_lidar: bag_settings.base_from_lidar,
        poses,
        map: Map::new(settings)?,
        rays: Vec::new(),
        ends: Vec::new(),
        mapped: Mapped {
            map: StaticMap::from_grid(&perception::OccupancyGrid::default()),
            kind: "scans",
            path: Vec::new(),
            span: None,
            left_out: 0,
            matching: None,
            remarks: Vec::new(),
        },
        scores: Vec::new(),
    };
    bag.select(&[&scan_topic]);
    let broken = broken(path);
    while let Some(raw) = bag.next_message().map_err(&broken)? {
        if let Some((stamp, map_from_base)) = scans.add(&raw)? {
            watch(&scans.step(stamp, map_from_base));
        }
    }
    scans.finish()
}

/// A map in the making, with poses corrected or as they are.
enum Map {
    Matched(Box<MatchedMapBuilder>),
    Plain(Box<MapBuilder>),
}

impl Map {
    fn new(settings: &MappingSettings) -> Result<Self, MappingError> {
        Ok(match settings.matching {
            Some(matching) => {
                Self::Matched(Box::new(MatchedMapBuilder::new(settings.map, matching)?))
            }
            None => Self::Plain(Box::new(MapBuilder::new(settings.map)?)),
        })
    }
}

/// The second pass.
struct Scans<'a> {
    path: &'a Path,
    settings: &'a MappingSettings,
    base_from_lidar: Option<Pose2>,
    poses: Poses,
    map: Map,
    rays: Vec<Ray>,
    /// Where the rays of the latest scan ended that hit something, frame of the map.
    ends: Vec<Point2>,
    mapped: Mapped,
    scores: Vec<f64>,
}

impl Scans<'_> {
    /// Adds a scan; gives its time and where the robot was, if odometry covers it.
    fn add(&mut self, raw: &RawMessage) -> Result<Option<(Stamp, Pose2)>, MappingError> {
        let message: LaserScanMessage = raw.decode().map_err(broken(self.path))?;
        let stamp = Stamp::from(message.header.stamp);
        let frame = message.header.frame_id.clone();
        let mut scan = LaserScan::from(message);
        let place = format!("{}, message {}", raw.topic.name, raw.index);
        let path = self.path;
        let refused = |source| MappingError::Sensor {
            path: path.to_owned(),
            place: place.clone(),
            source: Box::new(source),
        };
        if let Some(range_max_m) = self.settings.range_max_m {
            scan.range_max = range_max_m;
        }
        scan.validate().map_err(&refused)?;
        if !self.settings.misses_clear {
            let nowhere = scan.ranges.iter_mut().filter(|range| range.is_infinite());
            nowhere.for_each(|range| *range = f32::NAN);
        }
        let base_from_lidar = match self.base_from_lidar {
            Some(told) => told,
            None => self.mounted(raw, &frame, &mut scan)?,
        };
        let reach_m = self.settings.map.range_m;
        let poses = &self.poses;
        let odometry = |stamp| poses.odom_from_base(stamp);
        let rays = &mut self.rays;
        let Some(odom_from_base) =
            sweep_rays(&scan, stamp, base_from_lidar, reach_m, odometry, rays)
        else {
            self.mapped.left_out += 1;
            return Ok(None);
        };
        let sweep_s = scan.time_increment * scan.ranges.len() as f64;
        let is_calm = poses.turning(stamp, sweep_s) <= self.settings.turn_max_rad_s;
        let hits = rays.iter().filter(|ray| ray.outcome == Return::Hit);
        self.ends.clear();
        self.ends.extend(hits.map(|ray| ray.end));
        let map_from_base = match &mut self.map {
            Map::Matched(builder) => {
                let tracked = builder
                    .add(odom_from_base, rays, is_calm)
                    .map_err(&refused)?;
                let figures = self.mapped.matching.get_or_insert_default();
                figures.searched += usize::from(tracked.searched);
                self.scores.extend(tracked.score);
                let off = tracked.map_from_base * odom_from_base.inverse();
                let moved = tracked.map_from_base.position() - odom_from_base.position();
                figures.corrected_m = moved.norm();
                figures.corrected_rad = wrap_angle(off.yaw).abs();
                tracked.map_from_base
            }
            Map::Plain(builder) => {
                for ray in rays.iter_mut() {
                    ray.origin = odom_from_base * ray.origin;
                    ray.end = odom_from_base * ray.end;
                }
                if is_calm {
                    builder.add_rays(rays).map_err(&refused)?;
                }
                odom_from_base
            }
        };
        self.mapped.path.push(map_from_base.position());
        self.mapped.span = Some(widened(self.mapped.span, stamp));
        for end in &mut self.ends {
            *end = map_from_base * *end;
        }
        Ok(Some((stamp, map_from_base)))
    }

    /// The scan that was just added.
    fn step(&self, stamp: Stamp, map_from_base: Pose2) -> Step<'_> {
        Step {
            count: self.mapped.path.len(),
            stamp: Some(stamp),
            map_from_base,
            ends: &self.ends,
            map: MapSoFar::Grid(match &self.map {
                Map::Matched(builder) => builder.grid(),
                Map::Plain(builder) => builder.grid(),
            }),
            is_last: false,
        }
    }

    /// Where the scanner is on the base. A scan of one that hangs upside down is turned over.
    fn mounted(
        &self,
        raw: &RawMessage,
        frame: &str,
        scan: &mut LaserScan,
    ) -> Result<Pose2, MappingError> {
        let base_from_frame = self
            .poses
            .mountings
            .lookup_latest(&self.poses.base, frame)
            .map_err(|source| MappingError::Mounting {
                path: self.path.to_owned(),
                source: Box::new(source),
            })?;
        mounting(&base_from_frame.value, scan).ok_or_else(|| {
            let expected = "level, upright or upside down";
            broken(self.path)(raw.fault("plane of the scanner", &"tilted", expected))
        })
    }

    fn finish(mut self) -> Result<Mapped, MappingError> {
        if self.mapped.path.is_empty() {
            return Err(MappingError::Missing {
                path: self.path.to_owned(),
                found: format!(
                    "no odometry at the time of any of {} scans",
                    self.mapped.left_out
                ),
                expected: format!("poses of {:?} in {:?}", self.poses.base, self.poses.odom),
            });
        }
        if self.mapped.left_out > 0 {
            self.mapped.remarks.push(format!(
                "{} scans outside of the time that odometry covers were left out",
                self.mapped.left_out
            ));
        }
        if let Some((count, first)) = &self.poses.refused {
            self.mapped.remarks.push(format!(
                "{count} transforms were left out, the first: {first}"
            ));
        }
        let scored = self.scores.len().max(1) as f64;
        if let Some(figures) = &mut self.mapped.matching {
            figures.mean_score = self.scores.iter().sum::<f64>() / scored;
        }
        self.mapped.map = match &self.map {
            Map::Matched(builder) => builder.finish(),
            Map::Plain(builder) => builder.finish(),
        };
        Ok(self.mapped)
    }
}
