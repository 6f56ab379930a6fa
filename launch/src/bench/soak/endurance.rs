//! The soak itself.
//!
//! One agent drives episode after episode of mixed scenarios and faults, and is reset in between, as
//! on a robot that is given goals all day. The run allocates its own records before the warm-up.

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

/// Where one robot with a planar LiDAR drives.
const PLACES: [Place; 5] = [
    Place::Doorway,
    Place::ObstacleCourse,
    Place::Pedestrian,
    Place::BlindCorner,
    Place::Corridor,
];
/// Memory is compared between one of so many parts of a run after warm-up and the last.
const PARTS: f64 = 10.0;
/// Longest warm-up, h.
const WARM_UP_MAX_H: f64 = 1.0;

/// What is driven.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SoakSettings {
    /// Simulated time, h.
    pub hours: f64,
    /// Seed of everything.
    pub seed: u64,
    /// Who drives.
    pub policy: Pilot,
    /// Which robot.
    pub robot: String,
}

/// One hour of simulated time, or what is left of the last.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hour {
    /// When it ended, simulated h.
    pub until_h: f64,
    /// Resident memory at its end, KiB; null where the system does not tell.
    pub resident_kib: Option<u64>,
    /// Times of its ticks.
    pub tick: Ticks,
    /// What happened.
    #[serde(flatten)]
    pub counters: Counters,
}

/// What a soak came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SoakReport {
    /// The command that made it.
    pub command: &'static str,
    /// What was driven.
    #[serde(flatten)]
    pub settings: SoakSettings,
    /// Simulated time, h.
    pub simulated_h: f64,
    /// False when it was interrupted.
    pub complete: bool,
    /// How memory grew after warm-up; null where the system does not tell, or too little was driven.
    pub memory: Option<Growth>,
    /// Over all hours.
    pub all: Counters,
    /// Hour by hour.
    pub hour: Vec<Hour>,
}

/// Why a soak cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum SoakError {
    /// The settings make no agent.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The settings make no drive.
    #[error("settings: {0}")]
    Settings(#[from] SettingsError),
    /// A seed makes no situation.
    #[error(transparent)]
    Scenario(#[from] sim::ScenarioError),
}

/// A soak in progress.
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

/// Shortest episode that room is kept for, s.
const EPISODE_MIN_S: f64 = 2.0;

impl Endurance {
    /// Nothing is driven yet. `overrides` are settings over those of the robot.
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
        // one agent for all: it plans a route of its own wherever none is given
        let config = &stages[1].1.config;
        let agent = pilots.agent(settings.policy, config, settings.seed)?;
        let ticks = (3600.0 / config.drive.control_period_s) as usize;
        let episodes = 3600.0 * settings.hours / EPISODE_MIN_S;
        Ok(Self {
            rng: ChaCha8Rng::seed_from_u64(settings.seed),
            // room for all, and all of it touched
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

    /// Share of the simulated time that is over, 0 to 1.
    pub fn progress(&self) -> f64 {
        (self.simulated_s / (3600.0 * self.settings.hours)).min(1.0)
    }

    /// Drives one more episode. `clock` times ticks; `resident_kib` is asked after the episode.
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

    /// What it came to so far.
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

    /// Growth of memory from the tenth of episodes after warm-up to the last tenth.
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

/// Reasons of a report in one line, most frequent first.
pub fn reasons_in_words(reasons: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<_> = reasons.iter().collect();
    sorted.sort_by_key(|(_, ticks)| std::cmp::Reverse(**ticks));
    let words: Vec<String> = sorted
        .iter()
        .map(|(reason, ticks)| format!("{reason} {ticks}"))
        .collect();
    words.join(", ")
}
