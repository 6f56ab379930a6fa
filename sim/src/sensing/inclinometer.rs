//! What an inertial unit makes of how the robot stands.
//!
//! ```text
//! tilt' = tilt + b + n,   b ~ N(0, bias²) an episode,   n ~ N(0, noise²) a reading
//! height' = −∫ sin(pitch') ds,   s what odometry says was driven
//! ```

use perception::{Pose2, Stance};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// An inertial unit whose tilt goes into odometry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InclinometerSettings {
    /// Odometry has height and tilt; else the robot takes the floor to be level.
    pub enabled: bool,
    /// Standard deviation of the error that stays for an episode, rad.
    pub bias_rad: f64,
    /// Standard deviation of each reading, rad.
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
    /// Refuses what no sensor is.
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

/// An inertial unit at work.
#[derive(Debug, Clone)]
pub struct Inclinometer {
    settings: InclinometerSettings,
    rng: ChaCha8Rng,
    bias: [f64; 2],
    height_m: f64,
    last: Option<Pose2>,
}

impl Inclinometer {
    /// One whose faults follow from `seed`.
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

    /// The next reading: of a robot that truly stands so, where odometry says it is.
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
