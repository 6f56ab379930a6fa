//! A policy of random commands within and beyond the limits.

use controller::{Action, Limits, Observation, Policy, PolicyError, SolveStatus};
use perception::Twist;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Maximum number of consecutive ticks in one mood.
const TICKS_MAX: u32 = 40;
/// Maximum command as a multiple of the limits.
const BEYOND: f64 = 3.0;

/// Pattern of the commands in a run of ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    /// One constant command, forward in most cases.
    Kept(Twist),
    /// A new command each tick.
    Noise,
    /// Full speed forward and backward alternately.
    Reversing,
    /// Rotation in place at the maximum commanded rate.
    Spinning(f64),
    /// Infinite and undefined numbers.
    NotFinite,
    /// No command: the policy fails.
    Failing,
}

/// Random commands, reproducible from a seed.
#[derive(Debug, Clone)]
pub struct Wild {
    limits: Limits,
    seed: u64,
    rng: ChaCha8Rng,
    mood: Mood,
    /// Ticks left in the current mood.
    left: u32,
}

impl Wild {
    /// Commands exceed `limits` by a factor of up to 3.
    pub fn new(limits: Limits, seed: u64) -> Self {
        Self {
            limits,
            seed,
            rng: ChaCha8Rng::seed_from_u64(seed),
            mood: Mood::Noise,
            left: 0,
        }
    }

    fn anything(&mut self) -> Twist {
        let mut drawn = || BEYOND * (2.0 * self.rng.random::<f64>() - 1.0);
        Twist::new(
            drawn() * self.limits.speed_max_mps,
            drawn() * self.limits.turn_rate_max_radps,
        )
    }

    fn next_mood(&mut self) -> Mood {
        match self.rng.random_range(0..20) {
            0..12 => {
                let anything = self.anything();
                let turn = anything.angular * self.rng.random::<f64>().powi(2);
                // forward in three of four cases, so that the robot makes progress
                let backs = self.rng.random_range(0..4) == 0;
                let speed = anything.linear.abs();
                Mood::Kept(Twist::new(if backs { -speed } else { speed }, turn))
            }
            12..15 => Mood::Noise,
            15..17 => Mood::Reversing,
            17 => Mood::Spinning(1e6 * (2.0 * self.rng.random::<f64>() - 1.0)),
            18 => Mood::NotFinite,
            _ => Mood::Failing,
        }
    }
}

impl Policy for Wild {
    fn name(&self) -> &'static str {
        "wild"
    }

    fn reset(&mut self) {
        *self = Self::new(self.limits, self.seed);
    }

    fn act(&mut self, _: &Observation<'_>, action: &mut Action) -> Result<(), PolicyError> {
        if self.left == 0 {
            self.mood = self.next_mood();
            self.left = self.rng.random_range(1..=TICKS_MAX);
        }
        self.left -= 1;
        action.plan.states.clear();
        action.plan.inputs.clear();
        action.status = SolveStatus::Solved;
        let speed = self.limits.speed_max_mps;
        action.command = match self.mood {
            Mood::Kept(command) => command,
            Mood::Noise => self.anything(),
            Mood::Reversing if self.left.is_multiple_of(2) => Twist::new(speed, 0.0),
            Mood::Reversing => Twist::new(-speed, 0.0),
            Mood::Spinning(rate) => Twist::new(0.0, rate),
            Mood::NotFinite if self.left.is_multiple_of(2) => Twist::new(f64::NAN, 0.0),
            Mood::NotFinite => Twist::new(f64::INFINITY, f64::NEG_INFINITY),
            Mood::Failing => return Err(PolicyError::NotFinite { what: "command" }),
        };
        Ok(())
    }
}
