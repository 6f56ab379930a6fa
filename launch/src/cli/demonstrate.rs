//! `demonstrate`: an expert drives, and its drives are kept.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use controller::Agent;
use sim::{Expert, Outcome};
use training::Recorder;

use super::options::{ScenarioOptions, progress};
use super::{Blame as _, Fault};
use crate::output::write_atomic;
use crate::pool;

/// Let an expert that knows the map drive, and keep its drives as MCAP.
#[derive(Debug, Args)]
pub(super) struct DemonstrateArguments {
    #[command(flatten)]
    scenario: ScenarioOptions,
    /// Number of episodes.
    #[arg(long, default_value_t = 100)]
    episodes: u32,
    /// Seed of the first episode; others follow by twos.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Episodes at once.
    #[arg(long, default_value_t = 2)]
    jobs: u32,
    /// Directory.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(arguments: &DemonstrateArguments) -> anyhow::Result<()> {
    let (config, scenario) = arguments.scenario.load()?;
    let seeds: Vec<u64> = (0..u64::from(arguments.episodes))
        .map(|episode| arguments.seed.wrapping_add(2 * episode))
        .collect();
    let bar = progress(seeds.len(), "demonstrating");
    let work = |&seed: &u64| -> anyhow::Result<bool> {
        let situation = scenario.situation(seed).blame(Fault::Usage)?;
        let expert = Expert::new(&config.controller, &config.robot, &situation)?;
        let mut agent = Agent::new(&config.controller, Box::new(expert))?;
        let mut recorder = Recorder::new(Some(config.training.sample_period_s));
        let episode = sim::drive(
            &situation,
            &config.robot,
            &config.drive,
            &mut agent,
            seed,
            &mut || Duration::ZERO,
            &mut |view| recorder.watch(view),
        )?;
        let reached = episode.outcome == Outcome::Reached;
        if reached {
            let demonstration = recorder.finish(&episode, &config.robot.name, "expert");
            let mut bytes = std::io::Cursor::new(Vec::new());
            demonstration.write(&mut bytes)?;
            let name = format!("{}-{seed:07}.mcap", scenario.name());
            write_atomic(&arguments.out.join(name), &bytes.into_inner())?;
        }
        Ok(reached)
    };
    let reached = pool::map(&seeds, arguments.jobs as usize, work, |_| bar.inc(1))?;
    bar.finish_and_clear();
    let count = reached.iter().filter(|reached| **reached).count();
    say!("{count} of {} reached the goal", seeds.len());
    Ok(())
}
