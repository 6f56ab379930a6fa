//! How a drive went.

use controller::Intervention;
use perception::Point2;
use serde::{Deserialize, Serialize};

use crate::metrics::{Disturbance, Motion, Nearness};

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// At the goal, untouched.
    Reached,
    /// Something was touched, or the floor was not one to drive on.
    Collided,
    /// The robot stopped making way.
    Stuck,
    /// Out of time.
    TimedOut,
}

/// What a robot collided with when it was not an obstacle that stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hazard {
    /// A hole or a step down: the robot fell.
    Fell,
    /// A step up, too high for its wheels.
    Step,
    /// Something that moves.
    Mover,
}

/// Who moved into whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactBy {
    /// The robot was moving.
    Robot,
    /// The robot had been standing still.
    Other,
}

/// Whom the robot met of all that moves, each counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Encounters {
    /// Came within 1.2 m of the robot's outline, the personal distance of Hall (1966).
    pub met: u32,
    /// Of those, whom the robot moved into first.
    pub contacts_by_robot: u32,
    /// Of those, who first moved into the standing robot.
    pub contacts_by_other: u32,
    /// Who came later than recorded, or not at all, because the robot stood where they would have.
    pub postponed: u32,
}

/// Commands that the guard changed, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Interventions {
    /// No usable plan: braked.
    pub policy_failed: u32,
    /// Old data: braked.
    pub stale: u32,
    /// Beyond a limit: brought within.
    pub limited: u32,
    /// No stop before an obstacle: slowed.
    pub obstacle: u32,
    /// No rest before somebody could touch the robot: slowed.
    #[serde(default)]
    pub person: u32,
    /// Scan points in a zone of the last monitor: slowed or stopped.
    #[serde(default)]
    pub monitor: u32,
}

impl Interventions {
    pub(crate) fn count(&mut self, intervention: Option<Intervention>) {
        match intervention {
            Some(Intervention::PolicyFailed) => self.policy_failed += 1,
            Some(Intervention::Stale) => self.stale += 1,
            Some(Intervention::Limited) => self.limited += 1,
            Some(Intervention::Obstacle) => self.obstacle += 1,
            Some(Intervention::Person) => self.person += 1,
            Some(Intervention::Monitor) => self.monitor += 1,
            // no stop is demanded of a simulated robot
            Some(Intervention::ProtectiveField | Intervention::EmergencyStop) | None => {}
        }
    }
}

/// What was measured on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// On the trial's clock, s.
    pub time_s: f64,
    /// Driven by the base, m.
    pub path_length_m: f64,
    /// Share of the way that was done, 0 to 1: what was left of it at the end, of the shortest
    /// way on the true map or of the way by the waypoints.
    #[serde(default)]
    pub completion: f64,
    /// Smallest gap between footprint and obstacles, m; 0 after a contact, at most
    /// [`crate::CLEARANCE_REACH_M`].
    pub clearance_m_min: f64,
    /// Control ticks.
    pub ticks: u32,
    /// Ticks whose solve did not converge.
    pub unsolved: u32,
    /// Sensor messages that the agent refused.
    pub refused_messages: u32,
    /// What the guard changed.
    pub interventions: Interventions,
    /// The trial's score, when it is scored.
    pub score: Option<f64>,
    /// How near the robot was to what moves; none where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearness: Option<Nearness>,
    /// Whom it met; none where nothing moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encounters: Option<Encounters>,
    /// Smallest gap between footprint and the inner corner that the way turns round, m; none where
    /// it turns round none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corner_gap_m_min: Option<f64>,
    /// How the robot moved.
    #[serde(default)]
    pub motion: Motion,
    /// Smallest time to a collision with what moves, s; see [`crate::time_to_collision_s_min`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttc_s_min: Option<f64>,
    /// What the robot cost people; none where nobody walks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disturbance: Option<Disturbance>,
}

/// A drive from start to end. All but the tick times is the same, byte for byte, for the same
/// situation, robot, agent and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// What was tried.
    pub scenario: String,
    /// What the situation was drawn from.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What was measured.
    pub metrics: Metrics,
    /// The true way, a row a control tick and one for the end: time (s), x, y (m), yaw (rad).
    pub path: Vec<[f64; 4]>,
    /// What was touched, world frame.
    pub contact: Option<Point2>,
    /// What it was, when it was not an obstacle that stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hazard: Option<Hazard>,
    /// Who moved into whom, when something was touched that moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_by: Option<ContactBy>,
    /// The ways of all that moved, a row a control tick: x, y (m) of each in turn; who has left
    /// stays where that was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub movers: Vec<Vec<[f64; 2]>>,
    /// Time that each control tick took by the clock given, ms.
    #[serde(skip)]
    pub tick_ms: Vec<f64>,
}
