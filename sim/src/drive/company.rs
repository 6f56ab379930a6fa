//! How near the robot is to what moves, and where that was.

use perception::Pose2;

use super::CLEARANCE_REACH_M;
use crate::episode::Nearness;
use crate::robot::RobotModel;
use crate::world::Scene;

/// Intimate distance (Hall, "The hidden dimension", 1966), m.
const INTIMATE_M: f64 = 0.45;
/// Distance to be kept where there is room, m.
const NEAR_M: f64 = 0.5;
/// Personal distance (Hall 1966), m.
pub(super) const PERSONAL_M: f64 = 1.2;

/// What was measured at every tick.
#[derive(Debug, Clone, Default)]
pub(super) struct Company {
    /// Where everything that moves was: x, y, m; who has left stays where that was.
    pub ways: Vec<Vec<[f64; 2]>>,
    gaps_m: Vec<f64>,
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
        let gap = scene.gap_to_movers(&robot.footprint, robot.height_m, pose, CLEARANCE_REACH_M);
        self.gaps_m
            .push(gap.map_or(CLEARANCE_REACH_M, |gap| gap.distance_m.max(0.0)));
    }

    /// Adds up; none where nothing moves. A contact between two ticks counts as one.
    pub fn nearness(&self, has_touched: bool) -> Option<Nearness> {
        if self.gaps_m.is_empty() {
            return None;
        }
        let count = self.gaps_m.len() as f64;
        let share = |from_m: f64, to_m: f64| {
            let within = self
                .gaps_m
                .iter()
                .filter(|gap| (from_m..to_m).contains(*gap));
            within.count() as f64 / count
        };
        let least = self
            .gaps_m
            .iter()
            .copied()
            .fold(CLEARANCE_REACH_M, f64::min);
        Some(Nearness {
            gap_m_min: if has_touched { 0.0 } else { least },
            gap_m_mean: self.gaps_m.iter().sum::<f64>() / count,
            intimate_share: share(0.0, INTIMATE_M),
            near_share: share(0.0, NEAR_M),
            personal_share: share(INTIMATE_M, PERSONAL_M),
        })
    }
}
