//! What a policy answers.

use perception::Twist;
use serde::{Deserialize, Serialize};

/// How a solve ended. Data, not an error: the plan is usable in the first two cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SolveStatus {
    /// The stated convergence test holds, or the plan is of a policy that solves nothing.
    Solved,
    /// Out of iterations with a feasible plan that is better than the start.
    MaxIterations,
    /// No input satisfies the bounds.
    Infeasible,
    /// A factorisation broke down or a number was not finite.
    NumericalError,
    /// No solve took place.
    #[default]
    NotRun,
}

/// Why a command is not the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intervention {
    /// The policy gave up, or its command was not finite: brake.
    PolicyFailed,
    /// The last scan or odometry is older than allowed: brake.
    Stale,
    /// The command broke a speed or acceleration limit: brought within.
    Limited,
    /// The robot could not have stopped before an obstacle: slowed.
    Obstacle,
    /// The robot could not have been at rest before a mover touched it: slowed.
    Person,
    /// Scan points in a zone of the last monitor: slowed or stopped, after the guard.
    Monitor,
    /// The protective field is occupied: zero.
    ProtectiveField,
    /// The emergency stop is pressed: zero.
    EmergencyStop,
}

impl Intervention {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PolicyFailed,
        Self::Stale,
        Self::Limited,
        Self::Obstacle,
        Self::Person,
        Self::Monitor,
        Self::ProtectiveField,
        Self::EmergencyStop,
    ];
}

/// A predicted motion in the odometry frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Time from a state to the next, s.
    pub dt_s: f64,
    /// `[N+1]` states: x (m), y (m), yaw (rad), v (m/s), omega (rad/s).
    pub states: Vec<[f64; 5]>,
    /// `[N]` inputs: linear (m/s^2) and angular (rad/s^2) acceleration.
    pub inputs: Vec<[f64; 2]>,
}

/// A command and what stands behind it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Action {
    /// What the wheels are to do until the next tick.
    pub command: Twist,
    /// What the policy expects to happen; empty when it has no plan.
    pub plan: Plan,
    /// How the solve behind it ended.
    pub status: SolveStatus,
    /// What the guard changed, if anything.
    pub intervention: Option<Intervention>,
}
