//! The matrix of fault episodes.

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
    /// Fault.
    pub fault: &'static FaultCase,
    /// Duration.
    pub persistence: Persistence,
    /// Scenario.
    pub place: Place,
    /// Policy.
    pub pilot: Pilot,
    /// Name of the robot.
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

/// All episodes of an evaluation.
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
    /// Durations, as far as each fault allows them.
    pub persistences: &'a [Persistence],
    /// Scenarios.
    pub places: &'a [Place],
    /// Policies.
    pub pilots: &'a [Pilot],
    /// Names of robots; if empty, the default one of each scenario.
    pub robots: &'a [String],
    /// Episodes per row.
    pub episodes: u32,
    /// Seed of the first episode; later seeds increase by two.
    pub seed: u64,
}

impl Matrix {
    /// The product of the axes. `file` and `overrides` are settings over the shipped ones.
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
