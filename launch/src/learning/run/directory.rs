//! File layout of the directory of a training run.

use std::path::{Path, PathBuf};

use training::{Checkpoint, Demonstration, ReadSettings};

use super::Metrics;
use runtime::output::{OutputError, sweep, write_atomic};

/// The directory of a run.
#[derive(Debug, Clone)]
pub struct RunDirectory(PathBuf);

/// Errors of a run's files.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A file with invalid content.
    #[error("{}: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    Write(#[from] OutputError),
    /// A directory without demonstrations.
    #[error("{} holds no demonstrations: expected files that end in .mcap", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// A demonstration from another domain than those of the run.
    #[error("{}: driven in {found}: expected {expected}", path.display())]
    Ground {
        /// The file.
        path: PathBuf,
        /// Scenario and robot of the drive.
        found: String,
        /// Scenarios and robots of the run.
        expected: String,
    },
    /// Demonstrations without samples.
    #[error("the demonstrations hold no sample to train on: expected drives with a driver's way")]
    NoSample,
    /// A directory that cannot be created or cleaned up.
    #[error("cannot prepare {}: {source}", path.display())]
    Prepare {
        /// The directory.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
}

fn damaged<E: std::error::Error + Send + Sync + 'static>(
    path: &Path,
) -> impl FnOnce(E) -> RunError {
    move |error| RunError::Damaged {
        path: path.to_owned(),
        source: Box::new(error),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    std::fs::read(path).map_err(|source| RunError::Read {
        path: path.to_owned(),
        source,
    })
}

/// All demonstrations in a directory, by name.
pub fn demonstration_files(directory: &Path) -> Result<Vec<PathBuf>, RunError> {
    let unreadable = |source| RunError::Read {
        path: directory.to_owned(),
        source,
    };
    let mut files = std::fs::read_dir(directory)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    files.retain(|path| path.extension().is_some_and(|kind| kind == "mcap"));
    files.sort();
    if files.is_empty() {
        return Err(RunError::Empty {
            path: directory.to_owned(),
        });
    }
    Ok(files)
}

/// Reads one demonstration.
pub fn read_demonstration(path: &Path) -> Result<Demonstration, RunError> {
    Demonstration::read(&read(path)?, &ReadSettings::default()).map_err(damaged(path))
}

impl RunDirectory {
    /// The run in this directory.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// File of the checkpoint.
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint.safetensors")
    }

    /// File of the model.
    pub fn model(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// File of the metrics of all steps.
    pub fn metrics(&self) -> PathBuf {
        self.0.join("metrics.csv")
    }

    /// File of the learning curves.
    pub fn curves(&self) -> PathBuf {
        self.0.join("curves.png")
    }

    /// Directory of event files.
    pub fn events(&self) -> PathBuf {
        self.0.join("events")
    }

    /// Creates the directory and removes partial files of a killed run.
    pub fn prepare(&self) -> Result<(), RunError> {
        let attempt = || {
            std::fs::create_dir_all(self.events())?;
            sweep(&self.0)?;
            let rounds = self.0.join("rounds");
            if rounds.exists() {
                for round in std::fs::read_dir(rounds)? {
                    sweep(&round?.path())?;
                }
            }
            Ok(())
        };
        attempt().map_err(|source| RunError::Prepare {
            path: self.0.clone(),
            source,
        })
    }

    /// File of a drive of the learner with the expert's plans.
    pub fn drive(&self, round: u64, seed: u64) -> PathBuf {
        self.0
            .join(format!("rounds/{round:02}/seed-{seed:07}.mcap"))
    }

    /// The checkpoint, if there is one.
    pub fn read_checkpoint(&self) -> Result<Option<Checkpoint>, RunError> {
        let path = self.checkpoint();
        if !path.exists() {
            return Ok(None);
        }
        let checkpoint = Checkpoint::from_bytes(&read(&path)?).map_err(damaged(&path))?;
        Ok(Some(checkpoint))
    }

    /// Metrics of an earlier part of the run, up to a step.
    pub fn read_metrics(&self, last_step: u64) -> Result<Metrics, RunError> {
        let path = self.metrics();
        if !path.exists() {
            return Ok(Metrics::default());
        }
        let text = String::from_utf8(read(&path)?).map_err(damaged(&path))?;
        Metrics::from_csv(&text, last_step).map_err(damaged(&path))
    }

    /// Replaces the checkpoint.
    pub fn write_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), RunError> {
        let path = self.checkpoint();
        let bytes = checkpoint.to_bytes().map_err(damaged(&path))?;
        Ok(write_atomic(&path, &bytes)?)
    }
}
