//! Options that several commands share.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use sim::Scenario;

use super::{Blame as _, Fault};
use crate::config::Config;

/// Who drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PolicyKind {
    /// MPC with the hand-engineered cost alone.
    Regular,
}

impl PolicyKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Regular => "regular",
        }
    }
}

/// Whether the agent plans a route over the map that it has built so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RouteKind {
    /// As the scenario means it: none in the doorway, one elsewhere.
    Auto,
    /// Always.
    On,
    /// Never: the goal alone draws the robot.
    Off,
}

/// Robot and settings.
#[derive(Debug, Args)]
pub(super) struct SettingsOptions {
    /// Settings that take the place of the shipped ones: a TOML file, whole or in part.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One setting, over all else; may be given again. `performer-mpc config` lists them all.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

impl SettingsOptions {
    pub(super) fn load(&self, robot: &str) -> anyhow::Result<Config> {
        Config::load(robot, self.config.as_deref(), &self.overrides).blame(Fault::Usage)
    }
}

/// What to drive in, and with which robot.
#[derive(Debug, Args)]
pub(super) struct PlaceOptions {
    /// Scenario to draw from: `doorway` or `barn_like`.
    scenario: String,
    /// Robot: jackal or round; the scenario's own by default.
    #[arg(long)]
    robot: Option<String>,
    #[command(flatten)]
    settings: SettingsOptions,
}

impl PlaceOptions {
    fn is_doorway(&self) -> bool {
        self.scenario == "doorway"
    }

    /// Settings and scenario as the options have them.
    pub(super) fn load(&self) -> anyhow::Result<(Config, Scenario)> {
        let usual = if self.is_doorway() { "round" } else { "jackal" };
        let config = self.settings.load(self.robot.as_deref().unwrap_or(usual))?;
        let scenario = config
            .scenario(&self.scenario)
            .ok_or_else(|| {
                let names = Scenario::NAMES.join(", ");
                anyhow!("scenario is {:?}: expected one of {names}", self.scenario)
            })
            .blame(Fault::Usage)?;
        Ok((config, scenario))
    }
}

/// What to drive in, and how.
#[derive(Debug, Args)]
pub(super) struct ScenarioOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// Who drives.
    #[arg(long, value_enum, default_value = "regular")]
    pub policy: PolicyKind,
    /// Plan a route over the map built so far.
    #[arg(long, value_enum, default_value = "auto")]
    route: RouteKind,
}

impl ScenarioOptions {
    /// Settings and scenario as the options have them.
    pub(super) fn load(&self) -> anyhow::Result<(Config, Scenario)> {
        let (mut config, scenario) = self.place.load()?;
        config.controller.planning.enabled &= match self.route {
            RouteKind::Auto => !self.place.is_doorway(),
            RouteKind::On => true,
            RouteKind::Off => false,
        };
        Ok((config, scenario))
    }
}

/// Writes JSON to a file, or to standard output for `-`.
pub(super) fn write_json(
    path: &std::path::Path,
    value: &impl serde::Serialize,
) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    if path.as_os_str() == "-" {
        tell!("{}", text.trim_end());
        Ok(())
    } else {
        Ok(crate::output::write_atomic(path, text.as_bytes())?)
    }
}

/// A progress bar on standard error; invisible when that is no terminal.
pub(super) fn progress(len: usize, what: &'static str) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new(len as u64);
    if let Ok(style) = indicatif::ProgressStyle::with_template(
        "{msg} {wide_bar} {pos}/{len}  {elapsed} elapsed, {eta} left",
    ) {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
