//! A simulated robot to be driven from outside.

use launch::Config;
use perception::{LaserScan, Odometry, Pose2, Twist};
use sim::{Lidar, Plant, RobotModel, Situation};

/// A robot in a doorway.
pub struct SimulatedRobot {
    pub situation: Situation,
    pub model: RobotModel,
    plant: Plant,
    lidar: Lidar,
    time_s: f64,
}

impl SimulatedRobot {
    /// The shipped robot of this name in the doorway of this seed.
    pub fn in_doorway(robot: &str, seed: u64) -> Self {
        let config = Config::load(robot, None, &[]).unwrap();
        let situation = config.scenario("doorway").unwrap().situation(seed).unwrap();
        let mut model = config.robot.clone();
        model.lidar.time_increment_s = 0.0;
        Self {
            plant: Plant::new(model.plant.clone(), situation.start, seed).unwrap(),
            lidar: Lidar::new(model.lidar.clone(), seed).unwrap(),
            situation,
            model,
            time_s: 0.0,
        }
    }

    /// Since the beginning, s.
    pub fn time_s(&self) -> f64 {
        self.time_s
    }

    /// Goes on for a while under a command.
    pub fn advance(&mut self, command: Twist, seconds: f64) {
        self.plant.command(command);
        let substep_s = self.model.plant.substep_s;
        for _ in 0..(seconds / substep_s).round() as usize {
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

    /// Its distance to the nearest obstacle, m; negative in collision.
    pub fn clearance_m(&self) -> f64 {
        let (footprint, pose) = (&self.model.footprint, self.plant.world_from_base());
        let gap = self.situation.world.gap(footprint, self.model.height_m, pose, 2.0);
        gap.map_or(2.0, |gap| gap.distance_m)
    }

    /// Where it is to go, frame of its odometry, heading there along the way.
    pub fn goal(&self) -> Pose2 {
        let odom_from_world = self.situation.start.inverse();
        let goal = odom_from_world * self.situation.goal.position;
        Pose2::new(goal.x, goal.y, goal.y.atan2(goal.x))
    }
}
