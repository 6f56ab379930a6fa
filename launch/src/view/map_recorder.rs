//! Records a map over time for its page.

use mapping::StaticMap;
use perception::{Footprint, Point2, Pose2, Snapshot, Stamp, VolumeGrid};

use super::film::Camera;
use super::layers::Layers;
use super::record::{DriveRecord, TickRecord};
use super::recorder::rounded;
use super::run_length::RunLengthError;
use super::settings::ViewSettings;
use super::shapes::{Shapes, footprint_corners, millimetres, short};
use crate::mapping::{MapSoFar, Step};

/// Maximum number of stored endpoints of a scan.
const ENDS_MAX: usize = 120;
/// Symbol of a robot without a known outline: an arrow, m.
const ARROW: [[f64; 2]; 4] = [[0.3, 0.0], [-0.2, 0.2], [-0.1, 0.0], [-0.2, -0.2]];
/// Assumed period of messages without stamps, s.
const UNSTAMPED_S: f64 = 1.0;

/// Recorder of a map over time.
#[derive(Debug)]
pub struct MapRecorder {
    settings: ViewSettings,
    ticks: Vec<TickRecord>,
    camera: Camera,
    first: Option<Stamp>,
    is_fused: bool,
}

impl MapRecorder {
    /// A recorder with these settings of the page.
    pub fn new(settings: ViewSettings) -> Self {
        Self {
            settings,
            ticks: Vec::new(),
            camera: Camera::new(settings.map_period_s),
            first: None,
            is_fused: false,
        }
    }

    /// Records a message of a building's map. The map is unchanged.
    pub fn watch(&mut self, step: &Step<'_>) {
        let t_s = match step.stamp {
            Some(stamp) => stamp.secs_since(*self.first.get_or_insert(stamp)),
            None => UNSTAMPED_S * (step.count as f64 - 1.0),
        };
        self.tick(t_s, step.map_from_base, step.ends);
        if !(self.camera.is_due(t_s) || step.is_last) {
            return;
        }
        let layers = match step.map {
            MapSoFar::Grid(grid) => Layers::of_grid(grid),
            MapSoFar::Volume(builder) => {
                self.is_fused = true;
                Layers::of_volume(builder.clone().volume())
            }
        };
        self.camera.see(t_s, Pose2::IDENTITY, &layers);
    }

    /// Records a robot's own map and the endpoints of beams, odometry frame.
    pub fn see(
        &mut self,
        snapshot: &Snapshot,
        volume: Option<&VolumeGrid>,
        near_m: f64,
        ends: &[Point2],
    ) {
        let first = *self.first.get_or_insert(snapshot.stamp);
        let t_s = snapshot.stamp.secs_since(first);
        self.is_fused |= volume.is_some();
        self.tick(t_s, snapshot.odom_from_base, ends);
        let layers = Layers::of_snapshot(snapshot, volume, near_m);
        self.camera.see(t_s, Pose2::IDENTITY, &layers);
    }

    fn tick(&mut self, t_s: f64, pose: Pose2, ends: &[Point2]) {
        let pose = rounded(pose);
        let velocity = self.ticks.last().map_or([0.0; 2], |last| {
            let elapsed_s = (t_s - last.t).max(1e-3);
            let way = [pose[0] - last.pose[0], pose[1] - last.pose[1]];
            let ahead = way[0] * pose[2].cos() + way[1] * pose[2].sin();
            let turned = perception::wrap_angle(pose[2] - last.pose[2]);
            [ahead, turned].map(|moved| millimetres(moved / elapsed_s))
        });
        let step = ends.len().div_ceil(ENDS_MAX).max(1);
        self.ticks.push(TickRecord {
            t: millimetres(t_s),
            pose,
            velocity,
            scan: ends.iter().step_by(step).map(|end| short(*end)).collect(),
            ..TickRecord::default()
        });
    }

    /// The record. `finished` is the final map, if it is planar; `footprint` is the robot's
    /// outline, if known.
    pub fn finish(
        mut self,
        title: &str,
        finished: Option<&StaticMap>,
        footprint: Option<&Footprint>,
    ) -> Result<DriveRecord, RunLengthError> {
        if let (Some(map), Some(last), false) = (finished, self.ticks.last(), self.is_fused) {
            self.camera
                .see(last.t, Pose2::IDENTITY, &Layers::of_map(map));
        }
        let bytes_max = self.settings.bytes_max();
        let start = self.ticks.first().map_or([0.0; 3], |tick| tick.pose);
        let mut record = DriveRecord {
            title: title.to_owned(),
            outcome: String::new(),
            details: String::new(),
            is_success: None,
            world: Shapes::default(),
            is_fused: self.is_fused,
            movers: Vec::new(),
            footprint: footprint.map_or_else(|| ARROW.to_vec(), footprint_corners),
            start,
            goal: None,
            contact: None,
            ticks: self.ticks,
            film: self.camera.finish(bytes_max / 2)?,
        };
        record.fit_ticks(bytes_max / 2);
        Ok(record)
    }
}
