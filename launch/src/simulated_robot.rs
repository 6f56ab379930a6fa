//! A simulated robot to be driven from outside, step by step.

use perception::{LaserScan, Odometry, Pose2, Twist};
use sim::{Lidar, Plant, RobotModel, ScenarioError, SettingsError, Situation};

use crate::config::{Config, ConfigError};

/// Gaps wider than this are not measured, m.
const REACH_M: f64 = 2.0;

/// Why there is no robot to drive.
#[derive(Debug, thiserror::Error)]
pub enum SimulatedRobotError {
    /// No such robot.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No such doorway.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The robot's settings make no robot.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// A robot before a doorway.
pub struct SimulatedRobot {
    situation: Situation,
    model: RobotModel,
    plant: Plant,
    lidar: Lidar,
    time_s: f64,
}

impl SimulatedRobot {
    /// The shipped robot of this name before the doorway of this seed. Its scanner measures all
    /// beams at once.
    pub fn before_doorway(robot: &str, seed: u64) -> Result<Self, SimulatedRobotError> {
        let config = Config::load(robot, None, &[])?;
        let situation = config.scenario.doorway.situation(seed)?;
        let mut model = config.robot;
        model.lidar.time_increment_s = 0.0;
        Ok(Self {
            plant: Plant::new(model.plant.clone(), situation.start, seed)?,
            lidar: Lidar::new(model.lidar.clone(), seed)?,
            situation,
            model,
            time_s: 0.0,
        })
    }

    /// Since the beginning, s.
    pub fn time_s(&self) -> f64 {
        self.time_s
    }

    /// Mounting of its scanner.
    pub fn base_from_lidar(&self) -> Pose2 {
        self.model.lidar.base_from_lidar
    }

    /// Goes on for some time under a command, in whole steps of the simulation.
    pub fn advance(&mut self, command: Twist, seconds: f64) {
        self.plant.command(command);
        let steps = (seconds / self.model.plant.substep_s).round();
        for _ in 0..steps as usize {
            self.plant.advance();
        }
        self.time_s += seconds;
    }

    /// What its wheels say.
    pub fn odometry(&self) -> Odometry {
        self.plant.odometry()
    }

    /// What its scanner sees.
    pub fn scan(&mut self) -> LaserScan {
        let mut scan = LaserScan {
            angle_min: 0.0,
            angle_increment: 0.0,
            time_increment: 0.0,
            range_min: 0.0,
            range_max: 0.0,
            ranges: Vec::new(),
        };
        let pose = self.plant.world_from_base();
        self.lidar.scan(&self.situation.world, |_| pose, &mut scan);
        scan
    }

    /// Its distance to the nearest obstacle, m, up to a reach; negative in collision.
    pub fn clearance_m(&self) -> f64 {
        let (footprint, pose) = (&self.model.footprint, self.plant.world_from_base());
        let world = &self.situation.world;
        let gap = world.gap(footprint, self.model.height_m, pose, REACH_M);
        gap.map_or(REACH_M, |gap| gap.distance_m)
    }

    /// Where it is to go, frame of its odometry, with the heading of the straight way there.
    pub fn goal(&self) -> Pose2 {
        let odom_from_world = self.situation.start.inverse();
        let goal = odom_from_world * self.situation.goal.position;
        Pose2::new(goal.x, goal.y, goal.y.atan2(goal.x))
    }
}
