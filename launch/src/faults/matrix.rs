//! The matrix of what is driven.

use std::collections::BTreeMap;
use std::path::Path;

use sim::{FaultCase, Persistence};

use super::episode::EpisodeKey;
use super::pilot::Pilot;
use super::place::{Place, Stage};
use runtime::ConfigError;

/// One row of the matrix: all but the seed.
#[derive(Debug, Clone)]
pub struct Row {
    /// What is wrong.
    pub fault: &'static FaultCase,
    /// For how long.
    pub persistence: Persistence,
    /// Where.
    pub place: Place,
    /// Who drives.
    pub pilot: Pilot,
    /// The name of the robot.
    pub robot: String,
    /// Index of its settings.
    stage: usize,
}

/// One episode of a row.
#[derive(Debug, Clone, Copy)]
pub struct Episode {
    /// Index of its row.
    pub row: usize,
    /// Seed of the situation, of the fault and of all noise.
    pub seed: u64,
}

/// Everything that is driven.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// Rows, faults outermost.
    pub rows: Vec<Row>,
    /// Episodes, row by row.
    pub episodes: Vec<Episode>,
    stages: Vec<Stage>,
}

/// Axes of a matrix.
#[derive(Debug, Clone)]
pub struct Axes<'a> {
    /// Faults.
    pub faults: &'a [&'static FaultCase],
    /// For how long they last, of what each fault allows.
    pub persistences: &'a [Persistence],
    /// Where.
    pub places: &'a [Place],
    /// Who drives.
    pub pilots: &'a [Pilot],
    /// Names of robots; when empty, the usual one of each place.
    pub robots: &'a [String],
    /// Episodes of a row.
    pub episodes: u32,
    /// Seed of the first; the others follow by twos.
    pub seed: u64,
}

impl Matrix {
    /// Crosses the axes. `file` and `overrides` are settings over the shipped ones.
    pub fn new(
        axes: &Axes<'_>,
        file: Option<&Path>,
        overrides: &[String],
    ) -> Result<Self, ConfigError> {
        let mut matrix = Self::default();
        let mut stages = BTreeMap::new();
        for &place in axes.places {
            let usual = [place.usual_robot().to_owned()];
            let robots = if axes.robots.is_empty() {
                &usual
            } else {
                axes.robots
            };
            for robot in robots {
                let stage = place.stage(robot, file, overrides)?;
                stages.insert((place, robot.clone()), matrix.stages.len());
                matrix.stages.push(stage);
            }
        }
        for &fault in axes.faults {
            let wanted = |persistence: &&Persistence| axes.persistences.contains(persistence);
            for &persistence in fault.persistences().iter().filter(wanted) {
                for ((place, robot), &stage) in &stages {
                    for &pilot in axes.pilots {
                        let row = Row {
                            fault,
                            persistence,
                            place: *place,
                            pilot,
                            robot: robot.clone(),
                            stage,
                        };
                        matrix.push(row, axes);
                    }
                }
            }
        }
        Ok(matrix)
    }

    fn push(&mut self, row: Row, axes: &Axes<'_>) {
        let number = self.rows.len();
        self.rows.push(row);
        self.episodes
            .extend((0..u64::from(axes.episodes)).map(|episode| Episode {
                row: number,
                seed: axes.seed.wrapping_add(2 * episode),
            }));
    }

    /// The settings of a row.
    pub fn stage(&self, row: &Row) -> &Stage {
        &self.stages[row.stage]
    }

    /// All settings.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Identity of an episode.
    pub(super) fn key(&self, episode: usize) -> EpisodeKey {
        let Episode { row, seed } = self.episodes[episode];
        let row = &self.rows[row];
        EpisodeKey {
            fault: row.fault.name.to_owned(),
            persistence: row.persistence,
            scenario: row.place,
            policy: row.pilot,
            robot: row.robot.clone(),
            seed,
        }
    }
}
