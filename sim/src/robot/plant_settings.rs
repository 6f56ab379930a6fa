//! Limits and errors of the drivetrain.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// Bounds of accelerations, m/s² or rad/s²; the highest follow every command immediately.
const ACCELERATIONS: RangeInclusive<f64> = 0.01..=1e9;

/// Drivetrain and its errors. The default is an ideal drivetrain with the limits of a small robot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlantSettings {
    /// Maximum forward speed, m/s.
    pub speed_max_mps: f64,
    /// Maximum backward speed, m/s, positive.
    pub reverse_speed_max_mps: f64,
    /// Maximum turning rate, rad/s.
    pub turn_rate_max_radps: f64,
    /// Maximum acceleration, m/s².
    pub acceleration_max_mps2: f64,
    /// Maximum deceleration, m/s².
    pub deceleration_max_mps2: f64,
    /// Maximum angular acceleration, rad/s².
    pub turn_acceleration_max_radps2: f64,
    /// Time from a command to its first effect, s.
    pub latency_s: f64,
    /// Time constant of the speed, s; 0 follows immediately.
    pub speed_lag_s: f64,
    /// Time constant of the turning rate, s; 0 follows immediately.
    pub turn_lag_s: f64,
    /// Maximum share of the speed lost to slip; the mean slip of an episode is drawn from 0 to
    /// this.
    pub speed_slip_max: f64,
    /// Maximum share of the turning rate lost to slip; the mean slip of an episode is drawn from 0
    /// to this.
    pub turn_slip_max: f64,
    /// Standard deviation of both slips around their mean.
    pub slip_noise: f64,
    /// Correlation time of that deviation, s.
    pub slip_noise_time_s: f64,
    /// Heading noise due to the floor, rad per square root of a metre driven.
    pub heading_noise_rad_per_sqrt_m: f64,
    /// Standard deviation of the odometry's scale error in speed; drawn once per episode.
    pub odometry_speed_scale: f64,
    /// Standard deviation of the odometry's scale error in turning rate; drawn once per episode.
    pub odometry_turn_scale: f64,
    /// Share of the slip that odometry measures: 0 for wheel encoders, 1 for the motion of the
    /// body.
    pub odometry_slip_seen: f64,
    /// Standard deviation of the measured speed, m/s.
    pub odometry_speed_noise_mps: f64,
    /// Standard deviation of the measured turning rate, rad/s.
    pub odometry_turn_noise_radps: f64,
    /// Integration step, s.
    pub substep_s: f64,
}

impl Default for PlantSettings {
    fn default() -> Self {
        Self {
            speed_max_mps: 1.0,
            reverse_speed_max_mps: 1.0,
            turn_rate_max_radps: 2.0,
            acceleration_max_mps2: 2.0,
            deceleration_max_mps2: 2.0,
            turn_acceleration_max_radps2: 4.0,
            latency_s: 0.0,
            speed_lag_s: 0.0,
            turn_lag_s: 0.0,
            speed_slip_max: 0.0,
            turn_slip_max: 0.0,
            slip_noise: 0.0,
            slip_noise_time_s: 0.2,
            heading_noise_rad_per_sqrt_m: 0.0,
            odometry_speed_scale: 0.0,
            odometry_turn_scale: 0.0,
            odometry_slip_seen: 0.0,
            odometry_speed_noise_mps: 0.0,
            odometry_turn_noise_radps: 0.0,
            substep_s: 0.005,
        }
    }
}

impl PlantSettings {
    /// Integration steps in a period, at least one.
    pub fn substeps(&self, period_s: f64) -> u64 {
        ((period_s / self.substep_s).round() as u64).max(1)
    }

    /// Drivetrain of a Clearpath Jackal: 2.0 m/s, four wheels with skid steering.
    pub fn jackal() -> Self {
        Self {
            speed_max_mps: 2.0,
            reverse_speed_max_mps: 2.0,
            turn_rate_max_radps: 4.0,
            acceleration_max_mps2: 3.0,
            deceleration_max_mps2: 3.0,
            turn_acceleration_max_radps2: 8.0,
            latency_s: 0.03,
            speed_lag_s: 0.08,
            turn_lag_s: 0.08,
            speed_slip_max: 0.04,
            turn_slip_max: 0.15,
            slip_noise: 0.02,
            heading_noise_rad_per_sqrt_m: 0.005,
            odometry_speed_scale: 0.01,
            odometry_turn_scale: 0.01,
            odometry_slip_seen: 0.9,
            odometry_speed_noise_mps: 0.01,
            odometry_turn_noise_radps: 0.01,
            ..Self::default()
        }
    }

    /// Drivetrain of a mobile manipulator with two driven wheels: 1.0 m/s. A gyroscope measures
    /// most of its slip in turns.
    pub fn round() -> Self {
        Self {
            speed_max_mps: 1.0,
            reverse_speed_max_mps: 0.5,
            turn_rate_max_radps: 1.5,
            acceleration_max_mps2: 1.0,
            deceleration_max_mps2: 1.5,
            turn_acceleration_max_radps2: 3.0,
            latency_s: 0.04,
            speed_lag_s: 0.1,
            turn_lag_s: 0.1,
            speed_slip_max: 0.02,
            turn_slip_max: 0.03,
            slip_noise: 0.01,
            heading_noise_rad_per_sqrt_m: 0.003,
            odometry_speed_scale: 0.005,
            odometry_turn_scale: 0.005,
            odometry_slip_seen: 0.9,
            odometry_speed_noise_mps: 0.005,
            odometry_turn_noise_radps: 0.005,
            ..Self::default()
        }
    }

    /// Rejects values out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "plant";
        SettingsError::ensure_within(
            section,
            &[
                ("speed_max_mps", self.speed_max_mps, 0.01..=20.0),
                ("turn_rate_max_radps", self.turn_rate_max_radps, 0.01..=50.0),
                (
                    "acceleration_max_mps2",
                    self.acceleration_max_mps2,
                    ACCELERATIONS,
                ),
                (
                    "deceleration_max_mps2",
                    self.deceleration_max_mps2,
                    ACCELERATIONS,
                ),
                (
                    "turn_acceleration_max_radps2",
                    self.turn_acceleration_max_radps2,
                    ACCELERATIONS,
                ),
                ("slip_noise_time_s", self.slip_noise_time_s, 0.001..=100.0),
                ("substep_s", self.substep_s, 1e-4..=0.05),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                (
                    "reverse_speed_max_mps",
                    self.reverse_speed_max_mps,
                    0.0..=20.0,
                ),
                ("latency_s", self.latency_s, 0.0..=5.0),
                ("speed_lag_s", self.speed_lag_s, 0.0..=10.0),
                ("turn_lag_s", self.turn_lag_s, 0.0..=10.0),
                ("slip_noise", self.slip_noise, 0.0..=1.0),
                (
                    "heading_noise_rad_per_sqrt_m",
                    self.heading_noise_rad_per_sqrt_m,
                    0.0..=10.0,
                ),
                ("odometry_speed_scale", self.odometry_speed_scale, 0.0..=1.0),
                ("odometry_turn_scale", self.odometry_turn_scale, 0.0..=1.0),
                (
                    "odometry_speed_noise_mps",
                    self.odometry_speed_noise_mps,
                    0.0..=10.0,
                ),
                (
                    "odometry_turn_noise_radps",
                    self.odometry_turn_noise_radps,
                    0.0..=10.0,
                ),
            ],
        )?;
        for (field, share) in [
            ("speed_slip_max", self.speed_slip_max),
            ("turn_slip_max", self.turn_slip_max),
            ("odometry_slip_seen", self.odometry_slip_seen),
        ] {
            SettingsError::ensure(
                (0.0..=1.0).contains(&share),
                section,
                field,
                &share,
                "0 to 1",
            )?;
        }
        SettingsError::ensure(
            (0.000_1..=0.05).contains(&self.substep_s),
            section,
            "substep_s",
            &self.substep_s,
            "0.0001 to 0.05 s",
        )
    }
}
