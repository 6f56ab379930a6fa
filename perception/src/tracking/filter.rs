//! Kalman filter with a constant-velocity model and white-noise acceleration.
//!
//! ```text
//! p' = p + v dt,   Q = σ_a² [dt⁴/4  dt³/2; dt³/2  dt²]
//! K = P Hᵀ / (P_pp + R),   H = [1 0]
//! ```
//!
//! Both coordinates have the same noise, so they share one covariance of position and velocity.
//! Source: Bar-Shalom, Li, Kirubarajan, 2001, section 6.3.2.

use super::TrackingSettings;
use crate::{Point2, Vector2};

/// Position and velocity of a moving object, with their covariance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Filter {
    pub position: Point2,
    pub velocity: Vector2,
    /// Variance of one position coordinate, m².
    pub pp: f64,
    /// Covariance of one position coordinate and its velocity, m²/s.
    pv: f64,
    /// Variance of one velocity component, m²/s².
    pub vv: f64,
}

impl Filter {
    /// Initialises the filter at the first detection, with zero velocity and the variance of an
    /// unknown one.
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

    /// Updates the filter with a measured position. `hidden_m` of the object's radius is occluded;
    /// the measurement error grows by that much.
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

    /// Radius of the association gate around the predicted position, m.
    pub(super) fn gate_m(&self, settings: &TrackingSettings) -> f64 {
        let sd = (self.pp + settings.position_sd_m.powi(2)).sqrt();
        (settings.gate_sd * sd).min(settings.gate_max_m)
    }
}
