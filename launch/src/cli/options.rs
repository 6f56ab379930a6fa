//! Options that several commands share.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use sim::Scenario;
use training::Ranks;

use runtime::cli::{Blame as _, Fault, RouteKind, SettingsOptions};
use runtime::say;

use crate::config::Config;
use crate::evaluation::{Source, read_driveable};

/// The robot among recorded pedestrians, which do not react to it: one with a field of view of 360 degrees.
pub(super) const AMONG_RECORDED: &str = "all_round";

/// The robot in world files, that of the BARN challenge.
const IN_WORLDS: &str = "jackal";

/// What to drive in, and by which robot.
#[derive(Debug, Args)]
pub(super) struct PlaceOptions {
    /// Scenario to draw from: `doorway`, `barn_like`, `rooms`, `obstacle_course`, `pedestrian` or
    /// `blind_corner`.
    scenario: Option<String>,
    /// Robot: `all_round`, jackal, `mobile_base` or round; the scenario's own by default.
    #[arg(long)]
    robot: Option<String>,
    #[command(flatten)]
    settings: SettingsOptions,
}

impl PlaceOptions {
    /// Settings and scenario as the options have them.
    pub(super) fn load(&self) -> anyhow::Result<(Config, Scenario)> {
        let name = self.scenario.as_deref().ok_or_else(|| {
            let names = Scenario::NAMES.join(", ");
            anyhow!("the scenario is missing: expected one of {names}")
        });
        place(
            name.blame(Fault::Usage)?,
            self.robot.as_deref(),
            &self.settings,
        )
    }
}

/// Settings and scenario by name; a route is planned where the scenario means one.
pub(super) fn place(
    name: &str,
    robot: Option<&str>,
    settings: &SettingsOptions,
) -> anyhow::Result<(Config, Scenario)> {
    let is_unplanned = matches!(name, "doorway" | "pedestrian");
    let usual = match name {
        "doorway" | "pedestrian" | "blind_corner" => "round",
        "rooms" | "obstacle_course" => "mobile_base",
        _ => "jackal",
    };
    let mut config: Config = settings.load(robot.unwrap_or(usual))?;
    let scenario = config
        .scenario(name)
        .ok_or_else(|| {
            let names = Scenario::NAMES.join(", ");
            anyhow!(
                "scenario is {name:?}: expected one of {names}; run `drive FILE` or `evaluate barn FILE` for a world \
                 file, `evaluate doors FILE` for doors"
            )
        })
        .blame(Fault::Usage)?;
    config.controller.planning.enabled &= !is_unplanned;
    Ok((config, scenario))
}

/// What to drive in, and how.
#[derive(Debug, Args)]
pub(super) struct ScenarioOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// Plan a route over the map built so far.
    #[arg(long, value_enum, default_value = "auto")]
    route: RouteKind,
}

impl ScenarioOptions {
    /// Settings and scenario as the options have them.
    pub(super) fn load(&self) -> anyhow::Result<(Config, Scenario)> {
        let (mut config, scenario) = self.place.load()?;
        self.choose_route(&mut config);
        Ok((config, scenario))
    }

    fn choose_route(&self, config: &mut Config) {
        match self.route {
            RouteKind::Auto => {}
            RouteKind::On => config.controller.planning.enabled = true,
            RouteKind::Off => config.controller.planning.enabled = false,
        }
    }
}

/// A scenario, or people as they were recorded.
#[derive(Debug, Args)]
pub(super) struct SourceOptions {
    #[command(flatten)]
    scenario: ScenarioOptions,
    /// Among people as they were recorded, in place of a scenario: CSV lines t,id,x,y, or a
    /// directory of such files. May be given again; the files take turns.
    #[arg(long, value_name = "FILE")]
    replay: Vec<PathBuf>,
    /// Walls of the recordings, JSON; by default those that meta.json beside a file has for it.
    #[arg(long, value_name = "FILE", requires = "replay")]
    replay_walls: Option<PathBuf>,
}

impl SourceOptions {
    /// The world file that is named in place of a scenario: a name with a directory or an extension, or
    /// that of a file.
    pub(super) fn world_file(&self) -> Option<&Path> {
        let name = self.scenario.place.scenario.as_deref()?;
        let is_scenario = name == "replay" || Scenario::NAMES.contains(&name);
        let path = Path::new(name);
        let is_path = path.components().count() > 1 || path.extension().is_some() || path.exists();
        (self.replay.is_empty() && !is_scenario && is_path).then_some(path)
    }

    /// Settings of a drive in a world file, by default of the robot of BARN.
    pub(super) fn load_world(&self) -> anyhow::Result<Config> {
        let place = &self.scenario.place;
        let mut config: Config = place
            .settings
            .load(place.robot.as_deref().unwrap_or(IN_WORLDS))?;
        self.scenario.choose_route(&mut config);
        Ok(config)
    }

    /// Settings, and what trials are drawn from.
    pub(super) fn load(&self) -> anyhow::Result<(Config, Source)> {
        if self.replay.is_empty() {
            let (config, scenario) = self.scenario.load()?;
            return Ok((config, Source::Scenario(scenario)));
        }
        let place = &self.scenario.place;
        if let Some(name) = place.scenario.as_deref().filter(|name| *name != "replay") {
            return Err(anyhow!(
                "scenario is {name:?}: expected none beside --replay"
            ))
            .blame(Fault::Usage);
        }
        let mut config: Config = place
            .settings
            .load(place.robot.as_deref().unwrap_or(AMONG_RECORDED))?;
        config.controller.planning.enabled = self.scenario.route == RouteKind::On;
        config.scenario.replay.validate().blame(Fault::Usage)?;
        let (replay, walls) = (&config.scenario.replay, self.replay_walls.as_deref());
        let mut notes = Vec::new();
        let recordings =
            read_driveable(replay, &self.replay, walls, &mut notes).blame(Fault::Input)?;
        for note in notes {
            say!("note: {note}");
        }
        let source = Source::Replay(config.scenario.replay.clone(), recordings);
        Ok((config, source))
    }
}

/// A progress bar of the first process; the others have none.
pub(super) fn progress_of(
    ranks: &dyn Ranks,
    len: usize,
    what: &'static str,
) -> indicatif::ProgressBar {
    if ranks.rank() == 0 {
        progress(len, what)
    } else {
        indicatif::ProgressBar::hidden()
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
