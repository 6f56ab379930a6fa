//! `drive`: one episode with pictures.

use runtime::say;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use clap::Args;
use controller::Agent;
use sim::{Company, Episode, Outcome, Situation};

use crate::cli::options::{SourceOptions, note_starts_in_contact};
use crate::cli::simulate::placement::{self, PlacementOptions};
use crate::cli::simulate::world_file::{self, FileWorld};
use crate::config::Config;
use crate::view::{DriveRecord, Recorder, drive_html, drive_png};
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{PolicyOptions, write_json};
use runtime::output::write_atomic;

/// Drive one episode of a scenario, among recorded pedestrians or in a world file, and draw it.
#[derive(Debug, Args)]
#[command(mut_arg("scenario", |source| source.value_name("SOURCE").help(
    "Scenario: `doorway`, `barn_like`, `rooms`, `obstacle_course`, `pedestrian` or `blind_corner`; or a world \
     file: a Gazebo world (.world, .sdf) or worlds of BARN (.jsonl)"
)))]
#[command(after_help = "Examples:
  performer-mpc drive doorway --policy regular --seed 7 --out out
  performer-mpc drive barn_like --robot jackal --seed 3 --out out --json -
  performer-mpc drive doorway --route on --set controller.mpc.horizon=20 --out out
  performer-mpc drive office.sdf --start 1,2,0 --goal 8,-3.5 --robot round --policy performer
  performer-mpc drive barn_worlds.jsonl --world 12

Writes into DIR: drive.png (a picture), drive.html (an animation; open it in any browser) and
drive.json (the episode). In a world file the rules are those of `evaluate barn`.")]
pub(in crate::cli) struct DriveArguments {
    #[command(flatten)]
    scenario: SourceOptions,
    #[command(flatten)]
    placement: PlacementOptions,
    /// Number (`idx`) of the world in a world file; required if the file contains several.
    #[arg(long, value_name = "IDX")]
    world: Option<u64>,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Seed of the situation and of all faults.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Output directory for pictures.
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Also write the episode as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(in crate::cli) fn run(arguments: &DriveArguments) -> anyhow::Result<()> {
    if arguments.out.is_file() {
        let out = arguments.out.display();
        return Err(anyhow!("--out {out} is a file: expected a directory")).blame(Fault::Usage);
    }
    let (config, situation, name) = arguments.load()?;
    note_starts_in_contact([(arguments.seed, &situation)].into_iter(), &config.robot);
    let driver = arguments.policy.driver_with(&config.node.model)?;
    let mut agent = driver.agent(&config.controller).blame(Fault::Usage)?;
    let policy = driver.name();
    let (episode, record) = watched(
        &config,
        &situation,
        &mut agent,
        policy,
        arguments.seed,
        None,
    )?;
    say!(
        "{} · {} · seed {}: {} after {:.1} s and {:.1} m, smallest gap {:.2} m",
        name,
        policy,
        arguments.seed,
        record.outcome,
        episode.metrics.time_s,
        episode.metrics.path_length_m,
        episode.metrics.clearance_m_min,
    );
    if episode.outcome != Outcome::Reached {
        say!(
            "last status of the controller, with positions from the start: {}",
            agent.status()
        );
    }
    write_json(&arguments.out.join("drive.json"), &episode)?;
    write_atomic(&arguments.out.join("drive.png"), &drive_png(&record)?)?;
    let page = drive_html(&record)?;
    write_atomic(&arguments.out.join("drive.html"), page.as_bytes())?;
    if let Some(path) = &arguments.json {
        write_json(path, &episode)?;
    }
    let shown = arguments.out.canonicalize()?;
    say!("picture:   {}", shown.join("drive.png").display());
    say!("animation: {}", shown.join("drive.html").display());
    Ok(())
}

impl DriveArguments {
    /// Settings, situation and name of the source.
    fn load(&self) -> anyhow::Result<(Config, Situation, String)> {
        if let Some(path) = self.scenario.world_file() {
            let config = self.scenario.load_world()?;
            let situation = self.in_world(path, &config)?;
            let name = situation.scenario.clone();
            return Ok((config, situation, name));
        }
        let is_placed = self.placement.is_given() || !self.placement.models.is_empty();
        if is_placed || self.world.is_some() {
            return Err(anyhow!(
                "--start, --goal, --models and --world: expected a world file (.world, .sdf, .jsonl) as SOURCE"
            ))
            .blame(Fault::Usage);
        }
        let (config, source) = self.scenario.load()?;
        let situation = source.situation(self.seed).blame(Fault::Usage)?;
        Ok((config, situation, source.name().to_owned()))
    }

    /// The situation in a world file.
    fn in_world(&self, path: &Path, config: &Config) -> anyhow::Result<Situation> {
        let named = || path.display().to_string();
        if path.is_dir() {
            return Err(anyhow!(
                "{}: expected a world file; `evaluate barn` takes a directory of them",
                named()
            ))
            .blame(Fault::Usage);
        }
        let worlds = world_file::read(path, &self.placement.models)
            .with_context(named)
            .blame(Fault::Input)?;
        self.placement.note_defaults(&worlds);
        let mut world = self
            .chosen(worlds)
            .with_context(named)
            .blame(Fault::Usage)?;
        self.placement.apply(&mut world);
        placement::check(&world, &config.robot)
            .with_context(named)
            .blame(Fault::Usage)?;
        let mut situation = world.trial.situation;
        situation.seed = self.seed;
        Ok(situation)
    }

    fn chosen(&self, worlds: Vec<FileWorld>) -> anyhow::Result<FileWorld> {
        let numbers: Vec<u64> = worlds.iter().map(|world| world.trial.idx).collect();
        let first = numbers.iter().min().copied().unwrap_or_default();
        let last = numbers.iter().max().copied().unwrap_or_default();
        let expected = format!("expected --world with a number from {first} to {last}");
        let count = worlds.len();
        let wanted = |world: &FileWorld| self.world.is_none_or(|wanted| world.trial.idx == wanted);
        match (self.world, count) {
            (None, 2..) => Err(anyhow!("contains {count} worlds: {expected}")),
            _ => worlds.into_iter().find(wanted).ok_or_else(|| {
                let number = self.world.unwrap_or_default();
                anyhow!("contains no world of number {number}: {expected}")
            }),
        }
    }
}

/// Drives once and records the data for pictures; `company` gives an expert the true state of the
/// pedestrians.
pub(in crate::cli) fn watched(
    config: &Config,
    situation: &Situation,
    agent: &mut Agent,
    policy: &str,
    seed: u64,
    company: Option<&Company>,
) -> anyhow::Result<(Episode, DriveRecord)> {
    let mut recorder = Recorder::new(config.view, &config.robot);
    let begun = Instant::now();
    let episode = sim::drive(
        situation,
        &config.robot,
        &config.drive,
        agent,
        seed,
        &mut || begun.elapsed(),
        &mut |view| {
            if let Some(company) = company {
                let from = view.world_from_base.position();
                company.meet(view.crowd, view.world, from, view.t_s);
            }
            recorder.watch(view);
        },
    )?;
    let record = recorder.finish(situation, &config.robot, policy, &episode)?;
    Ok((episode, record))
}
