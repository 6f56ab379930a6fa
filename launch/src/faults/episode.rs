//! One drive under faults.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sim::{FaultyDrive, GroundTruth, Outcome, Persistence, Stopping};

use super::matrix::{Episode, Matrix};
use super::pilot::{Pilot, Pilots};
use super::place::Place;
use crate::config::Config;
use crate::evaluation::TrialError;

/// Reaction times for the evaluation of drives; latency and brakes are those of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Judge {
    /// Time from the first true line of sight to an obstacle to the braking command, s.
    pub seen_s: f64,
    /// Time from the onset of a blinding fault to the braking command, s.
    pub blind_s: f64,
}

impl Default for Judge {
    /// For obstacles one scan and one tick of 0.05 s each plus the guard's reaction of 0.15 s; for
    /// blinding faults the maximum scan age of 0.5 s plus that reaction.
    fn default() -> Self {
        Self {
            seen_s: 0.25,
            blind_s: 0.65,
        }
    }
}

impl Judge {
    /// The reference stop of a robot with these settings.
    pub fn stopping(&self, config: &Config) -> Stopping {
        let plant = &config.robot.plant;
        Stopping {
            seen_s: self.seen_s,
            blind_s: self.blind_s,
            latency_s: plant.latency_s + plant.speed_lag_s,
            deceleration_mps2: config.controller.limits.deceleration_max_mps2,
        }
    }
}

/// Identity of a drive under faults among those of the same settings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EpisodeKey {
    /// Name of the fault.
    pub fault: String,
    /// Its duration.
    pub persistence: Persistence,
    /// Scenario.
    pub scenario: Place,
    /// Policy.
    pub policy: Pilot,
    /// Robot.
    pub robot: String,
    /// Seed of situation, fault and noise.
    pub seed: u64,
}

impl EpisodeKey {
    /// True if two episodes differ only in their seed.
    pub fn is_same_row(&self, other: &Self) -> bool {
        let row = |key: &Self| (key.persistence, key.scenario, key.policy);
        self.fault == other.fault && self.robot == other.robot && row(self) == row(other)
    }
}

/// Result of a drive under faults; deterministic in settings and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultEpisode {
    /// Identity.
    #[serde(flatten)]
    pub key: EpisodeKey,
    /// End of the drive.
    pub outcome: Outcome,
    /// Duration of the drive, s.
    pub time_s: f64,
    /// Path length, m.
    pub path_length_m: f64,
    /// Control ticks.
    pub ticks: u32,
    /// Ticks whose solve did not converge.
    pub unsolved: u32,
    /// Sensor messages rejected by the controller.
    pub refused_messages: u32,
    /// Ground truth.
    pub truth: GroundTruth,
}

/// Drives an episode of a matrix.
pub fn drive_episode(
    matrix: &Matrix,
    number: usize,
    pilots: &Pilots,
    judge: &Judge,
) -> Result<FaultEpisode, FaultError> {
    let Episode { row, seed } = matrix.episodes[number];
    let row = &matrix.rows[row];
    let stage = matrix.stage(row);
    let config = &stage.config;
    let situation = stage.situation(seed)?;
    let plan = stage.plan(row.fault, row.persistence, seed);
    let agent = pilots.agent(row.pilot, config, seed);
    let mut agent = agent.map_err(TrialError::from)?;
    let drive = FaultyDrive {
        situation: &situation,
        robot: &config.robot,
        settings: &config.drive,
        plan: &plan,
        stopping: judge.stopping(config),
    };
    let (driven, truth) = drive
        .run(&mut agent, seed, &mut || Duration::ZERO, &mut |_| {})
        .map_err(TrialError::from)?;
    Ok(FaultEpisode {
        key: matrix.key(number),
        outcome: driven.outcome,
        time_s: driven.path.last().map_or(0.0, |last| last[0]),
        path_length_m: driven.metrics.path_length_m,
        ticks: driven.metrics.ticks,
        unsolved: driven.metrics.unsolved,
        refused_messages: driven.metrics.refused_messages,
        truth,
    })
}

/// Reasons why an episode cannot be driven.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// Invalid settings.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// A seed without a situation.
    #[error(transparent)]
    Scenario(#[from] sim::ScenarioError),
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] super::JournalError),
    /// A stop was requested by the user or a scheduler.
    #[error("interrupted")]
    Interrupted,
}
