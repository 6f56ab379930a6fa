//! Pose of the robot in the volume: height above the floor, and levelling.

use super::column::between;
use super::grid::VolumeGrid;
use super::levelling::FloorPoint;
use crate::{PointCloud, Pose2, Stance};

/// Tolerance of level floor in layers, and its growth per distance.
const OFF_LEVEL: f32 = 0.6;
const LEAN: f64 = 0.005;
/// Number of points of a sweep, up to twice as many, that are searched for floor.
const LEVEL_POINTS: usize = 4096;
/// Height change of the robot, in layers, at which the window follows.
const RISE_LAYERS: i32 = 3;

impl VolumeGrid {
    /// Height and tilt according to odometry, corrected by the floor.
    pub(crate) fn levelled(&self, stance: &Stance) -> Stance {
        self.levelling.corrected(stance)
    }

    /// Collects floor points of a sweep, taken at a base with this height and tilt according to
    /// odometry.
    pub(crate) fn level_by(&mut self, base: Pose2, stance: &Stance, cloud: &PointCloud) {
        let settings = self.settings.levelling;
        if !settings.enabled || !self.levelling.stand(stance, base.yaw) {
            return;
        }
        let frame = &self.frame;
        let cells = (base.position() - frame.origin) / frame.resolution_m;
        let [base_x, base_y] = [cells.x as f32, cells.y as f32];
        let base_z =
            ((self.levelled(stance).height_m - self.layers.bottom_m) / self.layers.layer_m) as f32;
        let range = (settings.range_m / frame.resolution_m) as f32;
        let lean = (LEAN * frame.resolution_m / self.layers.layer_m) as f32;
        let Some(placement) = self.placements.last() else {
            return;
        };
        for point in cloud
            .points
            .iter()
            .step_by(1 + cloud.points.len() / LEVEL_POINTS)
        {
            let end = placement.place(point.position);
            let (x, y, z) = (end[0] - base_x, end[1] - base_y, end[2] - base_z);
            let far = x.hypot(y);
            if far > range || z.abs() > OFF_LEVEL + lean * far {
                continue;
            }
            let Some([column, row, _]) = self.sightings.voxel(end) else {
                continue;
            };
            let floor = self.ground.floor(column, row).layer;
            let surface = self.columns[row * frame.width + column].surface();
            if surface & between(i32::from(floor) - 1, i32::from(floor) + 1) != 0 {
                self.levelling.add(FloorPoint { x, y, z });
            }
        }
    }

    /// Sets height and tilt according to odometry; the window follows the floor by whole layers.
    pub(crate) fn stand(&mut self, stance: &Stance) {
        let height_m = self.levelled(stance).height_m;
        let layers = &mut self.layers;
        layers.floor = ((height_m - layers.bottom_m) / layers.layer_m).floor() as i32;
        let off = layers.floor - self.settings.layers_below as i32;
        if off.abs() <= RISE_LAYERS {
            return;
        }
        self.commit();
        let layers = &mut self.layers;
        layers.floor -= off;
        layers.bottom_m += f64::from(off) * layers.layer_m;
        for column in &mut self.columns {
            column.lower(off);
        }
        self.ground.lower(off);
    }
}
