//! Settings of the programs on a robot.

use std::path::Path;

use controller::ControllerSettings;
use serde::{Deserialize, Serialize};

use crate::layers::{self, ConfigError, Layered};
use crate::node::NodeSettings;

/// Settings of the controller and of the node. Tables for simulation and training are ignored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RobotConfig {
    /// Controller.
    pub controller: ControllerSettings,
    /// ROS 2 node.
    pub node: NodeSettings,
}

impl Layered for RobotConfig {
    const OTHERS: &'static [&'static str] = &["robot", "drive", "scenario", "training", "view"];

    fn validate(&self) -> Result<(), perception::SettingsError> {
        self.controller.validate()?;
        self.node.validate()
    }
}

impl RobotConfig {
    /// The settings of a shipped robot, a file over them, and single `key=value` overrides over
    /// those. Unknown keys are rejected.
    pub fn load(
        robot: &str,
        file: Option<&Path>,
        overrides: &[String],
    ) -> Result<Self, ConfigError> {
        layers::load(robot, file, overrides)
    }

    /// Complete settings from a recording.
    pub fn recorded(text: &str) -> Result<Self, toml::de::Error> {
        layers::without_others::<Self>(text.parse()?).try_into()
    }
}
