//! Reference positions of the robot along the horizon.
//!
//! Without a path the reference is the goal at every knot. With one, it is the position that a
//! robot on the path reaches by then: it accelerates within its limits, slows down where clearance
//! is small, and stops at the end of the path.

use perception::{DistanceField, Point2};
use serde::{Deserialize, Serialize};

use crate::Limits;
use perception::SettingsError;

/// Speed profile along a path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaceSettings {
    /// Clearance of the robot's centre for full speed, m.
    pub open_clearance_m: f64,
    /// Clearance of the robot's centre for the narrow speed, m.
    pub narrow_clearance_m: f64,
    /// Speed at the smallest clearance, m/s.
    pub narrow_speed_mps: f64,
    /// Share of the limits that the speed profile uses.
    pub effort: f64,
}

impl Default for PaceSettings {
    fn default() -> Self {
        Self {
            open_clearance_m: 1.0,
            narrow_clearance_m: 0.35,
            narrow_speed_mps: 0.4,
            effort: 0.8,
        }
    }
}

impl PaceSettings {
    /// Rejects a speed profile without motion.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "pace";
        SettingsError::ensure_within(
            section,
            &[
                ("narrow_speed_mps", self.narrow_speed_mps, 0.01..=20.0),
                ("narrow_clearance_m", self.narrow_clearance_m, 0.01..=20.0),
            ],
        )?;
        SettingsError::ensure(
            self.open_clearance_m > self.narrow_clearance_m && self.open_clearance_m <= 100.0,
            section,
            "open_clearance_m",
            &self.open_clearance_m,
            "a distance above narrow_clearance_m, up to 100 m",
        )?;
        SettingsError::ensure(
            (0.01..=1.0).contains(&self.effort),
            section,
            "effort",
            &self.effort,
            "0.01 to 1",
        )
    }
}

/// Reference positions, one per knot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reference {
    /// `[N+1]`, m.
    pub points: Vec<Point2>,
}

impl Reference {
    /// The goal at every knot of the horizon.
    pub fn hold(&mut self, goal: Point2, horizon: usize) {
        self.points.clear();
        self.points.resize(horizon + 1, goal);
    }

    /// Follows a path of two points or more, from its point nearest to `position` at `speed_mps`.
    #[allow(clippy::too_many_arguments)]
    pub fn follow(
        &mut self,
        path: &[Point2],
        position: Point2,
        speed_mps: f64,
        field: &DistanceField,
        limits: &Limits,
        pace: &PaceSettings,
        dt_s: f64,
        horizon: usize,
    ) {
        let (mut piece, mut on_piece) = nearest_on_path(path, position);
        let mut left_m = path[piece..]
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).norm())
            .sum::<f64>()
            - on_piece;
        let acceleration = pace.effort * limits.acceleration_max_mps2;
        let deceleration = pace.effort * limits.deceleration_max_mps2;
        let mut speed = speed_mps.max(0.0);
        self.points.clear();
        for _ in 0..=horizon {
            let (from, to) = (path[piece], path[piece + 1]);
            let length = (to - from).norm().max(1e-9);
            let point = from + (to - from) * (on_piece / length).min(1.0);
            self.points.push(point);
            let wanted = pace_at(field.sample(point).distance_m, limits, pace)
                .min((2.0 * deceleration * left_m).sqrt());
            speed = wanted
                .min(speed + acceleration * dt_s)
                .max(speed - limits.deceleration_max_mps2 * dt_s);
            on_piece += speed * dt_s;
            left_m = (left_m - speed * dt_s).max(0.0);
            while piece + 2 < path.len() {
                let length = (path[piece + 1] - path[piece]).norm();
                if on_piece < length {
                    break;
                }
                on_piece -= length;
                piece += 1;
            }
        }
    }
}

/// Speed of the profile at a clearance, m/s.
fn pace_at(clearance_m: f64, limits: &Limits, pace: &PaceSettings) -> f64 {
    let open =
        (clearance_m - pace.narrow_clearance_m) / (pace.open_clearance_m - pace.narrow_clearance_m);
    let narrow = pace.narrow_speed_mps.min(limits.speed_max_mps);
    narrow + open.clamp(0.0, 1.0) * (limits.speed_max_mps - narrow)
}

/// The segment of the path nearest to a point and the distance along the segment, m.
pub(crate) fn nearest_on_path(path: &[Point2], point: Point2) -> (usize, f64) {
    let mut best = (f64::INFINITY, 0, 0.0);
    for (piece, pair) in path.windows(2).enumerate() {
        let along = pair[1] - pair[0];
        let length = along.norm();
        let on_piece = ((point - pair[0]).dot(&along) / length.max(1e-9)).clamp(0.0, length);
        let distance = (pair[0] + along * (on_piece / length.max(1e-9)) - point).norm();
        if distance < best.0 {
            best = (distance, piece, on_piece);
        }
    }
    (best.1, best.2)
}
