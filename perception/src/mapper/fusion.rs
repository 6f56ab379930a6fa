//! Fusion of point clouds, depth images and the planar layer in one grid.

use std::time::Duration;

use super::{Mapper, MapperSettings};
use crate::history::Standing;
use crate::volume::{PlanarLayer, SensorPath, SensorPose};
use crate::{
    Cell, DepthImage, GridFrame, OccupancyGrid, PinholeCamera, Point2, Point3, PointCloud, Pose3,
    SensorError, SettingsError, Stamp, Stance, VolumeGrid, VolumeSettings,
};

/// Poses interpolated over a sweep: for 100 ms of a turn at 2 rad/s, 3 mrad per pose.
const POSES: usize = 64;

/// Volume, and the grid that fuses it with the planar layer.
#[derive(Debug, Clone)]
pub(super) struct Fusion {
    volume: VolumeGrid,
    grid: OccupancyGrid,
    poses: Vec<SensorPose>,
    /// Centre of the disc that covers the robot itself, on the floor, base frame.
    self_centre: Point3,
}

impl Fusion {
    pub(super) fn new(
        volume: VolumeSettings,
        frame: GridFrame,
        settings: &MapperSettings,
    ) -> Result<Self, SettingsError> {
        let [x, y] = settings.footprint_centre_m;
        let self_radius_m = settings.footprint_radius_m + volume.self_margin_m;
        Ok(Self {
            volume: VolumeGrid::unknown(volume, frame, self_radius_m)?,
            grid: OccupancyGrid::unknown(frame, settings.evidence),
            poses: Vec::with_capacity(POSES),
            self_centre: Point3::new(x, y, 0.0),
        })
    }

    pub(super) fn volume(&self) -> &VolumeGrid {
        &self.volume
    }

    pub(super) fn grid(&self) -> &OccupancyGrid {
        &self.grid
    }

    pub(super) fn forget(&mut self) {
        self.volume.forget();
    }

    pub(super) fn roll(&mut self, columns: i64, rows: i64, base: Point2) {
        self.volume.roll(columns, rows, base);
    }

    /// Updates the fused grid. A cell is occupied if either layer is occupied, else free if either
    /// layer is free.
    pub(super) fn update(&mut self, planar: &OccupancyGrid, base: Point2, stance: &Stance) {
        self.volume.stand(stance);
        self.volume.update(base);
        self.grid
            .combine(planar, self.volume.classes(), |planar, class| {
                match (planar, class.cell()) {
                    (Cell::Occupied, _) | (_, Cell::Occupied) => Cell::Occupied,
                    (Cell::Free, _) | (_, Cell::Free) => Cell::Free,
                    (Cell::Unknown, Cell::Unknown) => Cell::Unknown,
                }
            });
    }

    /// Pose of a sensor in the frame of the grid for a given base pose.
    fn sensor_pose(&self, base: &Standing, base_from_sensor: &Pose3) -> SensorPose {
        let floor_from_base = Pose3::translation(0.0, 0.0, self.volume.settings().base_height_m);
        let grid_from_floor = self.volume.levelled(&base.stance).lift(base.planar);
        SensorPose {
            grid_from_sensor: grid_from_floor * floor_from_base * base_from_sensor,
            self_centre: Some(grid_from_floor * self.self_centre),
        }
    }

    /// Poses of a sensor for each part of a sweep measured from `first_s` to `last_s` after its
    /// stamp.
    fn trail(
        &mut self,
        base_from_sensor: &Pose3,
        [first_s, last_s]: [f32; 2],
        standing_after: impl Fn(f64) -> Result<Standing, SensorError>,
    ) -> Result<[f32; 2], SensorError> {
        let count = if last_s > first_s { POSES } else { 1 };
        let spacing_s = f64::from(last_s - first_s) / count as f64;
        self.poses.clear();
        for index in 0..count {
            let base = standing_after(f64::from(first_s) + (index as f64 + 0.5) * spacing_s)?;
            let pose = self.sensor_pose(&base, base_from_sensor);
            self.poses.push(pose);
        }
        let per_second = if count > 1 { spacing_s.recip() } else { 0.0 };
        Ok([first_s, per_second as f32])
    }
}

impl Mapper {
    /// Passes the planar layer and the tracks to the volume after a scan.
    pub(super) fn tell_volume(&mut self, stamp: Stamp) {
        let Some(fusion) = &mut self.fusion else {
            return;
        };
        let planar = PlanarLayer {
            grid: &self.grid,
            sight: &self.belief.sight,
            rays: &self.rays,
            now: stamp,
        };
        let tracker = self.tracker.as_ref();
        fusion.volume.follow_planar(&planar, |discs| {
            discs.clear();
            if let Some(tracker) = tracker {
                tracker.discs(discs);
            }
        });
    }

    pub(super) fn observe_cloud(
        &mut self,
        stamp: Stamp,
        base_from_lidar: &Pose3,
        cloud: &PointCloud,
    ) -> Result<bool, SensorError> {
        let Some(mut fusion) = self.fusion.take() else {
            return Err(SensorError::LeftOut {
                what: "a point cloud",
            });
        };
        let outcome = self.place_cloud(&mut fusion, stamp, base_from_lidar, cloud);
        self.fusion = Some(fusion);
        let (base, [first_s, per_second]) = outcome?;
        let is_believed = self
            .belief
            .believes_cloud(stamp, base_from_lidar, base.planar, cloud);
        if !is_believed {
            return Ok(false);
        }
        self.arrive(stamp, &base);
        if let Some(fusion) = &mut self.fusion {
            let path = SensorPath {
                poses: &fusion.poses,
                first_s,
                per_second,
            };
            fusion.volume.add_cloud(stamp, &path, cloud);
            fusion.volume.level_by(base.planar, &base.stance, cloud);
        }
        Ok(true)
    }

    fn place_cloud(
        &self,
        fusion: &mut Fusion,
        stamp: Stamp,
        base_from_lidar: &Pose3,
        cloud: &PointCloud,
    ) -> Result<(Standing, [f32; 2]), SensorError> {
        cloud.validate()?;
        ensure_finite(base_from_lidar, "pose of the lidar")?;
        let base = self.standing_at(stamp)?;
        fusion.volume.begin(stamp);
        let mut span = [f32::INFINITY, f32::NEG_INFINITY];
        for point in &cloud.points {
            span = [span[0].min(point.time_s), span[1].max(point.time_s)];
        }
        if cloud.points.is_empty() {
            span = [0.0; 2];
        }
        let trail = fusion.trail(base_from_lidar, span, |after_s| {
            self.standing_at(shifted(stamp, after_s))
        })?;
        Ok((base, trail))
    }

    pub(super) fn observe_depth(
        &mut self,
        stamp: Stamp,
        base_from_camera: &Pose3,
        camera: &PinholeCamera,
        image: &DepthImage,
    ) -> Result<bool, SensorError> {
        if self.fusion.is_none() {
            return Err(SensorError::LeftOut {
                what: "a depth image",
            });
        }
        image.validate(camera)?;
        camera.validate()?;
        ensure_finite(base_from_camera, "pose of the camera")?;
        let base = self.standing_at(stamp)?;
        let is_believed = self
            .belief
            .believes_depth(stamp, base_from_camera, base.planar, image);
        if !is_believed {
            return Ok(false);
        }
        if let Some(fusion) = &mut self.fusion {
            fusion.volume.begin(stamp);
        }
        self.arrive(stamp, &base);
        if let Some(fusion) = &mut self.fusion {
            let pose = fusion.sensor_pose(&base, base_from_camera);
            fusion.volume.add_depth(stamp, &pose, camera, image)?;
        }
        Ok(true)
    }

    /// Moves the window to the robot's position at `stamp`. The first time, the cells under the
    /// robot are declared free.
    fn arrive(&mut self, stamp: Stamp, standing: &Standing) {
        let base = standing.planar.position();
        if self.seen_stamp.is_none_or(|seen| stamp >= seen) {
            if let Some(fusion) = &mut self.fusion {
                fusion.volume.stand(&standing.stance);
            }
            self.follow(base);
        }
        if self.seen_stamp.is_none() {
            self.free_footprint(standing.planar);
        }
    }
}

fn ensure_finite(pose: &Pose3, what: &'static str) -> Result<(), SensorError> {
    if pose.to_homogeneous().iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(SensorError::NotFinite { what })
}

/// Stamp shifted by a number of seconds, negative for earlier.
fn shifted(stamp: Stamp, later_s: f64) -> Stamp {
    if later_s < 0.0 {
        stamp - Duration::from_secs_f64(-later_s)
    } else {
        stamp + Duration::from_secs_f64(later_s)
    }
}
