//! Error-free sensors for the ground truth of visibility.

use perception::{
    CloudPoint, DepthImage, DepthPixels, LaserScan, Point3, PointCloud, Pose2, Pose3, Vector2,
};

use crate::sensing::{
    DepthCamera, DepthCameraSettings, Lidar, LidarSettings, RingLidar, RingLidarSettings,
};
use crate::{RobotModel, Scene, SettingsError, World};

/// Sensors without noise, losses or sweep time at the robot's mountings.
pub(super) struct Witness {
    lidar: Lidar,
    ring_lidars: Vec<RingLidar>,
    depth_cameras: Vec<DepthCamera>,
    scan: LaserScan,
    cloud: PointCloud,
    image: DepthImage,
}

/// A line of sight: origin and endpoint, world frame, m.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    pub from: Point3,
    pub to: Point3,
}

impl Witness {
    pub(super) fn new(robot: &RobotModel, depth_max_m: f64) -> Result<Self, SettingsError> {
        let lidar = LidarSettings {
            noise_m: 0.0,
            dropout_share: 0.0,
            time_increment_s: 0.0,
            ..robot.lidar.clone()
        };
        let ring_lidars = robot.ring_lidars.iter().map(|settings| {
            let exact = RingLidarSettings {
                noise_m: 0.0,
                dropout_share: 0.0,
                sweep_s: 0.0,
                ..settings.clone()
            };
            RingLidar::new(exact, 0)
        });
        let depth_cameras = robot.depth_cameras.iter().map(|settings| {
            let exact = DepthCameraSettings {
                range_max_m: settings.range_max_m.min(depth_max_m),
                noise_a_m: 0.0,
                noise_b_per_m: 0.0,
                disparity_step_px: 0.0,
                edge_mix_share: 0.0,
                dropout_share: 0.0,
                ..settings.clone()
            };
            DepthCamera::new(exact, 0)
        });
        Ok(Self {
            lidar: Lidar::new(lidar, 0)?,
            ring_lidars: ring_lidars.collect::<Result<_, _>>()?,
            depth_cameras: depth_cameras.collect::<Result<_, _>>()?,
            scan: LaserScan {
                angle_min: 0.0,
                angle_increment: 0.0,
                time_increment: 0.0,
                range_min: 0.0,
                range_max: 0.0,
                ranges: Vec::new(),
            },
            cloud: PointCloud::default(),
            image: DepthImage {
                width: 0,
                height: 0,
                pixels: DepthPixels::Millimetres(Vec::new()),
            },
        })
    }

    /// Visits every line of sight with an endpoint, from a robot at a pose.
    pub(super) fn look(&mut self, world: &World, at: Pose2, give: &mut dyn FnMut(Sight)) {
        let scene = Scene { world, movers: &[] };
        let base = world.standing(at);
        self.lidar.scan(scene, |_| at, &mut self.scan);
        let settings = self.lidar.settings();
        let lidar = base * settings.base_from_lidar.lifted(settings.height_m);
        for (index, &range) in self.scan.ranges.iter().enumerate() {
            if range.is_finite() {
                let (sin, cos) = self.scan.angle(index).sin_cos();
                let along = Vector2::new(cos, sin) * f64::from(range);
                give(seen(&lidar, Point3::new(along.x, along.y, 0.0)));
            }
        }
        for sensor in &mut self.ring_lidars {
            sensor.sweep(scene, |_| at, &mut self.cloud);
            let lidar = base * sensor.settings().mounting.pose();
            for CloudPoint { position, .. } in &self.cloud.points {
                give(seen(&lidar, Point3::from(position.map(f64::from))));
            }
        }
        for sensor in &mut self.depth_cameras {
            sensor.expose(scene, at, &mut self.image);
            let (pose, camera) = (
                base * sensor.settings().mounting.optical_pose(),
                sensor.camera(),
            );
            let DepthPixels::Millimetres(pixels) = &self.image.pixels else {
                continue;
            };
            for (index, &depth) in pixels.iter().enumerate().filter(|(_, depth)| **depth > 0) {
                let (column, row) = (index % camera.width, index / camera.width);
                let z = f64::from(depth) * 1e-3;
                let x = (column as f64 - camera.cx) / camera.fx * z;
                let y = (row as f64 - camera.cy) / camera.fy * z;
                give(seen(&pose, Point3::new(x, y, z)));
            }
        }
    }
}

fn seen(world_from_sensor: &Pose3, point: Point3) -> Sight {
    Sight {
        from: Point3::from(world_from_sensor.translation.vector),
        to: world_from_sensor * point,
    }
}
