//! True motion of the robot and its odometry.
//!
//! ```text
//! command ─▶ latency ─▶ limits ─▶ lag ─▶ wheels w ─▶ slip ─▶ body v ─▶ pose
//!                                          └─▶ scale, noise ─▶ odometry
//!
//! ẇ = sat((u(t - latency) - w) / lag)      body v = (1 - slip) w
//! slip = clamp(s + n, 0, 1),  s ~ U(0, slip_max) per episode,  n an Ornstein-Uhlenbeck process
//! ```
//!
//! Within a substep the body follows an exact circular arc. The plant deliberately differs from the
//! controller's model of the robot.

use std::collections::VecDeque;

use perception::{Odometry, Pose2, Twist};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::PlantSettings;
use crate::SettingsError;

/// State of the simulated drivetrain.
#[derive(Debug, Clone)]
pub struct Plant {
    settings: PlantSettings,
    rng: ChaCha8Rng,
    /// Mean slip of speed and turning rate, drawn once.
    slip_mean: [f64; 2],
    /// Current deviation of slip from its mean.
    slip_waver: [f64; 2],
    /// Scale errors of odometry in speed and turning rate, drawn once.
    odometry_scale: [f64; 2],
    /// Commands in the latency queue, with the substep at which each takes effect.
    pending: VecDeque<(u64, Twist)>,
    command: Twist,
    substeps: u64,
    wheels: Twist,
    velocity: Twist,
    world_from_base: Pose2,
    odometry: Odometry,
}

impl Plant {
    /// A robot at rest at a pose. `seed` draws its random errors. Odometry starts at the identity.
    pub fn new(
        settings: PlantSettings,
        world_from_base: Pose2,
        seed: u64,
    ) -> Result<Self, SettingsError> {
        settings.validate()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let slip_mean = [settings.speed_slip_max, settings.turn_slip_max]
            .map(|slip_max| slip_max * rng.random::<f64>());
        let odometry_scale = [settings.odometry_speed_scale, settings.odometry_turn_scale]
            .map(|scale| 1.0 + scale * normal(&mut rng));
        Ok(Self {
            settings,
            rng,
            slip_mean,
            slip_waver: [0.0; 2],
            odometry_scale,
            pending: VecDeque::new(),
            command: Twist::ZERO,
            substeps: 0,
            wheels: Twist::ZERO,
            velocity: Twist::ZERO,
            world_from_base,
            odometry: Odometry::level(Pose2::IDENTITY, Twist::ZERO),
        })
    }

    /// Current settings.
    pub fn settings(&self) -> &PlantSettings {
        &self.settings
    }

    /// Changes the drivetrain from the next substep on. Slip and odometry scale keep their drawn
    /// values; queued commands arrive in order.
    pub(crate) fn change(&mut self, settings: PlantSettings) {
        self.settings = settings;
    }

    /// Receives a command. The drivetrain limits it, as motor controllers do. A command that is not
    /// finite is a stop.
    pub fn command(&mut self, command: Twist) {
        let settings = &self.settings;
        let held = if command.is_finite() {
            Twist::new(
                command
                    .linear
                    .clamp(-settings.reverse_speed_max_mps, settings.speed_max_mps),
                command
                    .angular
                    .clamp(-settings.turn_rate_max_radps, settings.turn_rate_max_radps),
            )
        } else {
            Twist::ZERO
        };
        let delay = (settings.latency_s / settings.substep_s).round() as u64;
        self.pending.push_back((self.substeps + delay, held));
    }

    /// Advances by one substep.
    pub fn advance(&mut self) {
        while let Some(&(due, command)) = self.pending.front()
            && due <= self.substeps
        {
            self.command = command;
            self.pending.pop_front();
        }
        let dt_s = self.settings.substep_s;
        self.turn_wheels(dt_s);
        let slip = self.slip(dt_s);
        let before = self.world_from_base;
        self.velocity = Twist::new(
            self.wheels.linear * (1.0 - slip[0]),
            self.wheels.angular * (1.0 - slip[1]),
        );
        let driven_m = self.velocity.linear.abs() * dt_s;
        let bump =
            self.settings.heading_noise_rad_per_sqrt_m * driven_m.sqrt() * normal(&mut self.rng);
        self.world_from_base =
            before * Pose2::exp(self.velocity, dt_s) * Pose2::new(0.0, 0.0, bump);
        self.measure(slip, dt_s);
        self.substeps += 1;
    }

    /// True pose of the base.
    pub fn world_from_base(&self) -> Pose2 {
        self.world_from_base
    }

    /// True velocity of the body.
    pub fn velocity(&self) -> Twist {
        self.velocity
    }

    /// Measured motion; its pose started at the identity.
    pub fn odometry(&self) -> Odometry {
        self.odometry
    }

    fn turn_wheels(&mut self, dt_s: f64) {
        let settings = &self.settings;
        let approach = |lag_s: f64| {
            if lag_s > 0.0 {
                -(-dt_s / lag_s).exp_m1()
            } else {
                1.0
            }
        };
        let speed = self.wheels.linear;
        let wanted = (self.command.linear - speed) * approach(settings.speed_lag_s);
        let change_max = dt_s
            * if wanted * speed < 0.0 {
                settings.deceleration_max_mps2
            } else {
                settings.acceleration_max_mps2
            };
        self.wheels.linear += wanted.clamp(-change_max, change_max);
        let wanted = (self.command.angular - self.wheels.angular) * approach(settings.turn_lag_s);
        let change_max = dt_s * settings.turn_acceleration_max_radps2;
        self.wheels.angular += wanted.clamp(-change_max, change_max);
    }

    /// Current shares of speed and turning rate lost to slip.
    fn slip(&mut self, dt_s: f64) -> [f64; 2] {
        let decay = (-dt_s / self.settings.slip_noise_time_s).exp();
        let kick = self.settings.slip_noise * (1.0 - decay * decay).sqrt();
        for waver in &mut self.slip_waver {
            *waver = decay * *waver + kick * normal(&mut self.rng);
        }
        [0, 1].map(|axis| (self.slip_mean[axis] + self.slip_waver[axis]).clamp(0.0, 1.0))
    }

    fn measure(&mut self, slip: [f64; 2], dt_s: f64) {
        let settings = &self.settings;
        let seen = |axis: usize| 1.0 - settings.odometry_slip_seen * slip[axis];
        let believed = Twist::new(
            self.wheels.linear * seen(0) * self.odometry_scale[0],
            self.wheels.angular * seen(1) * self.odometry_scale[1],
        );
        self.odometry.odom_from_base = self.odometry.odom_from_base * Pose2::exp(believed, dt_s);
        self.odometry.velocity = Twist::new(
            believed.linear + settings.odometry_speed_noise_mps * normal(&mut self.rng),
            believed.angular + settings.odometry_turn_noise_radps * normal(&mut self.rng),
        );
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

#[cfg(test)]
mod tests;
