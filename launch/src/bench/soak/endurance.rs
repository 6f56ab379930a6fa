//! The soak test.
//!
//! One agent drives many episodes of mixed scenarios and faults, with a reset before each, like a
//! robot in continuous operation. All records are allocated before the warm-up.

use std::collections::BTreeMap;
use std::time::Duration;

use controller::Agent;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use sim::{CATALOGUE, FaultyDrive, SettingsError};

use super::counters::Counters;
use super::memory::Growth;
use crate::bench::latency::Stage as Ticks;
use crate::faults::{Judge, Pilot, Pilots, Place, Stage};
use runtime::ConfigError;

/// Scenarios for a robot with a planar LiDAR.
const PLACES: [Place; 5] = [
    Place::Doorway,
    Place::ObstacleCourse,
    Place::Pedestrian,
    Place::BlindCorner,
    Place::Corridor,
];
/// Number of parts of a run after warm-up; memory is compared between the first and the last part.
const PARTS: f64 = 10.0;
/// Maximum warm-up, h.
const WARM_UP_MAX_H: f64 = 1.0;

/// Settings of the soak test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SoakSettings {
    /// Simulated time, h.
    pub hours: f64,
    /// Seed of all random values.
    pub seed: u64,
    /// Policy.
    pub policy: Pilot,
    /// Robot.
    pub robot: String,
}

/// One hour of simulated time, or the rest of the last one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hour {
    /// End, simulated h.
    pub until_h: f64,
    /// Resident memory at its end, KiB; null if not available.
    pub resident_kib: Option<u64>,
    /// Tick durations.
    pub tick: Ticks,
    /// Event counts.
    #[serde(flatten)]
    pub counters: Counters,
}

/// Result of a soak test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SoakReport {
    /// The command of the report.
    pub command: &'static str,
    /// Settings.
    #[serde(flatten)]
    pub settings: SoakSettings,
    /// Simulated time, h.
    pub simulated_h: f64,
    /// False if the run was interrupted.
    pub complete: bool,
    /// Memory growth after warm-up; null if not available or the run was too short.
    pub memory: Option<Growth>,
    /// Counts over all hours.
    pub all: Counters,
    /// Results per hour.
    pub hour: Vec<Hour>,
}

/// Reasons why a soak test cannot run.
#[derive(Debug, thiserror::Error)]
pub enum SoakError {
    /// Settings without a valid agent.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Settings without a valid drive.
    #[error("settings: {0}")]
    Settings(#[from] SettingsError),
    /// A seed without a situation.
    #[error(transparent)]
    Scenario(#[from] sim::ScenarioError),
}

/// A soak test in progress.
pub struct Endurance {
    settings: SoakSettings,
    stages: Vec<(Place, Stage)>,
    agent: Agent,
    rng: ChaCha8Rng,
    simulated_s: f64,
    all: Counters,
    hour: Counters,
    hours: Vec<Hour>,
    tick_ms: Vec<f64>,
    /// Simulated time, s, and resident memory, KiB, after each episode.
    resident: Vec<(f64, u64)>,
}

/// Minimum mean episode duration for the reserved memory, s.
const EPISODE_MIN_S: f64 = 2.0;

impl Endurance {
    /// A soak test before its first episode. `overrides` are settings over those of the robot.
    pub fn new(
        settings: SoakSettings,
        pilots: &Pilots,
        file: Option<&std::path::Path>,
        overrides: &[String],
    ) -> Result<Self, SoakError> {
        SettingsError::ensure_positive("soak", &[("hours", settings.hours)])?;
        let mut stages = Vec::new();
        for place in PLACES {
            stages.push((place, place.stage(&settings.robot, file, overrides)?));
        }
        // one agent for all scenarios: it plans its own route where none is given
        let config = &stages[1].1.config;
        let agent = pilots.agent(settings.policy, config, settings.seed)?;
        let ticks = (3600.0 / config.drive.control_period_s) as usize;
        let episodes = 3600.0 * settings.hours / EPISODE_MIN_S;
        Ok(Self {
            rng: ChaCha8Rng::seed_from_u64(settings.seed),
            // memory for all ticks, written once
            tick_ms: vec![0.0; ticks + ticks / 10],
            resident: vec![(0.0, 0); episodes.min(1e6) as usize + 1],
            hours: Vec::with_capacity(settings.hours.min(1e6) as usize + 1),
            settings,
            stages,
            agent,
            simulated_s: 0.0,
            all: Counters::default(),
            hour: Counters::default(),
        }
        .emptied())
    }

    fn emptied(mut self) -> Self {
        self.tick_ms.clear();
        self.resident.clear();
        self
    }

    /// Elapsed share of the simulated time, 0 to 1.
    pub fn progress(&self) -> f64 {
        (self.simulated_s / (3600.0 * self.settings.hours)).min(1.0)
    }

    /// Drives one more episode. `clock` measures ticks; `resident_kib` is called after the episode.
    pub fn step(
        &mut self,
        clock: &mut dyn FnMut() -> Duration,
        resident_kib: &mut dyn FnMut() -> Option<u64>,
    ) -> Result<(), SoakError> {
        let number = self.rng.random_range(0..self.stages.len());
        let case = &CATALOGUE[self.rng.random_range(0..CATALOGUE.len())];
        let persistences = case.persistences();
        let persistence = persistences[self.rng.random_range(0..persistences.len())];
        let seed: u64 = self.rng.random();
        let stage = &self.stages[number].1;
        let config = &stage.config;
        let situation = stage.situation(seed)?;
        let plan = stage.plan(case, persistence, seed);
        let drive = FaultyDrive {
            situation: &situation,
            robot: &config.robot,
            settings: &config.drive,
            plan: &plan,
            stopping: Judge::default().stopping(config),
        };
        let (episode, truth) = drive.run(&mut self.agent, seed, clock, &mut |_| {})?;
        let period_ms = 1e3 * config.drive.control_period_s;
        self.all.add(&episode, &truth, period_ms);
        self.hour.add(&episode, &truth, period_ms);
        self.simulated_s += episode.path.last().map_or(0.0, |last| last[0]);
        let room = self.tick_ms.capacity() - self.tick_ms.len();
        self.tick_ms.extend(episode.tick_ms.iter().take(room));
        drop((episode, truth, plan, situation));
        let resident = resident_kib();
        if let Some(kib) = resident
            && self.resident.len() < self.resident.capacity()
        {
            self.resident.push((self.simulated_s, kib));
        }
        let is_hour_over = self.simulated_s >= 3600.0 * (self.hours.len() + 1) as f64;
        if is_hour_over || self.progress() >= 1.0 {
            self.close_hour(resident);
        }
        Ok(())
    }

    fn close_hour(&mut self, resident_kib: Option<u64>) {
        self.hours.push(Hour {
            until_h: self.simulated_s / 3600.0,
            resident_kib,
            tick: Ticks::of("tick", &self.tick_ms),
            counters: std::mem::take(&mut self.hour),
        });
        self.tick_ms.clear();
    }

    /// The result so far.
    pub fn report(mut self) -> SoakReport {
        let complete = self.progress() >= 1.0;
        if self.hour.episodes > 0 {
            let last = self.resident.last().map(|(_, kib)| *kib);
            self.close_hour(last);
        }
        SoakReport {
            command: "soak",
            simulated_h: self.simulated_s / 3600.0,
            complete,
            memory: self.growth(),
            settings: self.settings,
            all: self.all,
            hour: self.hours,
        }
    }

    /// Memory growth from the first tenth of episodes after warm-up to the last tenth.
    fn growth(&self) -> Option<Growth> {
        let warm_s = (self.simulated_s / PARTS).min(3600.0 * WARM_UP_MAX_H);
        let first = self.resident.partition_point(|(s, _)| *s < warm_s);
        let part = ((self.resident.len() as f64 / PARTS) as usize).max(1);
        let figures =
            |samples: &[(f64, u64)]| -> Vec<u64> { samples.iter().map(|(_, kib)| *kib).collect() };
        let after = self.resident.get(first..first + part)?;
        let last = self.resident.get(self.resident.len() - part..)?;
        Growth::between(&figures(after), &figures(last))
    }
}

/// Reasons in one line, most frequent first.
pub fn reasons_in_words(reasons: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<_> = reasons.iter().collect();
    sorted.sort_by_key(|(_, ticks)| std::cmp::Reverse(**ticks));
    let words: Vec<String> = sorted
        .iter()
        .map(|(reason, ticks)| format!("{reason} {ticks}"))
        .collect();
    words.join(", ")
}
