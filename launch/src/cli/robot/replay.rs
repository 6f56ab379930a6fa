//! `replay`: replay of a recording with the controller, and mapping of it.

use std::path::PathBuf;

use clap::Args;
use runtime::cli as robot;

use crate::cli::robot::map::write_map;
use crate::mapping::BagSettings;

/// Replay a recording with the controller, and compare its commands with the recorded ones.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReplayAndMapArguments {
    #[command(flatten)]
    replay: robot::ReplayArguments,
    /// Also map the recording into this directory, as `map` does.
    #[arg(long, value_name = "DIR")]
    map: Option<PathBuf>,
}

pub(in crate::cli) fn run(arguments: &ReplayAndMapArguments) -> anyhow::Result<()> {
    arguments.replay.run_and(|path, topics, notes| {
        let Some(directory) = &arguments.map else {
            return Ok(());
        };
        let topics = BagSettings {
            scan: topics.scan.clone(),
            odometry: topics.odom.clone(),
            ..BagSettings::default()
        };
        write_map(path, &topics, directory, notes)
    })
}
