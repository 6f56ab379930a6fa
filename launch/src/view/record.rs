//! Record of a drive for its page, tick by tick, in the world frame.

use serde::{Deserialize, Serialize};

use super::film::Film;
use super::shapes::{Outline, Shapes};

/// A drive from start to end. Lengths in m, angles in rad, world frame; of a recording, the frame
/// of its map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriveRecord {
    /// Title: scenario, policy, robot.
    pub title: String,
    /// End of the drive, display text.
    pub outcome: String,
    /// Duration and other details.
    pub details: String,
    /// True if the goal was reached; none without an evaluation.
    pub is_success: Option<bool>,
    /// Outlines of the world.
    pub world: Shapes,
    /// True if the map is fused from clouds or depth images.
    pub is_fused: bool,
    /// Moving objects.
    pub movers: Vec<MoverRecord>,
    /// The robot's outline in its base frame.
    pub footprint: Vec<[f64; 2]>,
    /// x, y, yaw.
    pub start: [f64; 3],
    /// x, y, radius.
    pub goal: Option<[f64; 3]>,
    /// Point of contact.
    pub contact: Option<[f64; 2]>,
    /// One row per tick.
    pub ticks: Vec<TickRecord>,
    /// The map over time.
    pub film: Film,
}

/// A moving object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoverRecord {
    /// Outline in its own frame.
    pub outline: Outline,
    /// Lower and upper end above z = 0, m.
    pub heights_m: [f64; 2],
}

/// One tick.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TickRecord {
    /// Time since the start, s.
    pub t: f64,
    /// True pose.
    pub pose: [f64; 3],
    /// True speed and turning rate.
    pub velocity: [f64; 2],
    /// True poses of movers, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub movers: Vec<[f64; 3]>,
    /// Predicted trajectory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<[f64; 2]>,
    /// Route of the robot; empty if unchanged since the last tick.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<[f64; 2]>,
    /// Endpoints of beams; empty without a new scan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scan: Vec<[f64; 2]>,
    /// Status of the solve, and the guard's intervention.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
}

impl DriveRecord {
    /// Serialised size of the ticks, bytes.
    fn tick_bytes(&self) -> usize {
        // a number to the millimetre has about eight bytes with its comma
        let numbers = |tick: &TickRecord| {
            8 + 2 * (tick.plan.len() + tick.route.len() + tick.scan.len()) + 3 * tick.movers.len()
        };
        let bytes = |tick: &TickRecord| 60 + 8 * numbers(tick) + tick.status.len();
        self.ticks.iter().map(bytes).sum()
    }

    /// Drops scans, and then ticks, until the ticks fit into `bytes_max` bytes.
    pub(super) fn fit_ticks(&mut self, bytes_max: usize) {
        let has_scan = |tick: &&mut TickRecord| !tick.scan.is_empty();
        while self.tick_bytes() > bytes_max {
            let scans = self.ticks.iter_mut().filter(has_scan);
            let mut left_out = 0;
            for tick in scans.skip(1).step_by(2) {
                tick.scan.clear();
                left_out += 1;
            }
            if left_out > 0 {
                continue;
            }
            if self.ticks.len() < 3 {
                return;
            }
            let last = self.ticks.len() - 1;
            let mut index = 0;
            let mut route = Vec::new();
            self.ticks.retain_mut(|tick| {
                if !tick.route.is_empty() {
                    route = std::mem::take(&mut tick.route);
                }
                let keep = index % 2 == 0 || index == last;
                if keep {
                    tick.route = std::mem::take(&mut route);
                }
                index += 1;
                keep
            });
        }
    }

    /// Trajectories of movers, x and y.
    pub(super) fn mover_ways(&self) -> Vec<Vec<[f64; 2]>> {
        let way = |mover: usize| {
            let places = self.ticks.iter().filter_map(|tick| tick.movers.get(mover));
            places.map(|[x, y, _]| [*x, *y]).collect()
        };
        (0..self.movers.len()).map(way).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_drives_lose_scans_and_then_ticks_and_keep_their_ends_and_routes() {
        let tick = |k: usize| TickRecord {
            t: k as f64,
            scan: vec![[1.0, 2.0]; 50],
            route: if k % 10 == 7 {
                vec![[k as f64, 0.0]; 3]
            } else {
                Vec::new()
            },
            ..TickRecord::default()
        };
        let mut record = DriveRecord {
            title: String::new(),
            outcome: String::new(),
            details: String::new(),
            is_success: None,
            world: Shapes::default(),
            is_fused: false,
            movers: Vec::new(),
            footprint: Vec::new(),
            start: [0.0; 3],
            goal: None,
            contact: None,
            ticks: (0..1000).map(tick).collect(),
            film: Film::default(),
        };
        record.fit_ticks(400_000);
        assert_eq!(record.ticks.len(), 1000);
        let scans = record.ticks.iter().filter(|tick| !tick.scan.is_empty());
        assert_eq!(scans.count(), 250);
        record.fit_ticks(40_000);
        assert!(record.tick_bytes() <= 40_000 && record.ticks.len() > 100);
        assert_eq!(record.ticks[0].t, 0.0);
        assert_eq!(record.ticks[record.ticks.len() - 1].t, 999.0);
        // the route of a tick is the last one recorded before it
        let mut route = 0.0;
        for tick in &record.ticks {
            route = tick.route.first().map_or(route, |point| point[0]);
            let told = ((tick.t - 7.0) / 10.0).floor() * 10.0 + 7.0;
            assert_eq!(route, told.max(0.0), "{tick:?}");
        }
    }
}
