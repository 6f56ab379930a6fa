//! Distance of the robot to moving objects, and their positions over time.

use perception::Pose2;

use super::CLEARANCE_REACH_M;
use crate::robot::RobotModel;
use crate::world::{Mover, Scene};

/// Measurements of every tick; empty if nothing moves.
#[derive(Debug, Clone, Default)]
pub(super) struct Company {
    /// Positions of all moving objects: x, y, m. An object that has left keeps its last position.
    pub ways: Vec<Vec<[f64; 2]>>,
    /// Gap to the nearest moving object, m.
    pub gaps_m: Vec<f64>,
    /// Radii of the moving objects, m.
    pub radii_m: Vec<f64>,
}

impl Company {
    /// Measures at a tick.
    pub fn meet(&mut self, scene: &Scene<'_>, robot: &RobotModel, pose: Pose2) {
        if scene.movers.is_empty() {
            return;
        }
        let places = scene.movers.iter().map(|mover| {
            let at = mover.world_from_mover;
            [at.x, at.y]
        });
        self.ways.push(places.collect());
        if self.radii_m.is_empty() {
            let radii = scene.movers.iter().map(Mover::radius_m);
            self.radii_m.extend(radii);
        }
        let gap = scene.gap_to_movers(&robot.footprint, robot.height_m, pose, CLEARANCE_REACH_M);
        self.gaps_m
            .push(gap.map_or(CLEARANCE_REACH_M, |gap| gap.distance_m.max(0.0)));
    }
}
