//! Sources of trials: a scenario, or recordings of pedestrians.

use std::path::{Path, PathBuf};

use sim::{Recording, RecordingError, ReplaySettings, Scenario, ScenarioError, Situation};

use crate::evaluation::Trial;
use runtime::input::read_text;

/// Maximum size of a file of pedestrians or walls, bytes.
const TEXT_MAX: usize = 512 << 20;

/// Source of situations.
#[derive(Debug, Clone)]
pub enum Source {
    /// A scenario.
    Scenario(Scenario),
    /// Recordings, used in turn.
    Replay(ReplaySettings, Vec<Recording>),
}

impl Source {
    /// Display name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scenario(scenario) => scenario.name(),
            Self::Replay(..) => "replay",
        }
    }

    /// The situation of a seed; for several recordings, in the first one.
    pub fn situation(&self, seed: u64) -> Result<Situation, ScenarioError> {
        Ok(self.trial(seed, 0)?.situation)
    }

    /// Trials with seeds from `seed` in steps of two; recordings are used in turn.
    pub fn draw(&self, seed: u64, episodes: u32) -> Result<Vec<Trial>, ScenarioError> {
        (0..u64::from(episodes))
            .map(|episode| self.trial(seed.wrapping_add(2 * episode), episode as usize))
            .collect()
    }

    fn trial(&self, seed: u64, turn: usize) -> Result<Trial, ScenarioError> {
        let (name, situation) = match self {
            Self::Scenario(scenario) => (scenario.name(), scenario.situation(seed)?),
            Self::Replay(settings, recordings) => {
                let recording = &recordings[turn % recordings.len()];
                (
                    recording.name.as_str(),
                    settings.situation(recording, seed)?,
                )
            }
        };
        Ok(Trial {
            name: name.to_owned(),
            situation,
            seed,
        })
    }
}

/// Reasons why recordings of pedestrians cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A directory without recordings.
    #[error("{}: expected .csv files in it", path.display())]
    Empty {
        /// The file or directory.
        path: PathBuf,
    },
    /// A recording without a valid start and goal.
    #[error("{}: {source}", path.display())]
    NoDrive {
        /// The file or directory.
        path: PathBuf,
        /// Cause.
        source: ScenarioError,
    },
    /// No recording has a valid start and goal.
    #[error("no recording admits a drive: {notes}")]
    NoDrives {
        /// Cause for each recording.
        notes: String,
    },
    /// A file is not a valid recording or list of walls.
    #[error("{}: {source}", path.display())]
    Recording {
        /// The file or directory.
        path: PathBuf,
        /// Cause.
        source: RecordingError,
    },
}

/// Reads recordings: CSV files, or directories of them. Walls come from `walls`, otherwise from
/// `meta.json` beside each file if it exists and names the file.
pub fn read_recordings(
    paths: &[PathBuf],
    walls: Option<&Path>,
) -> Result<Vec<Recording>, ReplayError> {
    let mut recordings = Vec::new();
    for path in paths {
        for file in files_of(path)? {
            recordings.push(read_recording(&file, walls)?);
        }
    }
    Ok(recordings)
}

/// Number of seeds tried to find a valid start and goal in a recording.
const SEEDS: u64 = 8;

/// Reads recordings. Those in directories without a valid start and goal are skipped with a note; a
/// named file without them is an error.
pub fn read_driveable(
    settings: &ReplaySettings,
    paths: &[PathBuf],
    walls: Option<&Path>,
    notes: &mut Vec<String>,
) -> Result<Vec<Recording>, ReplayError> {
    let mut driveable = Vec::new();
    for path in paths {
        for recording in read_recordings(std::slice::from_ref(path), walls)? {
            let mut drive = settings.situation(&recording, 1);
            for seed in 2..=SEEDS {
                drive = drive.or_else(|_| settings.situation(&recording, seed));
            }
            match drive {
                Ok(_) => driveable.push(recording),
                Err(error) if path.is_dir() => {
                    let (path, name) = (path.display(), &recording.name);
                    notes.push(format!("{path}: {name} is left out: {error}"));
                }
                Err(source) => {
                    return Err(ReplayError::NoDrive {
                        path: path.clone(),
                        source,
                    });
                }
            }
        }
    }
    if driveable.is_empty() {
        return Err(ReplayError::NoDrives {
            notes: notes.join("; "),
        });
    }
    Ok(driveable)
}

/// The file itself, or the `.csv` files of a directory by name.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, ReplayError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |source| ReplayError::Read {
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|kind| kind == "csv") {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(ReplayError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(files)
}

fn read_recording(file: &Path, walls: Option<&Path>) -> Result<Recording, ReplayError> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let blame = |path: &Path| {
        let path = path.to_owned();
        move |source| ReplayError::Recording { path, source }
    };
    let recording = Recording::read(&name, &text_of(file)?).map_err(blame(file))?;
    if let Some(walls) = walls {
        return recording.with_walls(&text_of(walls)?).map_err(blame(walls));
    }
    let meta = file.with_file_name("meta.json");
    if !meta.is_file() {
        return Ok(recording);
    }
    recording.with_walls(&text_of(&meta)?).map_err(blame(&meta))
}

fn text_of(path: &Path) -> Result<String, ReplayError> {
    read_text(path, TEXT_MAX).map_err(|source| ReplayError::Read {
        path: path.to_owned(),
        source,
    })
}
