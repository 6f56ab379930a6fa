//! Recording of expert drives as demonstrations.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Instant;

use controller::Agent;
use serde::{Deserialize, Serialize};
use sim::{Episode, Expert, Outcome};
use training::{DemonstrationError, Recorder};

use crate::config::Config;
use crate::evaluation::Trial;
use crate::evaluation::pool;
use runtime::output::{OutputError, write_atomic};

/// Reasons why demonstrations cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum DemonstrateError {
    /// Settings without a valid expert or drive.
    #[error("settings: {0}")]
    Settings(#[from] sim::SettingsError),
    /// A drive that cannot be encoded.
    #[error("seed {seed}: {source}")]
    Recording {
        /// The seed of its trial.
        seed: u64,
        /// Cause.
        source: Box<DemonstrationError>,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A terminal that does not support teleoperation.
    #[error("terminal: {0}")]
    Terminal(#[from] std::io::Error),
}

/// One drive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Demonstrated {
    /// The episode.
    pub episode: Episode,
    /// Its file; none if the drive missed the goal and failures are not kept.
    pub file: Option<PathBuf>,
    /// Size of the file, bytes.
    pub bytes: usize,
}

/// Drives the trials with the expert on `jobs` threads and writes a file `NAME-SEED.mcap` for each
/// into a directory. Drives that missed the goal are discarded unless `keep_failures` is set.
/// `done` is called when a drive ends.
pub fn demonstrate(
    config: &Config,
    trials: &[Trial],
    jobs: usize,
    directory: &Path,
    keep_failures: bool,
    done: impl FnMut(&Demonstrated),
) -> Result<Vec<Demonstrated>, DemonstrateError> {
    let drive = |trial: &Trial| {
        let (episode, recorder) = drive_expert(config, trial)?;
        keep(
            config.robot.name.as_str(),
            "expert",
            trial,
            episode,
            recorder,
            directory,
            keep_failures,
        )
    };
    pool::map(trials, jobs, drive, done)
}

/// Drives a trial with the expert.
pub(crate) fn drive_expert(
    config: &Config,
    trial: &Trial,
) -> Result<(Episode, Recorder), sim::SettingsError> {
    let expert = Expert::new(&config.controller, &config.robot, &trial.situation)?;
    let company = expert.company();
    let mut agent = Agent::new(&config.controller, Box::new(expert))?;
    let mut recorder = Recorder::new(config.training.sample_period_s);
    let begun = Instant::now();
    let episode = sim::drive(
        &trial.situation,
        &config.robot,
        &config.drive,
        &mut agent,
        trial.seed,
        &mut || begun.elapsed(),
        &mut |view| {
            let from = view.world_from_base.position();
            company.meet(view.crowd, view.world, from, view.t_s);
            recorder.watch_expert(view);
        },
    )?;
    Ok((episode, recorder))
}

/// Writes a recording, if it is to be kept.
pub(crate) fn keep(
    robot: &str,
    driver: &str,
    trial: &Trial,
    episode: Episode,
    recorder: Recorder,
    directory: &Path,
    keep_failures: bool,
) -> Result<Demonstrated, DemonstrateError> {
    if episode.outcome != Outcome::Reached && !keep_failures {
        return Ok(Demonstrated {
            episode,
            file: None,
            bytes: 0,
        });
    }
    let mut bytes = Cursor::new(Vec::new());
    recorder
        .finish(&episode, robot, driver)
        .write(&mut bytes)
        .map_err(|source| DemonstrateError::Recording {
            seed: trial.seed,
            source: Box::new(source),
        })?;
    let file = directory.join(format!("{}-{}.mcap", trial.name, trial.seed));
    write_atomic(&file, bytes.get_ref())?;
    Ok(Demonstrated {
        episode,
        file: Some(file),
        bytes: bytes.get_ref().len(),
    })
}
