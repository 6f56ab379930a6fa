//! What a robot's programs are told.

use std::path::Path;

use controller::ControllerSettings;
use serde::{Deserialize, Serialize};

use crate::layers::{self, ConfigError, Layered};
use crate::node::NodeSettings;

/// Settings of the controller, and of the node about it. Tables that a file has for simulation and training
/// are left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RobotConfig {
    /// What drives it.
    pub controller: ControllerSettings,
    /// What the node of ROS 2 does about the controller.
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
    /// The settings of a shipped robot, those of a file over them, and single `key=value` overrides over
    /// those. Keys that nothing reads are refused.
    pub fn load(
        robot: &str,
        file: Option<&Path>,
        overrides: &[String],
    ) -> Result<Self, ConfigError> {
        layers::load(robot, file, overrides)
    }

    /// Settings that were recorded whole.
    pub fn recorded(text: &str) -> Result<Self, toml::de::Error> {
        layers::without_others::<Self>(text.parse()?).try_into()
    }
}
