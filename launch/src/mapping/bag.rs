//! Mapping from a recording of a robot with a planar LiDAR.
//!
//! Two passes: the first reads odometry and the mounting of the LiDAR, the second inserts the
//! scans, each beam at the pose of its own time.

use std::path::Path;

use mapping::MapBuilder;
use mapping::StaticMap;
use mapping::{MatchedMapBuilder, sweep_rays};
use perception::mounting;
use perception::{
    Beam, LaserScan, Point2, Pose2, Pose3, Ray, Return, SensorError, Stamp, TransformError,
    wrap_angle,
};
use recordings::messages::LaserScanMessage;
use recordings::{BagReader, RawMessage};

use super::poses::{Poses, broken, spanned, unchosen};
use super::{MapSoFar, Mapped, MappingError, MappingSettings, Step, widened};
use runtime::Refusals;
use runtime::node::{FaultClass, MessageFault, TILTED};
use runtime::recording::open_recording;
use runtime::refusals::next_message;
use runtime::topics::Wanted;

/// Topics, frames and mounting in a recording; unset ones are detected.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BagSettings {
    /// Topic of the scans.
    pub scan: Option<String>,
    /// Topic of the odometry.
    pub odometry: Option<String>,
    /// Odometry and base frame: poses are then read from `/tf` instead of an odometry topic.
    pub frames: Option<[String; 2]>,
    /// Mounting of the LiDAR, for recordings without its transform.
    pub base_from_lidar: Option<Pose3>,
    /// Base frame of odometry with an empty `child_frame_id`; none: `base_link`.
    pub base_frame: Option<String>,
}

/// Maps a recording. `watch` is called after every scan.
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
    let wanted = Wanted::scan(bag_settings.scan.as_deref(), "--scan-topic");
    let scan_topic = wanted.choose(bag).map_err(unchosen(path))?;
    let mut refusals = Refusals::default();
    let range_max_m = settings.range_max_m;
    let poses = Poses::read(
        path,
        bag,
        bag_settings,
        &scan_topic,
        range_max_m,
        &mut refusals,
    )?;
    let are_judged = poses.scans.are_judged;
    let mut scans = Scans {
        path,
        settings,
        base_from_lidar: bag_settings.base_from_lidar,
        late: poses.scans.late,
        heard: poses.scans.span,
        map: Map::new(settings)?,
        rays: Vec::new(),
        ends: Vec::new(),
        mapped: Mapped {
            map: StaticMap::from_grid(&perception::OccupancyGrid::default()),
            kind: "scans",
            path: Vec::new(),
            span: None,
            left_out: poses.scans.refused.len(),
            matching: None,
            remarks: Vec::new(),
            refusals: Refusals::default(),
        },
        scores: Vec::new(),
        unmounted: None,
        poses,
        at_limit: AtLimit::default(),
    };
    bag.select(&[&scan_topic]);
    let broken = broken(path);
    // scans checked in the first pass were also counted there
    let mut counted = Refusals::default();
    let mut number = 0;
    loop {
        let counts = if are_judged {
            &mut counted
        } else {
            &mut refusals
        };
        let Some(raw) = next_message(bag, counts).map_err(&broken)? else {
            break;
        };
        let is_refused = scans.poses.scans.refused.contains(&number);
        number += 1;
        if is_refused {
            continue;
        }
        if !are_judged {
            refusals.heard(&scan_topic);
        }
        match scans.add(&raw) {
            Ok((stamp, map_from_base)) => watch(&scans.step(stamp, map_from_base)),
            Err(fault) => {
                scans.mapped.left_out += 1;
                scans.late += usize::from(fault.class == FaultClass::Time);
                refusals.add(&fault, raw.arrival);
            }
        }
    }
    scans.finish(refusals)
}

/// Map builder, with or without scan matching.
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
    base_from_lidar: Option<Pose3>,
    poses: Poses,
    map: Map,
    rays: Vec<Ray>,
    /// Endpoints of the latest scan's returns, map frame.
    ends: Vec<Point2>,
    mapped: Mapped,
    scores: Vec<f64>,
    /// Scans rejected by their time.
    late: usize,
    /// Stamps of the first and the last scan, inserted or not.
    heard: Option<(Stamp, Stamp)>,
    /// Reason why the mounting of the first scan is unknown.
    unmounted: Option<TransformError>,
    at_limit: AtLimit,
}

impl Scans<'_> {
    /// Adds a scan; returns its time and the robot's pose.
    fn add(&mut self, raw: &RawMessage) -> Result<(Stamp, Pose2), MessageFault> {
        let message = raw.decode::<LaserScanMessage>();
        let message =
            message.map_err(|error| MessageFault::new(&raw.topic.name, (&error).into(), error))?;
        let stamp = Stamp::from(message.header.stamp);
        if !self.poses.scans.are_judged {
            self.heard = Some(widened(self.heard, stamp));
        }
        let frame = message.header.frame_id.clone();
        let topic = &raw.topic.name;
        let refused =
            |error: SensorError| MessageFault::new(topic, FaultClass::from(&error), error);
        let mut scan = LaserScan::from(message)
            .accepted(self.settings.range_max_m)
            .map_err(refused)?;
        self.at_limit.see(&scan);
        if !self.settings.misses_clear {
            let nowhere = scan.ranges.iter_mut().filter(|range| range.is_infinite());
            nowhere.for_each(|range| *range = f32::NAN);
        }
        let base_from_lidar = self.mounted(topic, &frame, &mut scan)?;
        let reach_m = self.settings.map.range_m;
        let poses = &self.poses;
        let odometry = |stamp| poses.odom_from_base(stamp);
        let rays = &mut self.rays;
        let Some(odom_from_base) =
            sweep_rays(&scan, stamp, base_from_lidar, reach_m, odometry, rays)
        else {
            let what = "outside of the time that poses cover";
            return Err(MessageFault::new(topic, FaultClass::Time, what));
        };
        let sweep_s = scan.time_increment * scan.ranges.len() as f64;
        let is_calm = poses.turning(stamp, sweep_s) <= self.settings.turn_max_rad_s;
        let hits = rays.iter().filter(|ray| ray.outcome == Return::Hit);
        self.ends.clear();
        self.ends.extend(hits.map(|ray| ray.end));
        let map_from_base = match &mut self.map {
            Map::Matched(builder) => {
                let added = builder.add(odom_from_base, rays, is_calm);
                let tracked = added.map_err(refused)?;
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
                    builder.add_rays(rays).map_err(refused)?;
                }
                odom_from_base
            }
        };
        self.mapped.path.push(map_from_base.position());
        self.mapped.span = Some(widened(self.mapped.span, stamp));
        for end in &mut self.ends {
            *end = map_from_base * *end;
        }
        Ok((stamp, map_from_base))
    }

    /// The scan added last.
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

    /// Mounting of the LiDAR on the base. The scan of an upside-down LiDAR is reversed.
    fn mounted(
        &mut self,
        topic: &str,
        frame: &str,
        scan: &mut LaserScan,
    ) -> Result<Pose2, MessageFault> {
        let base_from_scanner = if let Some(given) = self.base_from_lidar {
            given
        } else {
            let found = self.poses.mounting(frame);
            found.map_err(|error| {
                let fault = MessageFault::new(topic, FaultClass::from(&error), &error);
                self.unmounted.get_or_insert(error);
                fault
            })?
        };
        mounting(&base_from_scanner, scan)
            .ok_or_else(|| MessageFault::new(topic, FaultClass::Rotation, TILTED))
    }

    fn finish(mut self, refusals: Refusals) -> Result<Mapped, MappingError> {
        let path = || self.path.to_owned();
        if self.mapped.path.is_empty() {
            let frame = self.poses.scans.unmounted.as_deref();
            let unmounted = frame.and_then(|frame| self.poses.mounting(frame).err());
            let unmounted = unmounted.or(self.unmounted.take());
            if let Some(source) = unmounted.filter(|_| self.late == 0) {
                return Err(MappingError::Mounting {
                    path: path(),
                    source: Box::new(source),
                });
            }
            if self.late == 0 {
                let notes = refusals.notes();
                let is_range = notes.iter().any(|note| note.contains("scan.range_max"));
                return Err(MappingError::Unused {
                    path: path(),
                    notes,
                    hint: if is_range {
                        "; --range-max-m gives the range of the scanner"
                    } else {
                        ""
                    },
                });
            }
            return Err(self.unplaced(&refusals));
        }
        self.mapped.remarks.append(&mut self.poses.notes);
        self.mapped.remarks.extend(self.at_limit.note());
        self.mapped.remarks.extend(refusals.notes());
        self.mapped.refusals = refusals;
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

    /// The error of a recording without a common time range of scans and odometry.
    fn unplaced(&self, refusals: &Refusals) -> MappingError {
        let (odometry, frames) = self.poses.outline();
        MappingError::Missing {
            path: self.path.to_owned(),
            found: format!(
                "no odometry at the time of any of {} scans: scans are stamped {}, odometry is stamped {odometry}; {}",
                self.late,
                spanned(self.heard),
                refusals.notes().join("; ")
            ),
            expected: format!("stamps of one clock, and {frames}"),
        }
    }
}

/// Detector of readings just below `range_max`: some `LiDARs` report missing returns as such ranges,
/// which would map a circular wall around the robot.
#[derive(Debug, Default)]
struct AtLimit {
    /// Number of returns, and of those at the limit.
    returns: usize,
    close: usize,
    range_max_m: f64,
}

impl AtLimit {
    /// Share of `range_max` from which a reading counts as at the limit.
    const SHARE: f64 = 0.99;
    /// Maximum plausible share of returns at the limit indoors.
    const MOST: f64 = 0.1;

    fn see(&mut self, scan: &LaserScan) {
        self.range_max_m = scan.range_max;
        for index in 0..scan.ranges.len() {
            if let Beam::Hit(range_m) = scan.beam(index) {
                self.returns += 1;
                self.close += usize::from(range_m >= Self::SHARE * scan.range_max);
            }
        }
    }

    fn note(&self) -> Option<String> {
        let share = self.close as f64 / self.returns.max(1) as f64;
        let least_m = Self::SHARE * self.range_max_m;
        (share > Self::MOST).then(|| {
            format!(
                "{:.0} % of the returns are {least_m:.2} m and more, just below the scanner's range_max: if it \
                 reports so where nothing came back, use --range-max-m {least_m:.2}",
                100.0 * share
            )
        })
    }
}
