//! Sensor messages from the simulated robot to the agent.

use perception::{
    DepthImage, DepthPixels, LaserScan, Odometry, PointCloud, Pose2, SensorEvent, Stamp, Stamped,
    Stance,
};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::motion::Motion;
use crate::SettingsError;
use crate::robot::{Plant, RobotModel};
use crate::sensing::{DepthCamera, Inclinometer, Lidar, RingLidar};
use crate::world::{Surroundings as _, World};

/// All sensors of a robot, and their messages since the last tick.
pub(super) struct Senses<'a> {
    world: &'a World,
    robot: &'a RobotModel,
    lidar: Lidar,
    ring_lidars: Vec<RingLidar>,
    depth_cameras: Vec<DepthCamera>,
    inclinometer: Option<Inclinometer>,
    /// True poses, one per substep from the start.
    poses: Vec<Pose2>,
    pub events: Vec<Stamped<SensorEvent>>,
}

impl<'a> Senses<'a> {
    /// Each sensor draws its noise from its own seed.
    pub fn new(
        world: &'a World,
        robot: &'a RobotModel,
        seeds: &mut ChaCha8Rng,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            world,
            robot,
            lidar: Lidar::new(robot.lidar.clone(), seeds.random())?,
            ring_lidars: robot
                .ring_lidars
                .iter()
                .map(|settings| RingLidar::new(settings.clone(), seeds.random()))
                .collect::<Result<_, _>>()?,
            depth_cameras: robot
                .depth_cameras
                .iter()
                .map(|settings| DepthCamera::new(settings.clone(), seeds.random()))
                .collect::<Result<_, _>>()?,
            inclinometer: if robot.inclinometer.enabled {
                Some(Inclinometer::new(robot.inclinometer, seeds.random())?)
            } else {
                None
            },
            poses: Vec::new(),
            events: Vec::new(),
        })
    }

    /// Moves the planar LiDAR on the robot. Its messages keep the nominal mounting.
    pub fn remount(&mut self, base_from_lidar: Pose2) {
        self.lidar.remount(base_from_lidar);
    }

    /// Adds the messages that are due at a substep, and odometry if requested.
    pub fn sense(&mut self, substep: u64, plant: &Plant, motion: &mut Motion, odometry: bool) {
        self.poses.push(plant.world_from_base());
        let t_s = substep as f64 * self.robot.plant.substep_s;
        let is_due = |period_s: f64| substep.is_multiple_of(self.robot.plant.substeps(period_s));
        if odometry {
            let odometry = self.measured(plant);
            self.events.push(Stamped {
                stamp: Stamp::from_secs(t_s),
                value: SensorEvent::Odometry(odometry),
            });
        }
        if is_due(self.robot.lidar.period_s) {
            self.scan(t_s, motion);
        }
        for number in 0..self.ring_lidars.len() {
            if is_due(self.robot.ring_lidars[number].period_s) {
                self.sweep(number, t_s, motion);
            }
        }
        for number in 0..self.depth_cameras.len() {
            if is_due(self.robot.depth_cameras[number].period_s) {
                self.expose(number, t_s, motion);
            }
        }
    }

    /// Wheel odometry, with the tilt of a robot that measures it.
    fn measured(&mut self, plant: &Plant) -> Odometry {
        let mut odometry = plant.odometry();
        if let Some(inclinometer) = &mut self.inclinometer {
            let truth = Stance::of(&self.world.standing(plant.world_from_base()));
            odometry.stance = inclinometer.read(&truth, odometry.odom_from_base);
        }
        odometry
    }

    /// A scan whose last beam is measured at `t_s`.
    fn scan(&mut self, t_s: f64, motion: &mut Motion) {
        let first_s = t_s - self.robot.lidar.sweep_s();
        if first_s < 0.0 {
            return;
        }
        let mut scan = LaserScan {
            angle_min: 0.0,
            angle_increment: 0.0,
            time_increment: 0.0,
            range_min: 0.0,
            range_max: 0.0,
            ranges: Vec::with_capacity(self.robot.lidar.beams),
        };
        let (poses, substep_s) = (&self.poses, self.robot.plant.substep_s);
        self.lidar.scan(
            motion.since(self.world, first_s),
            |elapsed_s| pose_at(poses, substep_s, first_s + elapsed_s),
            &mut scan,
        );
        self.events.push(Stamped {
            stamp: Stamp::from_secs(first_s),
            value: SensorEvent::Scan {
                base_from_lidar: self.robot.lidar.base_from_lidar,
                scan,
            },
        });
    }

    /// A sweep that ends at `t_s`.
    fn sweep(&mut self, number: usize, t_s: f64, motion: &mut Motion) {
        let settings = &self.robot.ring_lidars[number];
        let first_s = t_s - settings.sweep_s;
        if first_s < 0.0 {
            return;
        }
        let beams = settings.azimuths * settings.rings;
        let mut cloud = PointCloud {
            points: Vec::with_capacity(beams),
            rings: Vec::with_capacity(beams),
        };
        let (poses, substep_s) = (&self.poses, self.robot.plant.substep_s);
        self.ring_lidars[number].sweep(
            motion.since(self.world, first_s),
            |elapsed_s| pose_at(poses, substep_s, first_s + elapsed_s),
            &mut cloud,
        );
        self.events.push(Stamped {
            stamp: Stamp::from_secs(first_s),
            value: SensorEvent::Cloud {
                base_from_lidar: settings.mounting.pose(),
                cloud,
            },
        });
    }

    /// An image exposed at `t_s`.
    fn expose(&mut self, number: usize, t_s: f64, motion: &mut Motion) {
        let camera = &mut self.depth_cameras[number];
        let mut image = DepthImage {
            width: 0,
            height: 0,
            pixels: DepthPixels::Millimetres(Vec::new()),
        };
        let mut now = motion.since(self.world, t_s);
        camera.expose(now.at(0.0), self.poses[self.poses.len() - 1], &mut image);
        self.events.push(Stamped {
            stamp: Stamp::from_secs(t_s),
            value: SensorEvent::Depth {
                base_from_camera: self.robot.depth_cameras[number].mounting.optical_pose(),
                camera: *camera.camera(),
                image,
            },
        });
    }
}

/// The pose at a time, from poses one substep apart.
pub(super) fn pose_at(poses: &[Pose2], substep_s: f64, t_s: f64) -> Pose2 {
    let at = t_s / substep_s;
    let before = (at as usize).min(poses.len() - 1);
    let after = (before + 1).min(poses.len() - 1);
    poses[before].interpolate(&poses[after], at - before as f64)
}
