//! A simulated robot with an external controller, step by step.

use perception::{
    Cell, Footprint, GridFrame, LaserScan, LogOdds, OccupancyGrid, Odometry, Point2, Pose2,
    RoutePlanner, RouteSettings, Twist, Vector2,
};
use sim::{Lidar, Plant, RobotModel, Scenario, ScenarioError, SettingsError, Situation};

use runtime::ConfigError;

use crate::config::Config;

/// Maximum measured clearance, m.
const REACH_M: f64 = 2.0;
/// Cell size of the route planner's map, m, and its half width around the start, m.
const CELL_M: f64 = 0.1;
const MAP_REACH_M: f64 = 15.0;

/// Reasons why the robot cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum SimulatedRobotError {
    /// Unknown robot.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No doorway has this seed.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Invalid settings of the robot.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// A robot at the start of a doorway situation.
pub struct SimulatedRobot {
    situation: Situation,
    model: RobotModel,
    plant: Plant,
    lidar: Lidar,
    way: Vec<Pose2>,
    time_s: f64,
}

impl SimulatedRobot {
    /// The shipped robot of this name at the start of the doorway of this seed. Its LiDAR measures
    /// all beams at once.
    pub fn before_doorway(robot: &str, seed: u64) -> Result<Self, SimulatedRobotError> {
        let config = Config::load(robot, None, &[])?;
        let situation = Scenario::Doorway(config.scenario.doorway).situation(seed)?;
        let mut model = config.robot;
        model.lidar.time_increment_s = 0.0;
        Ok(Self {
            way: way(&situation, config.controller.route)?,
            plant: Plant::new(model.plant.clone(), situation.start, seed)?,
            lidar: Lidar::new(model.lidar.clone(), seed)?,
            situation,
            model,
            time_s: 0.0,
        })
    }

    /// Simulated time, s.
    pub fn time_s(&self) -> f64 {
        self.time_s
    }

    /// Mounting of its LiDAR.
    pub fn base_from_lidar(&self) -> Pose2 {
        self.model.lidar.base_from_lidar
    }

    /// Advances the simulation under a command, in whole steps.
    pub fn advance(&mut self, command: Twist, seconds: f64) {
        self.plant.command(command);
        let steps = (seconds / self.model.plant.substep_s).round();
        for _ in 0..steps as usize {
            self.plant.advance();
        }
        self.time_s += seconds;
    }

    /// Wheel odometry.
    pub fn odometry(&self) -> Odometry {
        self.plant.odometry()
    }

    /// LiDAR scan.
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

    /// Clearance to the nearest obstacle, m, up to a maximum; negative in collision.
    pub fn clearance_m(&self) -> f64 {
        let (footprint, pose) = (&self.model.footprint, self.plant.world_from_base());
        let world = &self.situation.world;
        let gap = world.gap(footprint, self.model.height_m, pose, REACH_M);
        gap.map_or(REACH_M, |gap| gap.distance_m)
    }

    /// Path through the door to the goal, odometry frame; every pose heads for the next.
    pub fn way(&self) -> &[Pose2] {
        &self.way
    }
}

/// Plans a path to a situation's goal on a map of its world.
fn way(situation: &Situation, route: RouteSettings) -> Result<Vec<Pose2>, SettingsError> {
    let start = situation.start.position();
    let side = (2.0 * MAP_REACH_M / CELL_M) as usize;
    let frame = GridFrame {
        origin: start - Vector2::repeat(MAP_REACH_M),
        resolution_m: CELL_M,
        width: side,
        height: side,
    };
    let mut map = OccupancyGrid::unknown(frame, LogOdds::default());
    let cell = Footprint::Disc {
        radius_m: 0.5 * CELL_M,
    };
    for row in 0..side {
        for column in 0..side {
            let middle = frame.centre_of(column, row);
            let place = Pose2::new(middle.x, middle.y, 0.0);
            let gap = situation.world.gap(&cell, 1.0, place, CELL_M);
            let is_free = gap.is_none_or(|gap| gap.distance_m > 0.0);
            let held = if is_free { Cell::Free } else { Cell::Occupied };
            map.declare(frame.index(column, row), held);
        }
    }
    let mut points: Vec<Point2> = Vec::new();
    RoutePlanner::new(route)?.plan(&map, start, situation.goal.position, &mut points);
    let odom_from_world = situation.start.inverse();
    let points: Vec<Point2> = points
        .iter()
        .map(|point| odom_from_world * *point)
        .collect();
    let mut way: Vec<Pose2> = Vec::new();
    for pair in points.windows(2) {
        let ahead = pair[1] - pair[0];
        way.push(Pose2::new(pair[0].x, pair[0].y, ahead.y.atan2(ahead.x)));
    }
    if let (Some(last), Some(before)) = (points.last(), way.last()) {
        way.push(Pose2::new(last.x, last.y, before.yaw));
    }
    Ok(way)
}
