//! Builds a volume from sensors with known 3D poses, such as a recorded sequence.

use super::{SensorPath, SensorPose, VolumeGrid, VolumeSettings};
use crate::{
    Cell, DepthImage, GridFrame, LogOdds, OccupancyGrid, PinholeCamera, Point2, PointCloud, Pose3,
    SensorError, SettingsError, Stamp,
};

/// Integrates point clouds and depth images with known poses into a fixed volume.
///
/// The frame of the poses has its z axis up, and the floor at `base_height_m` below its origin.
/// [`GroundPlane`](crate::GroundPlane) determines that frame for sequences recorded in another
/// frame.
#[derive(Debug, Clone)]
pub struct VolumeBuilder {
    grid: VolumeGrid,
    messages: i64,
    /// Position below the first sensor, from which the floor is tracked.
    start: Option<Point2>,
}

impl VolumeBuilder {
    /// Creates an empty volume over the cells of `frame`.
    pub fn new(settings: VolumeSettings, frame: GridFrame) -> Result<Self, SettingsError> {
        Ok(Self {
            grid: VolumeGrid::unknown(settings, frame, 0.0)?,
            messages: 0,
            start: None,
        })
    }

    /// Adds a depth image taken at a pose of the camera's optical frame.
    pub fn add_depth(
        &mut self,
        grid_from_camera: &Pose3,
        camera: &PinholeCamera,
        image: &DepthImage,
    ) -> Result<(), SensorError> {
        image.validate(camera)?;
        let pose = self.place(grid_from_camera, "pose of the camera")?;
        self.grid
            .add_depth(Stamp(self.messages), &pose, camera, image)
    }

    /// Adds a cloud taken at a pose of the LiDAR; the times of its points are ignored.
    pub fn add_cloud(
        &mut self,
        grid_from_lidar: &Pose3,
        cloud: &PointCloud,
    ) -> Result<(), SensorError> {
        cloud.validate()?;
        let path = SensorPath {
            poses: &[self.place(grid_from_lidar, "pose of the lidar")?],
            first_s: 0.0,
            per_second: 0.0,
        };
        self.grid.add_cloud(Stamp(self.messages), &path, cloud);
        Ok(())
    }

    fn place(&mut self, pose: &Pose3, what: &'static str) -> Result<SensorPose, SensorError> {
        if !pose.to_homogeneous().iter().all(|value| value.is_finite()) {
            return Err(SensorError::NotFinite { what });
        }
        let mut grid_from_sensor = *pose;
        grid_from_sensor.translation.z += self.grid.settings().base_height_m;
        let below = grid_from_sensor.translation.vector;
        self.start.get_or_insert(Point2::new(below.x, below.y));
        self.messages += 1;
        Ok(SensorPose {
            grid_from_sensor,
            self_centre: None,
        })
    }

    /// Volume with all messages added so far.
    pub fn volume(&mut self) -> &VolumeGrid {
        if let Some(start) = self.start {
            self.grid.update(start);
        }
        &self.grid
    }

    /// Occupancy grid that a robot with a planar map would have.
    pub fn occupancy(&mut self, evidence: LogOdds) -> OccupancyGrid {
        let volume = self.volume();
        let mut grid = OccupancyGrid::unknown(*volume.frame(), evidence);
        for (index, class) in volume.classes().iter().enumerate() {
            if class.cell() != Cell::Unknown {
                grid.declare(index, class.cell());
            }
        }
        grid
    }
}
