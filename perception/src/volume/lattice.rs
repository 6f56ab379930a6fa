//! Transformation from a sensor's frame to voxel coordinates.
// functions that are not inlined into a function with target features are compiled without them
#![allow(clippy::inline_always)]

use super::ends::{BATCH, End, Ends};
use super::layers::Layers;
use crate::wide::whole;
use crate::{GridFrame, Point3, Pose3};

/// Pose of a sensor and of the robot that carries it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SensorPose {
    /// Pose of the sensor in the frame of the grid.
    pub grid_from_sensor: Pose3,
    /// Floor position under the centre of the robot, around which points belong to the robot
    /// itself. `None` for a sensor without a robot.
    pub self_centre: Option<Point3>,
}

/// Poses of a sensor during a message, equidistant in time from the first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SensorPath<'a> {
    pub poses: &'a [SensorPose],
    /// Start of the interval of the first pose, s after the stamp.
    pub first_s: f32,
    /// Poses per second; 0 for a single pose.
    pub per_second: f32,
}

impl SensorPath<'_> {
    /// Index of the pose at `time_s` after the stamp.
    #[inline(always)]
    pub(crate) fn index(&self, time_s: f32) -> u32 {
        let index = whole((time_s - self.first_s) * self.per_second).max(0) as u32;
        index.min(self.poses.len() as u32 - 1)
    }
}

/// Shape of the robot for the removal of its own points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SelfShape {
    pub radius_m: f64,
    pub height_m: f64,
}

/// Transform from a sensor's frame to voxels: x and y in cells, z in layers, from the grid's lowest
/// corner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    rows: [[f32; 4]; 3],
    self_centre: [f32; 2],
    self_radius_squared: f32,
    self_top: f32,
}

impl Placement {
    pub(crate) fn new(
        frame: &GridFrame,
        layers: &Layers,
        pose: &SensorPose,
        shape: SelfShape,
    ) -> Self {
        let matrix = pose.grid_from_sensor.to_homogeneous();
        let lowest = [frame.origin.x, frame.origin.y, layers.bottom_m];
        let side = [frame.resolution_m, frame.resolution_m, layers.layer_m];
        let mut rows = [[0.0; 4]; 3];
        for (axis, row) in rows.iter_mut().enumerate() {
            for (column, entry) in row.iter_mut().enumerate() {
                let shift = if column == 3 { lowest[axis] } else { 0.0 };
                *entry = ((matrix[(axis, column)] - shift) / side[axis]) as f32;
            }
        }
        let centre = pose.self_centre.unwrap_or_default();
        let cells = (centre.xy() - frame.origin) / frame.resolution_m;
        let radius = shape.radius_m / frame.resolution_m;
        Self {
            rows,
            self_centre: [cells.x as f32, cells.y as f32],
            self_radius_squared: pose.self_centre.map_or(-1.0, |_| (radius * radius) as f32),
            self_top: ((centre.z + shape.height_m - lowest[2]) / side[2]) as f32,
        }
    }

    /// Transforms a point of the sensor's frame, m, to voxel units.
    #[inline(always)]
    pub(crate) fn place(&self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        self.rows.map(|[along_x, along_y, along_z, shift]| {
            along_x * x + along_y * y + along_z * z + shift
        })
    }

    /// Transforms a batch of points; hits on the robot itself are removed.
    #[inline(always)]
    pub(crate) fn place_all(&self, points: &[[f32; BATCH]; 3], ends: &mut Ends) {
        let [xs, ys, zs] = points;
        for index in 0..BATCH {
            let end = self.place([xs[index], ys[index], zs[index]]);
            for (places, place) in ends.place.iter_mut().zip(end) {
                places[index] = place;
            }
            let is_hit = matches!(ends.kind[index], End::Hit | End::Weak);
            let is_own = is_hit & self.is_robot(end);
            ends.kind[index] = if is_own { End::None } else { ends.kind[index] };
        }
    }

    /// Rotates a direction of the sensor's frame into voxel units.
    #[inline(always)]
    pub(crate) fn turn(&self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        self.rows
            .map(|[along_x, along_y, along_z, _]| along_x * x + along_y * y + along_z * z)
    }

    /// Position of the sensor, in voxel units.
    pub(crate) fn origin(&self) -> [f32; 3] {
        self.rows.map(|row| row[3])
    }

    /// True for a point on the robot itself.
    #[inline(always)]
    pub(crate) fn is_robot(&self, [x, y, z]: [f32; 3]) -> bool {
        let (dx, dy) = (x - self.self_centre[0], y - self.self_centre[1]);
        dx * dx + dy * dy < self.self_radius_squared && z < self.self_top
    }
}
