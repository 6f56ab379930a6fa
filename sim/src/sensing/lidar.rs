//! Model of a planar LiDAR: exact ranges with noise and dropouts.
//!
//! ```text
//! r_i = d(p(t_i), φ_i) + σ ε_i,   ε_i ~ N(0, 1),   t_i = t_0 + i Δt
//! ```
//!
//! `d` is the exact distance to the first obstacle or mover at the height of the sensor, `p(t)` its
//! true pose. On uneven floor the robot may tilt, and beams may hit the floor. With `Δt > 0` the
//! robot moves during the sweep, which distorts the scan.

use std::f64::consts::PI;

use nalgebra::Vector3;
use perception::{LaserScan, Pose2, Vector2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::SettingsError;
use crate::world::{RayBundle, Surroundings};

/// Reading of a lost beam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropout {
    /// NaN: no measurement (REP-117).
    Nan,
    /// Positive infinity: a false report of open space.
    Infinity,
}

/// A LiDAR and its mounting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LidarSettings {
    /// Number of beams of a scan.
    pub beams: usize,
    /// Direction of the first beam, rad.
    pub angle_min_rad: f64,
    /// Direction of the last beam, rad.
    pub angle_max_rad: f64,
    /// Minimum range, m; closer returns read negative infinity (too close, REP-117).
    pub range_min_m: f64,
    /// Maximum range, m; beams without a nearer return read positive infinity (REP-117).
    pub range_max_m: f64,
    /// Standard deviation of a range, m.
    pub noise_m: f64,
    /// Share of independently lost beams, 0 to 1.
    pub dropout_share: f64,
    /// Reading of a lost beam.
    pub dropout: Dropout,
    /// Period of scans, s.
    pub period_s: f64,
    /// Time between beams, s; 0 measures all simultaneously.
    pub time_increment_s: f64,
    /// Pose of the sensor on the robot: x (m), y (m), yaw (rad).
    pub base_from_lidar: Pose2,
    /// Height of the scanned plane above the floor, m.
    pub height_m: f64,
}

impl Default for LidarSettings {
    fn default() -> Self {
        Self {
            beams: 720,
            angle_min_rad: -0.75 * PI,
            angle_max_rad: 0.75 * PI,
            range_min_m: 0.1,
            range_max_m: 20.0,
            noise_m: 0.01,
            dropout_share: 0.002,
            dropout: Dropout::Nan,
            period_s: 0.05,
            time_increment_s: 0.0,
            base_from_lidar: Pose2::IDENTITY,
            height_m: 0.3,
        }
    }
}

impl LidarSettings {
    /// Rejects values out of bounds.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "lidar";
        let (low, high) = (self.angle_min_rad, self.angle_max_rad);
        let pose: [f64; 3] = self.base_from_lidar.into();
        SettingsError::ensure(
            (2..=100_000).contains(&self.beams),
            section,
            "beams",
            &self.beams,
            "2 to 100000",
        )?;
        SettingsError::ensure(
            low.is_finite() && high.is_finite() && low < high && high - low <= 2.0 * PI + 1e-9,
            section,
            "angle_max_rad",
            &high,
            "above angle_min_rad by at most a full turn",
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("range_min_m", self.range_min_m, 0.0..=100.0),
                ("noise_m", self.noise_m, 0.0..=10.0),
                ("time_increment_s", self.time_increment_s, 0.0..=1.0),
                ("height_m", self.height_m, 0.0..=10.0),
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
            (0.0..=1.0).contains(&self.dropout_share),
            section,
            "dropout_share",
            &self.dropout_share,
            "0 to 1",
        )?;
        SettingsError::ensure(
            self.sweep_s() <= self.period_s,
            section,
            "time_increment_s",
            &self.time_increment_s,
            "a sweep of all beams within period_s",
        )?;
        SettingsError::ensure(
            pose.iter().all(|value| value.abs() <= 10.0),
            section,
            "base_from_lidar",
            &format!("{pose:?}"),
            "three numbers from -10 to 10: x, y, m, and yaw, rad",
        )
    }

    /// Time from the first beam to the last, s.
    pub fn sweep_s(&self) -> f64 {
        self.time_increment_s * (self.beams.max(1) - 1) as f64
    }
}

/// State of a LiDAR: settings and noise.
#[derive(Debug, Clone)]
pub struct Lidar {
    settings: LidarSettings,
    rng: ChaCha8Rng,
    rays: RayBundle,
    own: RayBundle,
}

impl Lidar {
    /// A LiDAR with noise from `seed`.
    pub fn new(settings: LidarSettings, seed: u64) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            settings,
            rng: ChaCha8Rng::seed_from_u64(seed),
            rays: RayBundle::new(),
            own: RayBundle::new(),
        })
    }

    /// Changes the mounting.
    pub(crate) fn remount(&mut self, base_from_lidar: Pose2) {
        self.settings.base_from_lidar = base_from_lidar;
    }

    /// Settings of the LiDAR.
    pub fn settings(&self) -> &LidarSettings {
        &self.settings
    }

    /// Writes one scan. `surroundings` is evaluated once per beam. `world_from_base` returns the
    /// true pose of the robot at a time after the first beam, s; it is evaluated once if all beams
    /// are simultaneous. Does not allocate once `scan` has its size. Noise is drawn for every beam,
    /// with or without a return, so that the noise of a beam depends only on the seed and its
    /// index.
    pub fn scan(
        &mut self,
        mut surroundings: impl Surroundings,
        world_from_base: impl Fn(f64) -> Pose2,
        scan: &mut LaserScan,
    ) {
        let settings = self.settings.clone();
        scan.angle_min = settings.angle_min_rad;
        scan.angle_increment =
            (settings.angle_max_rad - settings.angle_min_rad) / (settings.beams - 1) as f64;
        scan.time_increment = settings.time_increment_s;
        scan.range_min = settings.range_min_m;
        scan.range_max = settings.range_max_m;
        scan.ranges.clear();
        let mut pose = world_from_base(0.0);
        for beam in 0..settings.beams {
            let elapsed_s = settings.time_increment_s * beam as f64;
            if settings.time_increment_s > 0.0 {
                pose = world_from_base(elapsed_s);
            }
            let turn = scan.angle_increment * beam as f64;
            let found = self.beam_m(&mut surroundings, elapsed_s, pose, turn);
            let noise: f64 = StandardNormal.sample(&mut self.rng);
            let lost = self.rng.random::<f64>() < settings.dropout_share;
            let range_m = found.map_or(f64::INFINITY, |range| range + settings.noise_m * noise);
            scan.ranges.push(if lost {
                match settings.dropout {
                    Dropout::Nan => f32::NAN,
                    Dropout::Infinity => f32::INFINITY,
                }
            } else if range_m > settings.range_max_m {
                f32::INFINITY
            } else if range_m < settings.range_min_m {
                f32::NEG_INFINITY
            } else {
                range_m as f32
            });
        }
    }

    /// True range of a beam at an angle from the first, m.
    fn beam_m(
        &mut self,
        surroundings: &mut impl Surroundings,
        elapsed_s: f64,
        world_from_base: Pose2,
        turn: f64,
    ) -> Option<f64> {
        let settings = &self.settings;
        let scene = surroundings.at(elapsed_s);
        // beyond the maximum range, since noise may bring a return within
        let reach_m = settings.range_max_m + 6.0 * settings.noise_m;
        if scene.world.is_level() && scene.movers.is_empty() {
            let world_from_lidar = world_from_base * settings.base_from_lidar;
            let angle = world_from_lidar.yaw + settings.angle_min_rad + turn;
            let along = Vector2::new(angle.cos(), angle.sin());
            let origin = world_from_lidar.position();
            return scene.world.cast(origin, along, settings.height_m, reach_m);
        }
        let world_from_lidar = scene.world.standing(world_from_base)
            * settings.base_from_lidar.lifted(settings.height_m);
        let angle = settings.angle_min_rad + turn;
        let along = world_from_lidar * Vector3::new(angle.cos(), angle.sin(), 0.0);
        let origin = world_from_lidar.translation.vector.into();
        self.rays.start(origin, reach_m);
        self.rays.push(along);
        self.rays.is_narrow();
        scene.cast_bundle(&mut self.rays, &mut self.own);
        self.rays.hit_m(0)
    }
}

#[cfg(test)]
mod tests;
