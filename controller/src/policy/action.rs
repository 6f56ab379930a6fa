//! The result of a policy: command, plan, solver status and interventions.

use perception::Twist;
use serde::{Deserialize, Serialize};

use crate::guard::Finding;

/// Exit status of a solve. The plan is usable for the first two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SolveStatus {
    /// Converged, or the plan is that of a policy without a solver.
    Solved,
    /// Iteration limit reached, with a feasible plan of lower cost than the initial one.
    MaxIterations,
    /// No input satisfies the bounds.
    Infeasible,
    /// A factorisation broke down or a number was not finite.
    NumericalError,
    /// The solver did not run.
    #[default]
    NotRun,
}

/// Reason for which a command differs from that of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intervention {
    /// The policy failed, or its command was not finite: brake.
    PolicyFailed,
    /// The last scan or odometry message is too old: brake.
    Stale,
    /// The data of a range sensor is implausible: brake.
    Sensor,
    /// Odometry is implausible, or contradicts feedback and commands: brake.
    Odometry,
    /// The command exceeded a speed or acceleration limit: clamped.
    Limited,
    /// The robot could not have stopped before an obstacle: slowed.
    Obstacle,
    /// The robot would have entered ground that was not observed recently: slowed.
    Unseen,
    /// The robot could not have been at rest before a moving object touched it: slowed.
    Person,
    /// Scan points in a zone of the monitor: slowed or stopped, after the guard.
    Monitor,
    /// The protective field is occupied: zero command.
    ProtectiveField,
    /// The emergency stop is pressed: zero command.
    EmergencyStop,
}

impl Intervention {
    /// All interventions.
    pub const ALL: [Self; 11] = [
        Self::PolicyFailed,
        Self::Stale,
        Self::Sensor,
        Self::Odometry,
        Self::Limited,
        Self::Obstacle,
        Self::Unseen,
        Self::Person,
        Self::Monitor,
        Self::ProtectiveField,
        Self::EmergencyStop,
    ];
}

/// A predicted motion in the odometry frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Time step, s.
    pub dt_s: f64,
    /// `[N+1]` states: x (m), y (m), yaw (rad), v (m/s), omega (rad/s).
    pub states: Vec<[f64; 5]>,
    /// `[N]` inputs: linear (m/s^2) and angular (rad/s^2) acceleration.
    pub inputs: Vec<[f64; 2]>,
}

/// A command with its plan, solver status, and the interventions of the guard.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Action {
    /// Velocity command until the next tick.
    pub command: Twist,
    /// Motion predicted by the policy; empty when it has no plan.
    pub plan: Plan,
    /// Exit status of the solve.
    pub status: SolveStatus,
    /// Command of the policy before the guard.
    pub wanted: Twist,
    /// Reason for which the command differs from that of the policy, if it does.
    pub intervention: Option<Intervention>,
    /// Finding of the guard, with measured values and limits. A tolerated contradiction is reported
    /// without an intervention.
    pub finding: Option<Finding>,
}
