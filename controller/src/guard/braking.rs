//! Braking trajectory: the predicted motion from a command now until the robot is at rest.
//!
//! ```text
//! 0 ≤ t < L          the current velocity, or the pending commands as they take effect
//! L ≤ t < L + T      the command, or braking towards a slower one
//! L + T ≤ t          braking along the same arc, within the angular deceleration
//! ```
//!
//! L is the latency, T the time until the next command. For a short latency the current velocity is
//! the faster of the measured one and the last command; for a long latency the robot moves as
//! measured and executes pending commands late. The guard checks both cases.

use perception::{Pose2, Twist};

use super::pending::Pending;

/// Time step of a stop in the prediction of moving objects, s.
pub(super) const STEP_S: f64 = 0.05;
/// Maximum duration of a predicted stop, s.
const STOP_MAX_S: f64 = 8.0;

/// Maximum scan period without a reduction of speed, s.
const SCAN_PERIOD_S: f64 = 0.11;
/// Distance from the first detection of a moving object within which a robot with slower scans is
/// at rest, m.
const FIRST_SIGHT_M: f64 = 1.45;

/// Latency and decelerations for the prediction of stops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Brakes {
    /// Time from a command to its effect, s.
    pub(super) latency_s: f64,
    /// Time until the next command, s.
    pub(super) period_s: f64,
    /// Linear deceleration, m/s².
    pub(super) deceleration_mps2: f64,
    /// Angular deceleration, rad/s².
    pub(super) turn_deceleration_radps2: f64,
}

/// A command and the stop after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct BrakingTrajectory {
    command: Twist,
    velocity: Twist,
    elapsed_s: f64,
    brakes: Brakes,
    pending: Pending,
}

impl BrakingTrajectory {
    /// The trajectory of a robot that moves with `current` when it receives `command`.
    pub(super) fn new(current: Twist, command: Twist, brakes: Brakes) -> Self {
        Self {
            command,
            velocity: current,
            elapsed_s: 0.0,
            brakes,
            pending: Pending::default(),
        }
    }

    /// A robot that moves with `measured`, obeys the pending commands one by one, and then
    /// `command`.
    pub(super) fn late(measured: Twist, pending: Pending, command: Twist, brakes: Brakes) -> Self {
        Self {
            pending,
            ..Self::new(measured, command, brakes)
        }
    }

    /// A stop without any further command.
    pub(super) fn stop(current: Twist, brakes: Brakes) -> Self {
        let brakes = Brakes {
            period_s: 0.0,
            ..brakes
        };
        Self::new(current, Twist::ZERO, brakes)
    }

    /// True when the robot is at rest and commanded to remain so.
    pub(super) fn rests(&self) -> bool {
        self.command == Twist::ZERO && self.velocity == Twist::ZERO
    }

    /// True when the robot turns on the spot or is at rest.
    pub(super) fn only_turns(&self) -> bool {
        self.command.linear == 0.0 && self.velocity.linear == 0.0
    }

    /// Stopping time from a speed, s.
    pub(super) fn time_from_s(&self, speed_mps: f64) -> f64 {
        self.brakes.latency_s + speed_mps / self.brakes.deceleration_mps2
    }

    /// The command itself.
    pub(super) fn command(&self) -> Twist {
        self.command
    }

    /// Time since the command was given, s.
    pub(super) fn elapsed_s(&self) -> f64 {
        self.elapsed_s
    }

    /// Velocity at this moment.
    pub(super) fn velocity(&self) -> Twist {
        self.velocity
    }

    /// The pose of the base `step_s` after `base`; `None` once it is at rest.
    pub(super) fn next_pose(&mut self, base: Pose2, step_s: f64) -> Option<Pose2> {
        let commanded_until_s = self.brakes.latency_s + self.brakes.period_s;
        let is_over = self.elapsed_s >= STOP_MAX_S
            || (self.velocity == Twist::ZERO && self.elapsed_s >= commanded_until_s);
        if is_over {
            return None;
        }
        let next = base * Pose2::exp(self.velocity, step_s);
        self.elapsed_s += step_s;
        if self.elapsed_s + 1e-9 >= commanded_until_s {
            self.velocity = self.brakes.slowed(self.velocity, step_s);
        } else if self.elapsed_s + 1e-9 >= self.brakes.latency_s {
            self.velocity = self.brakes.toward(self.velocity, self.command, step_s);
        } else if let Some(command) = self.pending.after(self.elapsed_s) {
            self.velocity = self.brakes.toward(self.velocity, command, step_s);
        }
        Some(next)
    }
}

impl Brakes {
    /// Slows along the same arc, or turns on where the turn cannot end that soon.
    fn slowed(&self, velocity: Twist, step_s: f64) -> Twist {
        let loss = self.deceleration_mps2 * step_s;
        let speed = velocity.linear.signum() * (velocity.linear.abs() - loss).max(0.0);
        let turn_loss = self.turn_deceleration_radps2 * step_s;
        let least = (velocity.angular.abs() - turn_loss).max(0.0);
        let along_arc = if velocity.linear.abs() > 1e-6 {
            velocity.angular.abs() * speed / velocity.linear
        } else {
            0.0
        };
        Twist::new(speed, velocity.angular.signum() * along_arc.max(least))
    }

    /// Gains speed at once, loses it as the brakes allow.
    fn toward(&self, velocity: Twist, command: Twist, step_s: f64) -> Twist {
        let near = |now: f64, wanted: f64, loss: f64| {
            let is_slower = now * wanted < 0.0 || wanted.abs() < now.abs();
            if is_slower {
                now.signum()
                    * (now.abs() - loss).max(if now * wanted > 0.0 {
                        wanted.abs()
                    } else {
                        0.0
                    })
            } else {
                wanted
            }
        };
        Twist::new(
            near(
                velocity.linear,
                command.linear,
                self.deceleration_mps2 * step_s,
            ),
            near(
                velocity.angular,
                command.angular,
                self.turn_deceleration_radps2 * step_s,
            ),
        )
    }

    /// Stopping distance from a speed, m.
    pub(super) fn stopping_distance_m(&self, speed_mps: f64) -> f64 {
        let reaction_s = self.latency_s + self.period_s;
        speed_mps * reaction_s + 0.5 * speed_mps * speed_mps / self.deceleration_mps2
    }

    /// Maximum speed for a scan period, m/s: at it the robot comes to rest within [`FIRST_SIGHT_M`]
    /// of the first detection of a moving object, which takes three scans.
    pub(super) fn speed_at_period_mps(&self, scan_period_s: f64) -> f64 {
        if scan_period_s <= SCAN_PERIOD_S {
            return f64::INFINITY;
        }
        let a = self.deceleration_mps2;
        let reaction = a * (3.0 * scan_period_s + self.latency_s + self.period_s);
        (reaction * reaction + 2.0 * a * FIRST_SIGHT_M).sqrt() - reaction
    }
}
