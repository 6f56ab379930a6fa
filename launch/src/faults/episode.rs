//! One drive under faults.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sim::{FaultyDrive, GroundTruth, Outcome, Persistence, Stopping};

use super::matrix::{Episode, Matrix};
use super::pilot::{Pilot, Pilots};
use super::place::Place;
use crate::config::Config;
use crate::evaluation::TrialError;

/// The reaction times that drives are judged by; latency and brakes are those of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Judge {
    /// From the first true sight of an obstacle to the command that brakes, s.
    pub seen_s: f64,
    /// From the onset of a fault that blinds to the command that brakes, s.
    pub blind_s: f64,
}

impl Default for Judge {
    /// One scan and one tick of 0.05 s each and the guard's reaction of 0.15 s; and the age of 0.5 s
    /// from which scans are too old, with that reaction.
    fn default() -> Self {
        Self {
            seen_s: 0.25,
            blind_s: 0.65,
        }
    }
}

impl Judge {
    /// The stop of a robot with these settings.
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
    /// For how long it lasted.
    pub persistence: Persistence,
    /// Where.
    pub scenario: Place,
    /// Who drove.
    pub policy: Pilot,
    /// Which robot.
    pub robot: String,
    /// Seed of situation, fault and noise.
    pub seed: u64,
}

impl EpisodeKey {
    /// True for two episodes that differ in their seed alone.
    pub fn is_same_row(&self, other: &Self) -> bool {
        let row = |key: &Self| (key.persistence, key.scenario, key.policy);
        self.fault == other.fault && self.robot == other.robot && row(self) == row(other)
    }
}

/// What a drive under faults came to. The same for the same settings and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultEpisode {
    /// Which it is.
    #[serde(flatten)]
    pub key: EpisodeKey,
    /// How it ended.
    pub outcome: Outcome,
    /// Length of the drive, s.
    pub time_s: f64,
    /// Driven, m.
    pub path_length_m: f64,
    /// Control ticks.
    pub ticks: u32,
    /// Ticks whose solve did not converge.
    pub unsolved: u32,
    /// Sensor messages that the controller refused.
    pub refused_messages: u32,
    /// What truly happened.
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

/// Why an episode could not be driven.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// The settings make no drive.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// The seed makes no situation.
    #[error(transparent)]
    Scenario(#[from] sim::ScenarioError),
    /// The episode could not be kept.
    #[error(transparent)]
    Journal(#[from] super::JournalError),
    /// The user, or a scheduler whose time is up, asked to stop.
    #[error("interrupted")]
    Interrupted,
}
