//! Result of a drive.

use controller::Intervention;
use perception::Point2;
use serde::{Deserialize, Serialize};

use crate::metrics::{Disturbance, Motion, Nearness};

/// End of a drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// At the goal without contact.
    Reached,
    /// Contact with an obstacle or mover, or floor that is not traversable.
    Collided,
    /// No progress.
    Stuck,
    /// Time limit exceeded.
    TimedOut,
}

/// Collision with anything but a static obstacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hazard {
    /// A hole or step down.
    Fell,
    /// A step up beyond the wheels' limit.
    Step,
    /// A moving object.
    Mover,
}

/// Party in motion at a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactBy {
    /// The robot was moving.
    Robot,
    /// The robot was at rest.
    Other,
}

/// Encounters with moving objects, each counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Encounters {
    /// Movers within 1.2 m of the robot's outline, the personal distance of Hall (1966).
    pub met: u32,
    /// Movers whose first contact occurred while the robot was moving.
    pub contacts_by_robot: u32,
    /// Movers whose first contact occurred while the robot was at rest.
    pub contacts_by_other: u32,
    /// Movers that appeared later than recorded, or not at all, because the robot was in their
    /// place.
    pub postponed: u32,
}

/// Commands changed by the guard, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Interventions {
    /// No usable plan: brakes.
    pub policy_failed: u32,
    /// Old data: brakes.
    pub stale: u32,
    /// Beyond a limit: limited.
    pub limited: u32,
    /// No stop before an obstacle: slows down.
    pub obstacle: u32,
    /// Implausible data of a range sensor: brakes.
    #[serde(default)]
    pub sensor: u32,
    /// Implausible odometry: brakes.
    #[serde(default)]
    pub odometry: u32,
    /// Ground not seen recently: slows down.
    #[serde(default)]
    pub unseen: u32,
    /// No rest before a mover can touch the robot: slows down.
    #[serde(default)]
    pub person: u32,
    /// Scan points in a zone of the monitor: slows down or stops.
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
            Some(Intervention::Sensor) => self.sensor += 1,
            Some(Intervention::Odometry) => self.odometry += 1,
            Some(Intervention::Unseen) => self.unseen += 1,
            Some(Intervention::Person) => self.person += 1,
            Some(Intervention::Monitor) => self.monitor += 1,
            // simulated drives have no stop inputs
            Some(Intervention::ProtectiveField | Intervention::EmergencyStop) | None => {}
        }
    }
}

/// Metrics of a drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Duration on the trial's clock, s.
    pub time_s: f64,
    /// Path length of the base, m.
    pub path_length_m: f64,
    /// Completed share of the route, 0 to 1, from the remaining length at the end: of the shortest
    /// path on the ground-truth map or of the path by the waypoints.
    #[serde(default)]
    pub completion: f64,
    /// Smallest gap between footprint and obstacles, m; 0 after a contact, at most
    /// [`crate::CLEARANCE_REACH_M`].
    pub clearance_m_min: f64,
    /// Control ticks.
    pub ticks: u32,
    /// Ticks whose solve did not converge.
    pub unsolved: u32,
    /// Sensor messages rejected by the agent.
    pub refused_messages: u32,
    /// Commands changed by the guard.
    pub interventions: Interventions,
    /// Score of the trial, if it has one.
    pub score: Option<f64>,
    /// Distance to moving objects; none if nothing moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearness: Option<Nearness>,
    /// Encounters; none if nothing moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encounters: Option<Encounters>,
    /// Smallest gap between footprint and inner corner of the path, m; none without such a corner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corner_gap_m_min: Option<f64>,
    /// Motion of the robot.
    #[serde(default)]
    pub motion: Motion,
    /// Smallest time to a collision with a mover, s; see [`crate::time_to_collision_s_min`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttc_s_min: Option<f64>,
    /// Disturbance of pedestrians; none without pedestrians.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disturbance: Option<Disturbance>,
}

/// A drive from start to end. Except for tick times it is the same, byte for byte, for the same
/// situation, robot, agent and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of the situation.
    pub seed: u64,
    /// End of the drive.
    pub outcome: Outcome,
    /// Metrics.
    pub metrics: Metrics,
    /// True trajectory, a row per control tick and one for the end: time (s), x, y (m), yaw (rad).
    pub path: Vec<[f64; 4]>,
    /// Point of contact, world frame.
    pub contact: Option<Point2>,
    /// Kind of hazard, unless the contact was with a static obstacle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hazard: Option<Hazard>,
    /// Party in motion, for a contact with a mover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_by: Option<ContactBy>,
    /// Trajectories of all movers, a row per control tick: x, y (m) of each. A mover that has left
    /// keeps its last position.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub movers: Vec<Vec<[f64; 2]>>,
    /// Duration of each control tick by the given clock, ms.
    #[serde(skip)]
    pub tick_ms: Vec<f64>,
}
