//! `drive`: one episode, to look at.

use runtime::say;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use controller::Agent;
use sim::{Company, Episode, Situation};

use super::options::SourceOptions;
use crate::config::Config;
use crate::view::{DriveRecord, Recorder, drive_html, drive_png};
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{PolicyOptions, write_json};
use runtime::output::write_atomic;

/// Drive one episode of a scenario and picture it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc drive doorway --policy regular --seed 7 --out out
  performer-mpc drive barn_like --robot jackal --seed 3 --out out --json -
  performer-mpc drive doorway --route on --set controller.mpc.horizon=20 --out out

Writes into DIR: drive.png (a picture), drive.html (an animation; open it in any browser) and
drive.json (the episode).")]
pub(super) struct DriveArguments {
    #[command(flatten)]
    scenario: SourceOptions,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Seed of the situation and of all faults.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Directory for the pictures.
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Write the episode as JSON here too; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(super) fn run(arguments: &DriveArguments) -> anyhow::Result<()> {
    let (config, scenario) = arguments.scenario.load()?;
    let situation = scenario.situation(arguments.seed).blame(Fault::Usage)?;
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
        scenario.name(),
        policy,
        arguments.seed,
        record.outcome,
        episode.metrics.time_s,
        episode.metrics.path_length_m,
        episode.metrics.clearance_m_min,
    );
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

/// Drives once and keeps what pictures need; `company` gives an expert the true state of the pedestrians.
pub(super) fn watched(
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
