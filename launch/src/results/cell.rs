//! Cached drives of one scenario as a file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sim::{Episode, Outcome};

use super::Ticks;
use crate::evaluation::{Run, Trial};
use crate::view::walks_of;
use runtime::output::{OutputError, write_atomic};

/// Spacing of the points of a stored path, m.
const POINT_M: f64 = 0.05;
/// Ticks between stored positions of pedestrians.
const WALK_TICKS: usize = 8;

/// Provenance of a cell. Cells with another provenance are rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maker {
    /// Version of the program with its commit.
    pub version: String,
    /// SHA-256 of seed, plan, settings and models.
    pub settings: String,
}

/// One drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drive {
    /// Policy.
    pub policy: String,
    /// Seed of the situation.
    pub situation: u64,
    /// Metrics.
    pub run: Run,
    /// Path, x, y, m, to the millimetre.
    pub path: Vec<[f64; 2]>,
    /// Trajectories of movers.
    pub walks: Vec<Vec<[f64; 2]>>,
    /// Distance to the goal at the end, m.
    pub left_m: f64,
}

/// The drives of all policies in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Provenance.
    pub maker: Maker,
    /// Drives by policy, in the order of seeds.
    pub drives: Vec<Drive>,
    /// Tick durations by policy.
    pub ticks: Vec<(String, Ticks)>,
}

/// Reasons why a cell is not usable.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// Its provenance differs.
    #[error(
        "{path} was made by {found}: expected {expected}; remove it or choose another directory"
    )]
    Other {
        /// The file.
        path: String,
        /// Provenance found.
        found: String,
        /// Provenance expected.
        expected: String,
    },
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is not a cell.
    #[error("{path}: {source}")]
    Parse {
        /// The file.
        path: String,
        /// Cause.
        source: serde_json::Error,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] OutputError),
}

impl Drive {
    /// The stored part of an episode.
    pub fn of(policy: &str, trial: &Trial, episode: &Episode) -> Self {
        let mut path: Vec<[f64; 2]> = Vec::new();
        let last = episode.path.len().saturating_sub(1);
        for (index, row) in episode.path.iter().enumerate() {
            let far = |at: &[f64; 2]| (row[1] - at[0]).hypot(row[2] - at[1]) >= POINT_M;
            if index == last || path.last().is_none_or(far) {
                path.push([row[1], row[2]].map(to_mm));
            }
        }
        let sparse: Vec<Vec<[f64; 2]>> =
            episode.movers.iter().step_by(WALK_TICKS).cloned().collect();
        let walks = walks_of(&sparse)
            .into_iter()
            .map(|walk| walk.into_iter().map(|at| at.map(to_mm)).collect())
            .collect();
        let goal = trial.situation.goal.position;
        let left_m = episode
            .path
            .last()
            .map_or(0.0, |row| (row[1] - goal.x).hypot(row[2] - goal.y));
        Self {
            policy: policy.to_owned(),
            situation: trial.situation.seed,
            run: Run::of(trial, episode),
            path,
            walks,
            left_m,
        }
    }

    /// Seeds of its situation and of its errors.
    pub fn seeds(&self) -> [u64; 2] {
        [self.situation, self.run.seed]
    }
}

fn to_mm(m: f64) -> f64 {
    (m * 1e3).round() / 1e3
}

impl Cell {
    /// Reads the cell of a file; none without a file. Rejects another provenance.
    pub fn read(path: &Path, maker: &Maker) -> Result<Option<Self>, CellError> {
        let name = || path.display().to_string();
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(CellError::Read {
                    path: name(),
                    source,
                });
            }
        };
        let cell: Self = serde_json::from_slice(&bytes).map_err(|source| CellError::Parse {
            path: name(),
            source,
        })?;
        if cell.maker == *maker {
            return Ok(Some(cell));
        }
        let told =
            |maker: &Maker| format!("version {}, settings {:.12}", maker.version, maker.settings);
        Err(CellError::Other {
            path: name(),
            found: told(&cell.maker),
            expected: told(maker),
        })
    }

    /// Seeds of situation and errors of the first trial in which most policies have their most
    /// frequent outcome.
    pub fn representative(&self) -> Option<[u64; 2]> {
        let reached = |drive: &Drive| drive.run.outcome == Outcome::Reached;
        let mut by_policy: BTreeMap<&str, Vec<&Drive>> = BTreeMap::new();
        for drive in &self.drives {
            by_policy.entry(&drive.policy).or_default().push(drive);
        }
        let typical = |seeds: [u64; 2]| {
            let like = by_policy.values().filter(|drives| {
                let count = drives.iter().filter(|drive| reached(drive)).count();
                let mostly = 2 * count >= drives.len();
                let drive = drives.iter().find(|drive| drive.seeds() == seeds);
                drive.is_some_and(|drive| reached(drive) == mostly)
            });
            like.count()
        };
        let first = self.drives.first()?;
        let of_first = self
            .drives
            .iter()
            .take_while(|drive| drive.policy == first.policy);
        let seeds: Vec<[u64; 2]> = of_first.map(Drive::seeds).collect();
        // of several equal maxima `max_by_key` returns the last one, hence reversed
        seeds.into_iter().rev().max_by_key(|seeds| typical(*seeds))
    }

    /// Writes the file atomically.
    pub fn write(&self, path: &Path) -> Result<(), CellError> {
        let text = serde_json::to_vec(self).map_err(|source| CellError::Parse {
            path: path.display().to_string(),
            source,
        })?;
        Ok(write_atomic(path, &text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_another_maker_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cell.json");
        let maker = |settings: &str| Maker {
            version: "1".to_owned(),
            settings: settings.to_owned(),
        };
        assert!(Cell::read(&path, &maker("a")).unwrap().is_none());
        let cell = Cell {
            maker: maker("a"),
            drives: Vec::new(),
            ticks: Vec::new(),
        };
        cell.write(&path).unwrap();
        assert_eq!(Cell::read(&path, &maker("a")).unwrap(), Some(cell));
        let error = Cell::read(&path, &maker("b")).unwrap_err().to_string();
        assert!(
            error.contains("settings a") && error.contains("settings b"),
            "{error}"
        );
    }
}
