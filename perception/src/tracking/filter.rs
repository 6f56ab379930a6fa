//! A Kalman filter of constant velocity whose acceleration is noise.
//!
//! ```text
//! p' = p + v dt,   Q = σ_a² [dt⁴/4  dt³/2; dt³/2  dt²]
//! K = P Hᵀ / (P_pp + R),   H = [1 0]
//! ```
//!
//! Both coordinates have the same noise, so they share one covariance of position and speed.
//! Source: Bar-Shalom, Li, Kirubarajan, 2001, section 6.3.2.

use super::TrackingSettings;
use crate::{Point2, Vector2};

/// Where something is and how it moves, with its covariance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Filter {
    pub position: Point2,
    pub velocity: Vector2,
    /// Variance of a coordinate, m².
    pub pp: f64,
    /// Covariance of a coordinate and its speed, m²/s.
    pv: f64,
    /// Variance of a speed, m²/s².
    pub vv: f64,
}

impl Filter {
    /// Seen for the first time, about to move in any direction.
    pub(super) fn new(position: Point2, settings: &TrackingSettings) -> Self {
        Self {
            position,
            velocity: Vector2::zeros(),
            pp: settings.position_sd_m.powi(2),
            pv: 0.0,
            vv: settings.speed_sd_mps.powi(2),
        }
    }

    pub(super) fn predict(&mut self, dt_s: f64, settings: &TrackingSettings) {
        let q = settings.acceleration_sd_mps2.powi(2);
        self.position += self.velocity * dt_s;
        self.pp += dt_s * (2.0 * self.pv + dt_s * self.vv) + 0.25 * q * dt_s.powi(4);
        self.pv += dt_s * self.vv + 0.5 * q * dt_s.powi(3);
        self.vv += q * dt_s * dt_s;
    }

    /// Takes in where it is seen; `hidden_m` of its radius are not, by which that may be off.
    pub(super) fn correct(&mut self, seen: Point2, hidden_m: f64, settings: &TrackingSettings) {
        let innovation = seen - self.position;
        let total = self.pp + settings.position_sd_m.powi(2) + hidden_m * hidden_m;
        let (to_position, to_velocity) = (self.pp / total, self.pv / total);
        self.position += innovation * to_position;
        self.velocity += innovation * to_velocity;
        self.vv -= to_velocity * self.pv;
        self.pv *= 1.0 - to_position;
        self.pp *= 1.0 - to_position;
    }

    /// How far from where it is expected something may be seen, m.
    pub(super) fn gate_m(&self, settings: &TrackingSettings) -> f64 {
        let sd = (self.pp + settings.position_sd_m.powi(2)).sqrt();
        (settings.gate_sd * sd).min(settings.gate_max_m)
    }
}
