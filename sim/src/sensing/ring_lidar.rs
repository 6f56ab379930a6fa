//! Model of a multi-ring LiDAR that rotates about its own z axis.
//!
//! ```text
//! p = (r + σ ε) [cos φ cos θ, sin φ cos θ, sin θ],   t = t₀ + k Δt,   φ = φ₀ + k Δφ
//! ```
//!
//! All rings of one azimuth φ fire at once; θ is a ring's elevation, `r` the exact range of the
//! first return, ε ~ N(0, 1). Every azimuth uses the poses of robot and movers at its own time.
//! Glass is transparent. A beam without a return gives no point.

use std::f64::consts::{FRAC_PI_2, PI};

use nalgebra::Vector3;
use perception::{CloudPoint, PointCloud, Pose2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

use super::Mounting;
use crate::SettingsError;
use crate::world::{RayBundle, Surroundings};

/// Maximum number of beams of a sweep.
const BEAMS_MAX: usize = 1 << 20;

/// A multi-ring LiDAR and its mounting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RingLidarSettings {
    /// Number of rings, equally spaced in elevation.
    pub rings: usize,
    /// Elevation of the lowest ring above the sensor's own xy plane, rad.
    pub elevation_min_rad: f64,
    /// Elevation of the highest ring, rad.
    pub elevation_max_rad: f64,
    /// Number of azimuths of a sweep.
    pub azimuths: usize,
    /// The first azimuth, counter-clockwise from the sensor's x axis, rad.
    pub azimuth_min_rad: f64,
    /// End of the sweep, one step after the last azimuth, rad.
    pub azimuth_max_rad: f64,
    /// Period of sweeps, s.
    pub period_s: f64,
    /// Duration of a sweep, s; 0 measures all simultaneously.
    pub sweep_s: f64,
    /// Minimum range, m; closer returns give no point.
    pub range_min_m: f64,
    /// Maximum range, m; farther returns give no point.
    pub range_max_m: f64,
    /// Standard deviation of a range, m.
    pub noise_m: f64,
    /// Share of independently lost beams, 0 to 1.
    pub dropout_share: f64,
    /// Mounting of the sensor.
    pub mounting: Mounting,
}

impl Default for RingLidarSettings {
    fn default() -> Self {
        Self {
            rings: 16,
            elevation_min_rad: -15.0_f64.to_radians(),
            elevation_max_rad: 15.0_f64.to_radians(),
            azimuths: 1024,
            azimuth_min_rad: -PI,
            azimuth_max_rad: PI,
            period_s: 0.1,
            sweep_s: 0.1,
            range_min_m: 0.3,
            range_max_m: 30.0,
            noise_m: 0.02,
            dropout_share: 0.005,
            mounting: Mounting {
                z_m: 0.6,
                ..Mounting::default()
            },
        }
    }
}

impl RingLidarSettings {
    /// Rejects values out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "ring_lidar";
        let count = |value: usize, field, most, expected| {
            let allowed = (1..=most).contains(&value);
            SettingsError::ensure(allowed, section, field, &value, expected)
        };
        count(self.rings, "rings", 256, "1 to 256")?;
        count(self.azimuths, "azimuths", 100_000, "1 to 100000")?;
        count(
            self.rings * self.azimuths,
            "rings times azimuths",
            BEAMS_MAX,
            "at most 1048576 beams a sweep",
        )?;
        let (low, high) = (self.elevation_min_rad, self.elevation_max_rad);
        SettingsError::ensure(
            -FRAC_PI_2 <= low && low <= high && high <= FRAC_PI_2,
            section,
            "elevation_max_rad",
            &format!("{high} with elevation_min_rad {low}"),
            "-pi/2 to pi/2, not below elevation_min_rad",
        )?;
        let (low, high) = (self.azimuth_min_rad, self.azimuth_max_rad);
        SettingsError::ensure(
            low.is_finite() && high.is_finite() && low < high && high - low <= 2.0 * PI + 1e-9,
            section,
            "azimuth_max_rad",
            &high,
            "above azimuth_min_rad by at most a full turn",
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("range_min_m", self.range_min_m, 0.0..=100.0),
                ("noise_m", self.noise_m, 0.0..=10.0),
                ("sweep_s", self.sweep_s, 0.0..=10.0),
            ],
        )?;
        SettingsError::ensure_within(section, &[("period_s", self.period_s, 0.001..=10.0)])?;
        SettingsError::ensure(
            self.range_max_m > self.range_min_m && self.range_max_m <= 500.0,
            section,
            "range_max_m",
            &self.range_max_m,
            "above range_min_m, up to 500 m",
        )?;
        SettingsError::ensure(
            self.sweep_s <= self.period_s,
            section,
            "sweep_s",
            &self.sweep_s,
            "at most period_s",
        )?;
        SettingsError::ensure(
            (0.0..=1.0).contains(&self.dropout_share),
            section,
            "dropout_share",
            &self.dropout_share,
            "0 to 1",
        )?;
        self.mounting.validate(section)
    }

    /// Elevation of a ring, rad; 0 is the lowest ring.
    pub fn elevation_rad(&self, ring: usize) -> f64 {
        let steps = self.rings.max(2) - 1;
        let share = ring as f64 / steps as f64;
        self.elevation_min_rad + share * (self.elevation_max_rad - self.elevation_min_rad)
    }

    /// Azimuth of a step of the sweep, rad.
    pub fn azimuth_rad(&self, step: usize) -> f64 {
        let share = step as f64 / self.azimuths as f64;
        self.azimuth_min_rad + share * (self.azimuth_max_rad - self.azimuth_min_rad)
    }

    /// Time of a step of a sweep after its start, s.
    pub fn elapsed_s(&self, step: usize) -> f64 {
        self.sweep_s * step as f64 / self.azimuths as f64
    }
}

/// State of a multi-ring LiDAR.
#[derive(Debug, Clone)]
pub struct RingLidar {
    settings: RingLidarSettings,
    rng: ChaCha8Rng,
    /// Cosine and sine of every ring's elevation.
    elevations: Vec<[f64; 2]>,
    rays: RayBundle,
    own: RayBundle,
}

impl RingLidar {
    /// A LiDAR with noise from `seed`.
    pub fn new(settings: RingLidarSettings, seed: u64) -> Result<Self, SettingsError> {
        settings.validate()?;
        let elevation = |ring| {
            let (sin, cos) = settings.elevation_rad(ring).sin_cos();
            [cos, sin]
        };
        Ok(Self {
            elevations: (0..settings.rings).map(elevation).collect(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            rays: RayBundle::new(),
            own: RayBundle::new(),
            settings,
        })
    }

    /// Settings of the LiDAR.
    pub fn settings(&self) -> &RingLidarSettings {
        &self.settings
    }

    /// Writes the returns of one sweep, sensor frame, in the order of measurement, each azimuth
    /// from the lowest ring up. `surroundings` and the true planar pose `world_from_base` are
    /// evaluated once per azimuth, at the time since the start of the sweep.
    /// [`crate::World::standing`] gives height and tilt of the robot. Noise is drawn for every
    /// beam, with or without a return. Does not allocate once `cloud` has its size.
    pub fn sweep(
        &mut self,
        mut surroundings: impl Surroundings,
        world_from_base: impl Fn(f64) -> Pose2,
        cloud: &mut PointCloud,
    ) {
        let settings = &self.settings;
        cloud.points.clear();
        cloud.rings.clear();
        let base_from_lidar = settings.mounting.pose();
        // beyond the maximum range, since noise may bring a return within
        let reach_m = settings.range_max_m + 6.0 * settings.noise_m;
        for step in 0..settings.azimuths {
            let elapsed_s = settings.elapsed_s(step);
            let scene = surroundings.at(elapsed_s);
            let world_from_lidar =
                scene.world.standing(world_from_base(elapsed_s)) * base_from_lidar;
            let (sin, cos) = settings.azimuth_rad(step).sin_cos();
            let ahead = world_from_lidar * Vector3::new(cos, sin, 0.0);
            let up = world_from_lidar * Vector3::z();
            for (chunk, elevations) in self.elevations.chunks(RayBundle::LEN_MAX).enumerate() {
                let origin = world_from_lidar.translation.vector.into();
                self.rays.start(origin, reach_m);
                for [level, rise] in elevations {
                    self.rays.push(ahead * *level + up * *rise);
                }
                self.rays.is_fan();
                scene.cast_bundle(&mut self.rays, &mut self.own);
                for (ray, [level, rise]) in elevations.iter().enumerate() {
                    let noise: f64 = StandardNormal.sample(&mut self.rng);
                    let lost = self.rng.random::<f64>() < settings.dropout_share;
                    let Some(found_m) = self.rays.hit_m(ray) else {
                        continue;
                    };
                    let range_m = found_m + settings.noise_m * noise;
                    if lost || !(settings.range_min_m..=settings.range_max_m).contains(&range_m) {
                        continue;
                    }
                    let flat_m = range_m * level;
                    cloud.points.push(CloudPoint {
                        position: [cos * flat_m, sin * flat_m, range_m * rise].map(|x| x as f32),
                        time_s: elapsed_s as f32,
                    });
                    cloud.rings.push((chunk * RayBundle::LEN_MAX + ray) as u16);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
