//! Regulated pure pursuit: the arc to the lookahead point of the path.
//!
//! ```text
//! L = look_ahead_s |v|, within look_ahead_m        c = first point of the path L away, base frame
//! κ = 2 c_y / |c|²,   v' = v min(1, 1 / (|κ| turn_radius_m)),   ω = κ v'
//! ```
//!
//! The arc is that of Coulter, "Implementation of the pure pursuit path tracking algorithm", 1992.
//! The reduction of speed in bends and the turn on the spot toward a path that does not begin ahead
//! are those of Macenski, Singh, Martín and Ginés, "Regulated pure pursuit for robot path
//! tracking", 2023. The speed `v` is that of the path a little ahead. Their reduction of speed near
//! obstacles is omitted: the network regresses the path from a view of the obstacles, and the guard
//! checks every command.

use perception::{Point2, Pose2, SettingsError, Twist};
use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::policy::Plan;

/// Distance of the lookahead point below which the robot takes speed and turning rate of the path,
/// m.
const NOWHERE_M: f64 = 0.05;

/// Settings of regulated pure pursuit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PursuitSettings {
    /// Lookahead time, s.
    pub look_ahead_s: f64,
    /// Minimum and maximum lookahead distance, m.
    pub look_ahead_m: [f64; 2],
    /// Time ahead at which the speed of the path is taken, s.
    pub speed_ahead_s: f64,
    /// Turn radius below which the speed is reduced, m.
    pub turn_radius_m: f64,
    /// Minimum speed in tight bends, m/s.
    pub bend_speed_mps: f64,
    /// Bearing of the lookahead point beyond which the robot turns on the spot, rad.
    pub turn_in_place_rad: f64,
}

impl Default for PursuitSettings {
    fn default() -> Self {
        Self {
            look_ahead_s: 1.0,
            look_ahead_m: [0.3, 0.9],
            speed_ahead_s: 0.4,
            turn_radius_m: 0.5,
            bend_speed_mps: 0.25,
            turn_in_place_rad: 0.785,
        }
    }
}

impl PursuitSettings {
    /// Checks every value against its bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "pursuit";
        SettingsError::ensure_within(
            section,
            &[
                ("look_ahead_s", self.look_ahead_s, 0.01..=60.0),
                ("look_ahead_m", self.look_ahead_m[0], 0.01..=100.0),
                ("turn_radius_m", self.turn_radius_m, 0.001..=100.0),
                ("turn_in_place_rad", self.turn_in_place_rad, 0.001..=3.2),
            ],
        )?;
        SettingsError::ensure_range(section, "look_ahead_m", self.look_ahead_m, 0.01..=100.0)?;
        SettingsError::ensure_within(
            section,
            &[
                ("speed_ahead_s", self.speed_ahead_s, 0.0..=60.0),
                ("bend_speed_mps", self.bend_speed_mps, 0.0..=20.0),
            ],
        )
    }
}

/// Pure-pursuit path follower within speed and acceleration limits. It has no state.
#[derive(Debug, Clone)]
pub struct PurePursuit {
    settings: PursuitSettings,
    limits: Limits,
}

impl PurePursuit {
    /// A follower for a robot with these limits.
    pub fn new(settings: PursuitSettings, limits: Limits) -> Result<Self, SettingsError> {
        settings.validate()?;
        limits.validate()?;
        Ok(Self { settings, limits })
    }

    /// The command for a robot at `base` (odometry frame) with `velocity`, reachable within
    /// `lead_s`. For a plan without states the robot brakes.
    pub fn command(&self, plan: &Plan, base: Pose2, velocity: Twist, lead_s: f64) -> Twist {
        let Some(&[.., speed, turn]) = plan.states.get(self.step_ahead(plan)) else {
            return self.limits.brake(velocity, lead_s);
        };
        let speed = speed.clamp(
            -self.limits.reverse_speed_max_mps,
            self.limits.speed_max_mps,
        );
        let point = self.point(plan, base, speed);
        let away_m = point.coords.norm();
        if away_m < NOWHERE_M {
            return self
                .limits
                .within(Twist::new(speed, turn), velocity, lead_s);
        }
        let forward = if speed < 0.0 { -1.0 } else { 1.0 };
        let aside = (forward * point.y).atan2(forward * point.x);
        if aside.abs() > self.settings.turn_in_place_rad {
            let turn = aside.signum() * self.limits.turn_rate_max_radps;
            return self.limits.within(Twist::new(0.0, turn), velocity, lead_s);
        }
        let curvature = 2.0 * point.y / (away_m * away_m);
        let speed = self.regulated(speed, curvature);
        let reached = self
            .limits
            .within(Twist::new(speed, 0.0), velocity, lead_s)
            .linear;
        let wanted = Twist::new(speed, curvature * reached);
        self.limits.within(wanted, velocity, lead_s)
    }

    fn step_ahead(&self, plan: &Plan) -> usize {
        let step = (self.settings.speed_ahead_s / plan.dt_s).round() as usize;
        step.min(plan.states.len().saturating_sub(1))
    }

    /// The lookahead point, base frame: the first at the lookahead distance, else the last of the
    /// path.
    fn point(&self, plan: &Plan, base: Pose2, speed: f64) -> Point2 {
        let [near, far] = self.settings.look_ahead_m;
        let wanted_m = (self.settings.look_ahead_s * speed.abs()).clamp(near, far);
        let base_from_odom = base.inverse();
        let mut before: Option<(Point2, f64)> = None;
        for state in &plan.states {
            let point = base_from_odom * Point2::new(state[0], state[1]);
            let away_m = point.coords.norm();
            if away_m >= wanted_m {
                return before.map_or(point, |(last, last_m)| {
                    last + (point - last) * ((wanted_m - last_m) / (away_m - last_m))
                });
            }
            before = Some((point, away_m));
        }
        before.map_or(Point2::origin(), |(last, _)| last)
    }

    /// Reduces the speed in bends and to the maximum turning rate, m/s.
    fn regulated(&self, speed: f64, curvature: f64) -> f64 {
        let settings = &self.settings;
        let bend = curvature.abs() * settings.turn_radius_m;
        let mut size = speed.abs();
        if bend > 1.0 {
            size = (size / bend).max(settings.bend_speed_mps.min(size));
        }
        if curvature != 0.0 {
            size = size.min(self.limits.turn_rate_max_radps / curvature.abs());
        }
        size.copysign(speed)
    }
}

#[cfg(test)]
mod tests;
