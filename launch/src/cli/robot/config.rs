//! `config`: all settings with their values.

use crate::config::Config;
use clap::Args;
use runtime::tell;

use runtime::cli::SettingsOptions;

/// Print all settings with their effective values.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc config --robot jackal
  performer-mpc config --robot round --set controller.mpc.horizon=20 > mine.toml
  performer-mpc drive doorway --config mine.toml --out out")]
pub(in crate::cli) struct ConfigArguments {
    /// Robot: jackal or round.
    #[arg(long, default_value = "round")]
    robot: String,
    #[command(flatten)]
    settings: SettingsOptions,
}

pub(in crate::cli) fn run(arguments: &ConfigArguments) -> anyhow::Result<()> {
    let config: Config = arguments.settings.load(&arguments.robot)?;
    tell!("{}", toml::to_string_pretty(&config)?.trim_end());
    Ok(())
}
