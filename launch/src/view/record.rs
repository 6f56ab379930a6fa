//! What a drive looked like, tick by tick, in the world frame.

use serde::{Deserialize, Serialize};

use super::film::Film;
use super::shapes::{Outline, Shapes};

/// A drive from start to end. Lengths in m, angles in rad, world frame; of a recording, the frame
/// of its map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriveRecord {
    /// What was tried, who drove, in what.
    pub title: String,
    /// How it ended, for people.
    pub outcome: String,
    /// How long it took, and the like.
    pub details: String,
    /// True when the goal was reached; none when nobody judged.
    pub is_success: Option<bool>,
    /// What stood there.
    pub world: Shapes,
    /// True when the map tells more than a plane: clouds or depth images are in it.
    pub is_fused: bool,
    /// What moved there.
    pub movers: Vec<MoverRecord>,
    /// The robot's outline in its base frame.
    pub footprint: Vec<[f64; 2]>,
    /// x, y, yaw.
    pub start: [f64; 3],
    /// x, y, radius.
    pub goal: Option<[f64; 3]>,
    /// What was touched.
    pub contact: Option<[f64; 2]>,
    /// A row a tick.
    pub ticks: Vec<TickRecord>,
    /// The map over time.
    pub film: Film,
}

/// Something that moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoverRecord {
    /// In its own frame.
    pub outline: Outline,
    /// Where it begins and ends above z = 0, m.
    pub heights_m: [f64; 2],
}

/// One tick.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TickRecord {
    /// Since the start, s.
    pub t: f64,
    /// True pose.
    pub pose: [f64; 3],
    /// True speed and turning rate.
    pub velocity: [f64; 2],
    /// True poses of what moves, in the order of the movers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub movers: Vec<[f64; 3]>,
    /// Predicted way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<[f64; 2]>,
    /// Route that is followed; empty when unchanged since the last tick.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<[f64; 2]>,
    /// Where beams ended; empty without a new scan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scan: Vec<[f64; 2]>,
    /// How the solve ended, and what the guard changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
}

impl DriveRecord {
    /// Bytes of the ticks as they are written.
    fn tick_bytes(&self) -> usize {
        // a number to the millimetre takes about eight bytes with its comma
        let numbers = |tick: &TickRecord| {
            8 + 2 * (tick.plan.len() + tick.route.len() + tick.scan.len()) + 3 * tick.movers.len()
        };
        let bytes = |tick: &TickRecord| 60 + 8 * numbers(tick) + tick.status.len();
        self.ticks.iter().map(bytes).sum()
    }

    /// Leaves out scans, and then ticks, until the ticks take no more than so many bytes.
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

    /// The ways of what moved, x and y.
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
        // the route of any tick is the last that was told before it
        let mut route = 0.0;
        for tick in &record.ticks {
            route = tick.route.first().map_or(route, |point| point[0]);
            let told = ((tick.t - 7.0) / 10.0).floor() * 10.0 + 7.0;
            assert_eq!(route, told.max(0.0), "{tick:?}");
        }
    }
}
