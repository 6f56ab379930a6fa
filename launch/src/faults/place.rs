//! Scenarios for fault injection.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use sim::{FaultCase, FaultPlan, Persistence, Scenario, ScenarioError, Situation, corridor};

use runtime::ConfigError;

use crate::config::Config;

/// Time limit of drives, s: the effect of a fault shows within seconds.
const TIME_LIMIT_S: f64 = 20.0;
/// Time without progress after which a robot is stuck, s.
const STUCK_AFTER_S: f64 = 8.0;

/// A family of situations.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Place {
    /// Two rooms and a door between them.
    Doorway,
    /// Furniture with narrow gaps.
    ObstacleCourse,
    /// A corridor with pedestrians.
    Pedestrian,
    /// A blind corner with an oncoming pedestrian.
    BlindCorner,
    /// An empty corridor in which a pillar appears ahead soon after the onset of a permanent fault.
    Corridor,
}

/// A scenario with its settings.
#[derive(Debug, Clone)]
pub struct Stage {
    /// All settings.
    pub config: Config,
    /// Distribution of the situations; none for the corridor.
    scenario: Option<Scenario>,
}

impl Place {
    /// Name in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Doorway => "doorway",
            Self::ObstacleCourse => "obstacle_course",
            Self::Pedestrian => "pedestrian",
            Self::BlindCorner => "blind_corner",
            Self::Corridor => "corridor",
        }
    }

    /// The default robot.
    pub fn usual_robot(self) -> &'static str {
        match self {
            Self::ObstacleCourse => "mobile_base",
            Self::Doorway | Self::Pedestrian | Self::BlindCorner | Self::Corridor => "round",
        }
    }

    /// The settings of a robot in this scenario: a file over the shipped settings, `key=value`
    /// overrides over those. By default pedestrians ignore the robot.
    pub fn stage(
        self,
        robot: &str,
        file: Option<&std::path::Path>,
        overrides: &[String],
    ) -> Result<Stage, ConfigError> {
        let heedless = ["pedestrian", "blind_corner"]
            .map(|scenario| format!("scenario.{scenario}.heed=[0.0, 0.0]"));
        let all: Vec<String> = heedless.iter().chain(overrides).cloned().collect();
        let mut config = Config::load(robot, file, &all)?;
        config.controller.planning.enabled &=
            matches!(self, Self::ObstacleCourse | Self::BlindCorner);
        Ok(Stage {
            scenario: config.scenario(self.name()),
            config,
        })
    }
}

impl Stage {
    /// The situation of a seed, with the time limit.
    pub fn situation(&self, seed: u64) -> Result<Situation, ScenarioError> {
        let mut situation = match &self.scenario {
            Some(scenario) => scenario.situation(seed)?,
            None => corridor(seed)?,
        };
        situation.time_limit_s = situation.time_limit_s.min(TIME_LIMIT_S);
        situation.rules.stuck_after_s = situation.rules.stuck_after_s.min(STUCK_AFTER_S);
        Ok(situation)
    }

    /// The faults of a drive. In the corridor a pillar appears, unless the fault ends: the robot is
    /// then expected to continue.
    pub fn plan(&self, fault: &FaultCase, persistence: Persistence, seed: u64) -> FaultPlan {
        let plan = fault.plan(persistence, seed);
        if self.scenario.is_none() && persistence == Persistence::Permanent {
            plan.with_object()
        } else {
            plan
        }
    }
}
