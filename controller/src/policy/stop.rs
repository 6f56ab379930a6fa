//! A command, held for the reaction time, and the braking after it along the same arc.

use perception::{Pose2, Twist};

/// Time step of a stop that is played through, s.
pub(super) const STEP_S: f64 = 0.05;
/// Longest stop that is played through, s.
const STOP_MAX_S: f64 = 5.0;

/// A stop as it is played through.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    command: Twist,
    velocity: Twist,
    elapsed_s: f64,
    /// Time for which the command holds, s.
    reaction_s: f64,
    /// Loss of speed, m/s².
    braking_mps2: f64,
    /// Loss of turning rate, rad/s².
    turn_braking_radps2: f64,
}

impl Stop {
    pub(super) fn new(
        command: Twist,
        reaction_s: f64,
        braking_mps2: f64,
        turn_braking_radps2: f64,
    ) -> Self {
        Self {
            command,
            velocity: command,
            elapsed_s: 0.0,
            reaction_s,
            braking_mps2,
            turn_braking_radps2,
        }
    }

    /// The same, braking from the start.
    pub(super) fn at_once(self) -> Self {
        Self {
            reaction_s: 0.0,
            ..self
        }
    }

    /// True when the command is to stand.
    pub(super) fn stands(&self) -> bool {
        self.command == Twist::ZERO
    }

    /// True when the command turns on the spot, if anything.
    pub(super) fn only_turns(&self) -> bool {
        self.command.linear == 0.0
    }

    /// Where the base is a step after `base`; none once it stands.
    pub(super) fn next_pose(&mut self, base: Pose2) -> Option<Pose2> {
        let is_over =
            self.elapsed_s >= STOP_MAX_S || (self.velocity == Twist::ZERO && self.elapsed_s > 0.0);
        if is_over {
            return None;
        }
        let next = base * Pose2::exp(self.velocity, STEP_S);
        self.elapsed_s += STEP_S;
        if self.elapsed_s >= self.reaction_s {
            self.velocity = braked(
                self.velocity,
                self.braking_mps2 * STEP_S,
                self.turn_braking_radps2 * STEP_S,
            );
        }
        Some(next)
    }
}

/// Slows along the same arc while the brakes allow it.
fn braked(velocity: Twist, speed_step: f64, turn_step: f64) -> Twist {
    let speed = velocity.linear.signum() * (velocity.linear.abs() - speed_step).max(0.0);
    let turning = if velocity.linear.abs() > 1e-6 {
        velocity.angular * speed / velocity.linear
    } else {
        velocity.angular.signum() * (velocity.angular.abs() - turn_step).max(0.0)
    };
    Twist::new(speed, turning)
}
