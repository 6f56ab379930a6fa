//! Options that several commands share.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use controller::performer::{Backend, Head, Isa, IsaError, Kernel};
use sim::Scenario;
use training::Ranks;

use super::{Blame as _, Fault};
use crate::config::Config;
use crate::driver::{Driver, read_weights};
use crate::source::{Source, read_driveable};

/// Who drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PolicyKind {
    /// MPC with the hand-engineered cost alone.
    Regular,
    /// The same MPC with the cost that a Vision Performer learned on top.
    Performer,
    /// A tracker on the path that a Vision Performer regressed; no MPC.
    Explicit,
}

/// Names of the shipped models: of the learned cost, and of the explicit policy's path.
pub(super) const MODEL: &str = "navigator";
pub(super) const EXPLICIT: &str = "explicit";

/// In what precision a learned policy multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum KernelKind {
    /// The quickest that this machine has instructions for.
    Best,
    /// Single precision, as in training.
    Single,
    /// bfloat16.
    Bf16,
    /// 8 bits.
    Int8,
}

impl KernelKind {
    /// This precision with an instruction set, by default the one that the environment selects.
    pub(super) fn backend(self, isa: Option<Isa>) -> Result<Backend, IsaError> {
        let isa = isa.map_or_else(Isa::from_env, Ok)?;
        let kernel = match self {
            Self::Best => Kernel::best(isa),
            Self::Single => Kernel::Reference,
            Self::Bf16 => Kernel::Bf16,
            Self::Int8 => Kernel::Int8,
        };
        Ok(Backend { kernel, isa })
    }
}

/// Who drives, and what it learned.
#[derive(Debug, Args)]
pub(super) struct PolicyOptions {
    /// Who drives.
    #[arg(long, value_enum, default_value = "regular")]
    pub policy: PolicyKind,
    /// Weights of the learned policy: a safetensors file, or the name of an installed model such as
    /// doorway; by default navigator, or explicit for the explicit policy.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// In what precision the learned policy multiplies.
    #[arg(long, value_enum, default_value = "best")]
    pub kernel: KernelKind,
    /// Instruction set of the learned policy: `portable`, `avx2`, `avxvnni`, `avx512`, `avx512vnni`,
    /// `avx512bf16`, or on ARM `neon`, `neondot`, `neoni8mm`; by default that of the environment
    /// variable `PERFORMER_MPC_ISA`, or the widest that this machine has.
    #[arg(long, value_name = "SET")]
    pub isa: Option<Isa>,
}

impl PolicyOptions {
    /// The policy, its weights read.
    pub(super) fn driver(&self) -> anyhow::Result<Driver> {
        let (shipped, head) = match self.policy {
            PolicyKind::Regular => return Ok(Driver::Regular),
            PolicyKind::Performer => (MODEL, Head::Cost),
            PolicyKind::Explicit => (EXPLICIT, Head::Path),
        };
        let path = self.model.as_deref().unwrap_or(Path::new(shipped));
        let weights = read_weights(path, head).blame(Fault::Input)?;
        let backend = self.kernel.backend(self.isa).blame(Fault::Usage)?;
        Ok(Driver::learned(weights, backend))
    }
}

/// Whether the agent plans a route over the map that it has built so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RouteKind {
    /// As the scenario means it: none in the doorway and among people, one elsewhere.
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

/// The robot among recorded people, who mind nobody: one that sees who comes from behind.
pub(super) const AMONG_RECORDED: &str = "all_round";

/// What to drive in, and by which robot.
#[derive(Debug, Args)]
pub(super) struct PlaceOptions {
    /// Scenario to draw from: `doorway`, `barn_like`, `rooms`, `obstacle_course`,
    /// `pedestrian` or `blind_corner`.
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
    let mut config = settings.load(robot.unwrap_or(usual))?;
    let scenario = config
        .scenario(name)
        .ok_or_else(|| {
            let names = Scenario::NAMES.join(", ");
            anyhow!("scenario is {name:?}: expected one of {names}")
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
        match self.route {
            RouteKind::Auto => {}
            RouteKind::On => config.controller.planning.enabled = true,
            RouteKind::Off => config.controller.planning.enabled = false,
        }
        Ok((config, scenario))
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
        let mut config = place
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

/// Writes JSON to a file, or to standard output for `-`.
pub(super) fn write_json(path: &Path, value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    if path.as_os_str() == "-" {
        tell!("{}", text.trim_end());
        Ok(())
    } else {
        Ok(crate::output::write_atomic(path, text.as_bytes())?)
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
