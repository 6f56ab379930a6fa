//! Tilt and height of the robot from an inertial measurement unit.
//!
//! ```text
//! tilt' = tilt + b + n,   b ~ N(0, bias²) per episode,   n ~ N(0, noise²) per reading
//! height' = −∫ sin(pitch') ds,   s the distance from odometry
//! ```

use perception::{Pose2, Stance};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// Inertial measurement unit whose tilt is part of odometry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InclinometerSettings {
    /// True if odometry includes height and tilt; else the robot assumes level floor.
    pub enabled: bool,
    /// Standard deviation of the bias, constant per episode, rad.
    pub bias_rad: f64,
    /// Standard deviation of the noise of each reading, rad.
    pub noise_rad: f64,
}

impl Default for InclinometerSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            bias_rad: 0.004,
            noise_rad: 0.001,
        }
    }
}

impl InclinometerSettings {
    /// Rejects values out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_within(
            "robot.inclinometer",
            &[
                ("bias_rad", self.bias_rad, 0.0..=1.6),
                ("noise_rad", self.noise_rad, 0.0..=1.6),
            ],
        )
    }
}

/// State of the inertial measurement unit.
#[derive(Debug, Clone)]
pub struct Inclinometer {
    settings: InclinometerSettings,
    rng: ChaCha8Rng,
    bias: [f64; 2],
    height_m: f64,
    last: Option<Pose2>,
}

impl Inclinometer {
    /// A unit with errors from `seed`.
    pub fn new(settings: InclinometerSettings, seed: u64) -> Result<Self, SettingsError> {
        settings.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let bias = [0; 2].map(|_| settings.bias_rad * normal(&mut rng));
        Ok(Self {
            settings,
            rng,
            bias,
            height_m: 0.0,
            last: None,
        })
    }

    /// The next reading, from the true height and tilt at an odometry pose.
    pub fn read(&mut self, truth: &Stance, odom_from_base: Pose2) -> Stance {
        let [roll, pitch] = [truth.roll, truth.pitch];
        let mut tilted = |value: f64, axis: usize| {
            value + self.bias[axis] + self.settings.noise_rad * normal(&mut self.rng)
        };
        let (roll, pitch) = (tilted(roll, 0), tilted(pitch, 1));
        let last = self.last.replace(odom_from_base);
        let driven_m = last.map_or(0.0, |last| (last.inverse() * odom_from_base).x);
        self.height_m -= pitch.sin() * driven_m;
        Stance {
            height_m: self.height_m,
            roll,
            pitch,
        }
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn height_is_the_slope_driven_up() {
        let settings = InclinometerSettings {
            enabled: true,
            bias_rad: 0.0,
            noise_rad: 0.0,
        };
        let mut sensor = Inclinometer::new(settings, 2).expect("settings hold");
        let uphill = Stance {
            pitch: -0.1,
            ..Stance::LEVEL
        };
        let mut read = Stance::LEVEL;
        for step in 0..=100 {
            read = sensor.read(&uphill, Pose2::new(0.01 * f64::from(step), 0.0, 0.0));
        }
        assert!((read.height_m - 0.1_f64.sin()).abs() < 1e-12);
        // and back down, in reverse
        for step in (0..=100).rev() {
            read = sensor.read(&uphill, Pose2::new(0.01 * f64::from(step), 0.0, 0.0));
        }
        assert!(read.height_m.abs() < 1e-12);
    }

    #[test]
    fn the_same_seed_errs_the_same() {
        let read = |seed| {
            let settings = InclinometerSettings::default();
            let mut sensor = Inclinometer::new(settings, seed).expect("settings hold");
            sensor.read(&Stance::LEVEL, Pose2::IDENTITY)
        };
        assert_eq!(read(4), read(4));
        assert_ne!(read(4), read(6));
    }
}
