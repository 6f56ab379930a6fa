//! Options shared by several commands.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use sim::{RobotModel, Scenario, Situation};
use training::Ranks;

use runtime::cli::{Blame as _, Fault, RouteKind, SettingsOptions};
use runtime::say;

use crate::config::Config;
use crate::evaluation::{Source, read_driveable};

/// Default robot among recorded pedestrians, who do not react to it: its field of view is 360
/// degrees.
pub(super) const AMONG_RECORDED: &str = "all_round";

/// Default robot in world files: that of the BARN challenge.
const IN_WORLDS: &str = "jackal";

/// Scenario and robot.
#[derive(Debug, Args)]
pub(super) struct PlaceOptions {
    /// Scenario: `doorway`, `barn_like`, `rooms`, `obstacle_course`, `pedestrian` or
    /// `blind_corner`.
    scenario: Option<String>,
    /// Robot: `all_round`, jackal, `mobile_base` or round; the scenario's own by default.
    #[arg(long)]
    robot: Option<String>,
    #[command(flatten)]
    settings: SettingsOptions,
}

impl PlaceOptions {
    /// Settings and scenario of the options.
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

/// Settings and scenario by name; route planning is that of the scenario.
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

/// Scenario, robot and route planning.
#[derive(Debug, Args)]
pub(super) struct ScenarioOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// Plan a route over the map built so far.
    #[arg(long, value_enum, default_value = "auto")]
    route: RouteKind,
}

impl ScenarioOptions {
    /// Settings and scenario of the options.
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

/// A scenario, or recorded pedestrians.
#[derive(Debug, Args)]
pub(super) struct SourceOptions {
    #[command(flatten)]
    scenario: ScenarioOptions,
    /// Recorded pedestrians instead of a scenario: CSV lines t,id,x,y, or a directory of such
    /// files. May be repeated; the files are used in turn.
    #[arg(long, value_name = "FILE")]
    replay: Vec<PathBuf>,
    /// Walls of the recordings, JSON; by default those of the file in the meta.json beside it.
    #[arg(long, value_name = "FILE", requires = "replay")]
    replay_walls: Option<PathBuf>,
}

impl SourceOptions {
    /// World file given instead of a scenario: a name with a directory or an extension, or of an
    /// existing file.
    pub(super) fn world_file(&self) -> Option<&Path> {
        let name = self.scenario.place.scenario.as_deref()?;
        let is_scenario = name == "replay" || Scenario::NAMES.contains(&name);
        let path = Path::new(name);
        let is_path = path.components().count() > 1 || path.extension().is_some() || path.exists();
        (self.replay.is_empty() && !is_scenario && is_path).then_some(path)
    }

    /// Settings of a drive in a world file, by default of the BARN robot.
    pub(super) fn load_world(&self) -> anyhow::Result<Config> {
        let place = &self.scenario.place;
        let mut config: Config = place
            .settings
            .load(place.robot.as_deref().unwrap_or(IN_WORLDS))?;
        self.scenario.choose_route(&mut config);
        Ok(config)
    }

    /// Settings and the source of trials.
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

/// A progress bar in the first process only.
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

/// A progress bar on standard error; hidden if that is not a terminal.
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

/// Reports situations, by seed, in which the robot touches an obstacle at the start and collides at once:
/// the scenario is drawn for a smaller robot.
pub(super) fn note_starts_in_contact<'a>(
    starts: impl ExactSizeIterator<Item = (u64, &'a Situation)>,
    robot: &RobotModel,
) {
    let count = starts.len();
    let touches = |(_, at): &(u64, &Situation)| {
        let gap = (at.world).gap(&robot.footprint, robot.height_m, at.start, 0.0);
        gap.is_some()
    };
    let touching = starts.filter(touches);
    let seeds: Vec<String> = touching.map(|(seed, _)| seed.to_string()).collect();
    if !seeds.is_empty() {
        say!(
            "note: in {} of {count} situations the robot touches an obstacle at the start, with the seed {}: \
             robot.footprint extends {:.2} m from the base; expected the robot radius of the scenario \
             (scenario.doorway.robot_radius_m and alike) to be of about that size",
            seeds.len(),
            seeds.join(", "),
            robot.footprint.circumscribed_radius_m()
        );
    }
}
