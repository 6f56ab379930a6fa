//! Pending commands: sent, but possibly not yet in effect.

use std::collections::VecDeque;

use perception::{Stamp, Stamped, Twist};

/// Capacity of the history, commands.
const COMMANDS_MAX: usize = 10;
/// Smallest significant change of a command, m/s and rad/s.
const CHANGE_MPS: f64 = 0.02;
const CHANGE_RADPS: f64 = 0.05;

/// The latest commands, in the order in which they were sent.
#[derive(Debug, Clone)]
pub(super) struct Sent(VecDeque<Stamped<Twist>>);

impl Sent {
    pub(super) fn new() -> Self {
        Self(VecDeque::with_capacity(COMMANDS_MAX))
    }

    pub(super) fn reset(&mut self) {
        self.0.clear();
    }

    /// Records the command that was sent last.
    pub(super) fn note(&mut self, sent: Stamped<Twist>) {
        if let Some(last) = self.0.back() {
            if is_near(last.value, sent.value, 0.5) {
                return; // the earlier one is in effect all the while
            }
            if last.stamp >= sent.stamp {
                self.0.clear(); // the clock was set back
            }
        }
        if self.0.len() == COMMANDS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(sent);
    }

    /// The commands that take effect after `now` at a latency of `latency_s`.
    pub(super) fn pending(&self, now: Stamp, latency_s: f64) -> Pending {
        let mut pending = Pending::default();
        for sent in &self.0 {
            let in_s = latency_s - now.secs_since(sent.stamp);
            if in_s > 0.0 {
                pending.in_s[pending.count] = in_s as f32;
                pending.commands[pending.count] =
                    [sent.value.linear, sent.value.angular].map(|v| v as f32);
                pending.count += 1;
            }
        }
        pending
    }
}

/// Commands that have been sent and take effect later.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pending {
    /// Time until each takes effect, s, ascending.
    in_s: [f32; COMMANDS_MAX],
    /// m/s and rad/s.
    commands: [[f32; 2]; COMMANDS_MAX],
    count: usize,
}

impl Pending {
    /// The command in effect after a time; `None` before the first.
    pub(super) fn after(&self, elapsed_s: f64) -> Option<Twist> {
        let in_effect = self.in_s[..self.count]
            .iter()
            .rposition(|in_s| f64::from(*in_s) <= elapsed_s + 1e-6);
        in_effect.map(|index| twist(self.commands[index]))
    }

    /// True when a pending command differs significantly from `velocity`.
    pub(super) fn differs(&self, velocity: Twist) -> bool {
        let mut commands = self.commands[..self.count].iter();
        commands.any(|command| !is_near(twist(*command), velocity, 1.0))
    }
}

fn twist([linear, angular]: [f32; 2]) -> Twist {
    Twist::new(f64::from(linear), f64::from(angular))
}

/// True when two commands differ by less than a share of the smallest significant change.
fn is_near(one: Twist, other: Twist, share: f64) -> bool {
    (one.linear - other.linear).abs() <= share * CHANGE_MPS
        && (one.angular - other.angular).abs() <= share * CHANGE_RADPS
}
