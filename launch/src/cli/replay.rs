//! `replay`: a recording through the controller, and into a map.

use std::path::PathBuf;

use clap::Args;
use runtime::cli as robot;

use super::map::write_map;
use crate::mapping::BagSettings;

/// Feed a recording through the controller and compare its commands with those recorded.
#[derive(Debug, Args)]
pub(super) struct ReplayAndMapArguments {
    #[command(flatten)]
    replay: robot::ReplayArguments,
    /// Also make a map of the recording in this directory, as `map` does.
    #[arg(long, value_name = "DIR")]
    map: Option<PathBuf>,
}

pub(super) fn run(arguments: &ReplayAndMapArguments) -> anyhow::Result<()> {
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
