//! A recording of a robot with a planar scanner becomes a map.
//!
//! Two passes: the first learns where the robot was by odometry and where the scanner is mounted,
//! the second places the scans, each beam by its own time.

use std::path::Path;

use perception::recording::messages::{LaserScanMessage, OdometryMessage, Transforms};
use perception::recording::{BagReader, RawMessage, RecordingError, definitions, mounting, planar};
use perception::scan_matching::{MatchedMapBuilder, sweep_rays};
use perception::{
    LaserScan, MapBuilder, Pose2, Ray, Stamp, StaticMap, TransformBuffer, TransformError,
    TransformSettings, wrap_angle,
};

use super::{Mapped, MappingError, MappingSettings, widened};
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

/// Maps a recording. `done` hears of every scan.
pub fn map_bag(
    path: &Path,
    bag_settings: &BagSettings,
    settings: &MappingSettings,
    mut done: impl FnMut(usize),
) -> Result<Mapped, MappingError> {
    let mut bag = open_recording(path, |_| true)?;
    let scan_topic = topic_of(
        path,
        bag.as_ref(),
        bag_settings.scan.as_deref(),
        definitions::LASER_SCAN.name,
        "/scan",
    )?;
    let poses = Poses::read(path, bag.as_mut(), bag_settings)?;
    let mut scans = Scans {
        path,
        settings,
        base_from_lidar: bag_settings.base_from_lidar,
        poses,
        map: Map::new(settings)?,
        rays: Vec::new(),
        mapped: Mapped {
            map: StaticMap::from_grid(&perception::OccupancyGrid::default()),
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
        scans.add(&raw)?;
        done(scans.mapped.path.len());
    }
    scans.finish()
}

fn broken(path: &Path) -> impl Fn(RecordingError) -> MappingError {
    let path = path.to_owned();
    move |source| MappingError::Recording {
        path: path.clone(),
        source,
    }
}

/// The topic that was asked for, or the only one of its type, or the usual one of several.
fn topic_of(
    path: &Path,
    bag: &dyn BagReader,
    asked: Option<&str>,
    kind: &str,
    usual: &str,
) -> Result<String, MappingError> {
    let filled = || bag.topics().iter().filter(|topic| topic.count > 0);
    let missing = |found: String, expected: String| MappingError::Missing {
        path: path.to_owned(),
        found,
        expected,
    };
    let fitting: Vec<&str> = filled()
        .filter(|topic| topic.kind == kind)
        .map(|topic| topic.name.as_str())
        .collect();
    let chosen = match (asked, fitting.as_slice()) {
        (Some(asked), _) => asked,
        (None, [only]) => only,
        (None, several) if several.contains(&usual) => usual,
        (None, []) => {
            let all: Vec<String> = filled()
                .map(|topic| format!("{} ({})", topic.name, topic.kind))
                .collect();
            let found = format!("topics are {}", all.join(", "));
            return Err(missing(found, format!("one of type {kind}")));
        }
        (None, several) => {
            let found = format!("several topics of type {kind}: {}", several.join(", "));
            return Err(missing(found, "one of them by option".to_owned()));
        }
    };
    let Some(topic) = filled().find(|topic| topic.name == chosen) else {
        let found = format!("no message on {chosen}");
        return Err(missing(found, kind.to_owned()));
    };
    topic.expect(&[kind]).map_err(broken(path))?;
    Ok(chosen.to_owned())
}

/// Where the robot was by odometry, and where its sensors are.
struct Poses {
    odometry: TransformBuffer,
    mountings: TransformBuffer,
    odom: String,
    base: String,
    /// Transforms that contradict earlier ones: how many, and the first.
    refused: Option<(usize, TransformError)>,
}

impl Poses {
    fn read(
        path: &Path,
        bag: &mut dyn BagReader,
        settings: &BagSettings,
    ) -> Result<Self, MappingError> {
        // a whole recording is looked into from anywhere
        let whole = TransformSettings {
            window_s: 1e9,
            samples_max: usize::MAX,
            ..TransformSettings::default()
        };
        let mut this = Self {
            odometry: TransformBuffer::new(whole)?,
            mountings: TransformBuffer::new(whole)?,
            odom: String::new(),
            base: String::new(),
            refused: None,
        };
        let odometry_topic = match &settings.frames {
            Some([odom, base]) => {
                (this.odom, this.base) = (odom.clone(), base.clone());
                None
            }
            None => {
                let asked = settings.odometry.as_deref();
                let kind = definitions::ODOMETRY.name;
                Some(topic_of(path, bag, asked, kind, "/odom")?)
            }
        };
        let mut topics = vec!["/tf", "/tf_static"];
        topics.extend(odometry_topic.as_deref());
        bag.select(&topics);
        let broken = broken(path);
        while let Some(raw) = bag.next_message().map_err(&broken)? {
            if Some(raw.topic.name.as_str()) == odometry_topic.as_deref() {
                this.odometry(&raw).map_err(&broken)?;
            } else {
                this.transforms(&raw).map_err(&broken)?;
            }
        }
        Ok(this)
    }

    fn odometry(&mut self, raw: &RawMessage) -> Result<(), RecordingError> {
        let message: OdometryMessage = raw.decode()?;
        let pose = message.pose.to_pose3().ok_or_else(|| {
            let found = format!("{:?}", message.pose);
            raw.fault(
                "pose",
                &found,
                "finite numbers and a quaternion of some length",
            )
        })?;
        (self.odom, self.base) = (message.header.frame_id, message.child_frame_id);
        let stamp = message.header.stamp.into();
        let told = self.odometry.insert(&self.odom, &self.base, stamp, pose);
        self.note(told);
        Ok(())
    }

    fn transforms(&mut self, raw: &RawMessage) -> Result<(), RecordingError> {
        let message: Transforms = raw.decode()?;
        raw.topic.expect(&[definitions::TF_MESSAGE.name])?;
        for link in message.transforms {
            let pose = link.transform.to_pose3().ok_or_else(|| {
                let found = format!("{:?}", link.transform);
                raw.fault(
                    "transform",
                    &found,
                    "finite numbers and a quaternion of some length",
                )
            })?;
            let (parent, child) = (&link.header.frame_id, &link.child_frame_id);
            let told = if raw.topic.name == "/tf_static" {
                self.mountings.insert_fixed(parent, child, pose)
            } else {
                let stamp = link.header.stamp.into();
                self.mountings.insert(parent, child, stamp, pose)
            };
            self.note(told);
        }
        Ok(())
    }

    /// A robot may say of frames that no map needs what contradicts itself.
    fn note(&mut self, told: Result<(), TransformError>) {
        if let Err(error) = told {
            self.refused.get_or_insert((0, error)).0 += 1;
        }
    }

    /// Where the base was, when odometry covers the stamp.
    fn odom_from_base(&self, stamp: Stamp) -> Option<Pose2> {
        let told = if self.odometry.knows(&self.base) {
            &self.odometry
        } else {
            &self.mountings
        };
        let pose = told.lookup(&self.odom, &self.base, stamp).ok()?;
        Some(planar(&pose))
    }
}

/// Time over which turning is told at least, s: wheels report in steps.
const TURNING_S: f64 = 0.1;

impl Poses {
    /// Rate of turning from a stamp on, for the time of a sweep or a moment, rad/s; 0 where
    /// odometry ends.
    fn turning(&self, stamp: Stamp, sweep_s: f64) -> f64 {
        let over_s = sweep_s.max(TURNING_S);
        let later = Stamp(stamp.0.saturating_add((over_s * 1e9) as i64));
        match (self.odom_from_base(stamp), self.odom_from_base(later)) {
            (Some(from), Some(to)) => wrap_angle(to.yaw - from.yaw).abs() / over_s,
            _ => 0.0,
        }
    }
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
    mapped: Mapped,
    scores: Vec<f64>,
}

impl Scans<'_> {
    fn add(&mut self, raw: &RawMessage) -> Result<(), MappingError> {
        let message: LaserScanMessage = raw.decode().map_err(broken(self.path))?;
        let stamp = Stamp::from(message.header.stamp);
        let frame = message.header.frame_id.clone();
        let mut scan = LaserScan::from(message);
        let place = format!("{}, message {}", raw.topic.name, raw.index);
        let path = self.path;
        let refused = |source| MappingError::Sensor {
            path: path.to_owned(),
            place: place.clone(),
            source,
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
            return Ok(());
        };
        let sweep_s = scan.time_increment * scan.ranges.len() as f64;
        let is_calm = poses.turning(stamp, sweep_s) <= self.settings.turn_max_rad_s;
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
        self.mapped.span = widened(self.mapped.span, stamp);
        Ok(())
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
                source,
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
